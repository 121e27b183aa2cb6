"""What the health of the stack needs: the list of services, and somebody who asks them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hearth_server.capabilities.stack.model import Found, Listing, Way


class Services(Protocol):
    """The services that are on."""

    async def read(self) -> Listing:
        """Give them as they are now; no list is an empty one with a note, never an error."""
        ...


class Prober(Protocol):
    """Asks services whether they are there."""

    async def probe(self, ways: Sequence[Way]) -> tuple[Found, ...]:
        """Ask all at once and give what was found, in the same order; no service makes it fail."""
        ...
