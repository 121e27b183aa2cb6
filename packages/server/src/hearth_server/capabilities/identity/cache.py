"""Whom a proof belongs to, remembered for seconds, so that most requests ask no database.

An entry is forgotten at once when what it stands on is taken back: by this process itself, or by
another, of which the database's news tell. Without news nothing is remembered at all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hearth_kit.clock import Clock

from hearth_server.principal import Principal

LIFETIME: Final = timedelta(seconds=5)
MOST: Final = 10_000

Key = tuple[str, bytes]
"""What kind of proof, and its digest."""


class PrincipalCache:
    """Principals by proof. One a process; not for several threads."""

    def __init__(
        self, clock: Clock, *, lifetime: timedelta = LIFETIME, is_on: bool = False
    ) -> None:
        self._clock = clock
        self._lifetime = lifetime.total_seconds()
        self._kept: dict[Key, tuple[Principal, float, datetime]] = {}
        self._is_on = is_on
        self._changes = 0

    def turn_on(self) -> None:
        """Begin to remember: from now on, news of what is taken back arrive."""
        self._is_on = True

    def turn_off(self) -> None:
        """Remember nothing until news arrive again."""
        self._is_on = False
        self.forget_all()

    def mark(self) -> int:
        """Give the moment before a look at the store, for `keep`."""
        return self._changes

    def find(self, key: Key) -> Principal | None:
        """Find whose a proof is; None when that is not known, or no longer."""
        found = self._kept.get(key)
        if found is None:
            return None
        principal, until, expires_at = found
        if self._clock.monotonic() < until and self._clock.now() < expires_at:
            return principal
        del self._kept[key]
        return None

    def keep(self, key: Key, principal: Principal, *, expires_at: datetime, since: int) -> None:
        """Remember whose a proof is, unless something was taken back while the store was asked."""
        if not self._is_on or since != self._changes:
            return
        if len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (principal, self._clock.monotonic() + self._lifetime, expires_at)

    def forget(self, user_id: UUID) -> None:
        """Forget every proof of one person."""
        self._changes += 1
        for key in [key for key, (one, *_) in self._kept.items() if one.user_id == user_id]:
            del self._kept[key]

    def forget_proof(self, key: Key) -> None:
        """Forget one proof."""
        self._changes += 1
        self._kept.pop(key, None)

    def forget_all(self) -> None:
        """Forget everything."""
        self._changes += 1
        self._kept.clear()
