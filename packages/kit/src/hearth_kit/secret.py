"""A value that never prints itself.

Only adapters call `reveal`, at the moment they hand the value to the thing that needs it.
"""

from __future__ import annotations

import hmac
from typing import Final, NoReturn

REDACTED: Final = "********"


class Secret:
    """A string whose `repr`, `str` and `format` are redacted and which refuses to be pickled."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the value itself; call it only where it leaves the process."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({REDACTED})"

    def __str__(self) -> str:
        return REDACTED

    def __format__(self, spec: str) -> str:
        return format(REDACTED, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> NoReturn:
        msg = "a Secret is not serialised"
        raise TypeError(msg)
