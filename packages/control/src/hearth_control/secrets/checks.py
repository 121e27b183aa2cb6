"""Whether a value fits the rule of its secret. Pure; no message holds a value."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

from hearth_control.catalog.model import SecretKind, SecretRule
from hearth_control.secrets.generate import PASSWORD_LENGTH

SHORTEST_PASSWORD: Final = 8
LONGEST: Final = 8192
DERIVED: Final = frozenset({SecretKind.JWT, SecretKind.BCRYPT})
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_URL_SAFE: Final = re.compile(r"[A-Za-z0-9_-]+")


def find_fault(rule: SecretRule, value: str) -> str | None:
    """Say what is wrong with a value, as `is not …`; None where it fits.

    Text of several lines fits `given` alone: a key file is one. What stands in connection
    settings of programs has neither line ends nor other control characters.
    """
    return _any_fault(value) or _FAULTS.get(rule.kind, _plain_fault)(rule, value)


def _any_fault(value: str) -> str | None:
    if not value:
        return "is empty"
    if "\0" in value:
        return "holds a NUL character"
    return f"is longer than {LONGEST} characters" if len(value) > LONGEST else None


def _derived_fault(rule: SecretRule, value: str) -> str | None:
    del value
    return f"is derived from `{rule.parent}`; change that one"


def _given_fault(rule: SecretRule, value: str) -> str | None:
    del rule, value  # nobody here knows what it looks like
    return None


def _prefixed_fault(rule: SecretRule, value: str) -> str | None:
    if not value.startswith(rule.prefix):
        return f"does not begin with `{rule.prefix}`"
    return _plain_fault(rule, value.removeprefix(rule.prefix))


def _hex_fault(rule: SecretRule, value: str) -> str | None:
    length = rule.length or 2 * rule.bytes
    if not _HEX.fullmatch(value):
        return "is not made of hexadecimal digits alone"
    return None if len(value) == length else f"has {len(value)} digits instead of {length}"


def _base64_fault(rule: SecretRule, value: str) -> str | None:
    if rule.length is not None:
        if not _URL_SAFE.fullmatch(value):
            return "is not made of letters, digits, `-` and `_` alone"
        wrong = len(value) != rule.length
        return f"has {len(value)} characters instead of {rule.length}" if wrong else None
    try:
        size = len(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return "is not base64"
    return None if size == rule.bytes else f"holds {size} bytes instead of {rule.bytes}"


def _plain_fault(rule: SecretRule, value: str) -> str | None:
    if any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in value):
        return "holds a line end or another control character"
    if value != value.strip():
        return "begins or ends with a space"
    if len(value) < min(SHORTEST_PASSWORD, rule.length or PASSWORD_LENGTH):
        return f"is shorter than {SHORTEST_PASSWORD} characters"
    return None


_FAULTS: Final[Mapping[SecretKind, Callable[[SecretRule, str], str | None]]] = {
    SecretKind.HEX: _hex_fault,
    SecretKind.BASE64: _base64_fault,
    SecretKind.PASSWORD: _plain_fault,
    SecretKind.PAIR: _plain_fault,
    SecretKind.PREFIXED: _prefixed_fault,
    SecretKind.JWT: _derived_fault,
    SecretKind.BCRYPT: _derived_fault,
    SecretKind.GIVEN: _given_fault,
}
