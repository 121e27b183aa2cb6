"""What the crew's threads say to the loop of an apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hearth_kit.errors import HearthError

from hearth_control.engine.events import Event
from hearth_control.plan.model import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A step's work has something to tell."""

    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A step's action is over; `error` when it failed."""

    step: Step
    error: HearthError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """Compose has made the containers: unit → ids, unit → why there is none.

    `leaned_on`: unit without a step that others need → its containers with their crashes so far.
    """

    containers: Mapping[str, tuple[str, ...]]
    errors: Mapping[str, HearthError]
    leaned_on: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A unit's containers were started, with the crashes from before."""

    step: Step
    crashes: Mapping[str, int]
    error: HearthError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A round of asking is over: container id → what was wrong, from outside and by its check."""

    step: Step
    probed: Mapping[str, str]
    checked: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """The engine says that something happened to a container."""

    container: str


Message = Told | Ended | Created | Started | Probed | News
