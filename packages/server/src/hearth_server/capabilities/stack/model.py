"""The services of this installation, how each is asked, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """How a service is, as far as this server can tell."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverHTTP:
    """Ask a web address; whatever is no error of the service's own shows that it is up."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTCP:
    """Open a connection."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Itself:
    """The server that answers: it need not ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAsked:
    """Nobody asks, and why."""

    reason: str


Way = OverHTTP | OverTCP | Itself | NotAsked


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A service that is on, and how it is asked from here."""

    name: str
    title: str
    way: Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The services that are on; `note` says why there are none."""

    services: tuple[Listed, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What asking a service came to; `milliseconds` is null where nobody was asked."""

    state: State
    detail: str
    milliseconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHealth:
    """How one service is."""

    name: str
    title: str
    state: State
    detail: str
    """Why, in a few words."""
    milliseconds: int | None
    """How long it took to answer or to fail; null where it was not asked."""
    checked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StackHealth:
    """How each service of this installation is, in the order of its plan."""

    services: tuple[ServiceHealth, ...]
    note: str
    """Why nothing is listed; empty where something is."""
