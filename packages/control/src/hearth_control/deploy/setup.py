"""Setting a home up: the first `.env`, and what a preset would take of the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hearth_kit.errors import InvalidError
from hearth_kit.files import make_private, write_atomic

from hearth_control.catalog.model import Catalog
from hearth_control.deploy.errors import writing
from hearth_control.deploy.world import World
from hearth_control.plan.model import Plan
from hearth_control.settings.keys import NO_PRESET

HEADER = """\
# The settings of this Hearth installation. Edit freely: comments and order are kept.
# `hearth settings list` shows every key, `hearth settings explain KEY` where a value comes from.
"""


class UnknownPresetError(InvalidError):
    """No preset has that name."""

    code = "unknown-preset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a set of services takes. Bytes; `memory` is typical use, not the ceiling."""

    services: tuple[str, ...]
    memory: int
    disk: int


def estimate(plan: Plan, catalog: Catalog) -> Estimate:
    """Add up what the planned services that run here take. Pure."""
    memory = disk = 0
    for planned in plan.services:
        service = catalog.services.get(planned.name)
        if service is None or not planned.units:
            continue
        disk += service.disk
        memory += sum(
            container.memory.typical * planned.scale
            for container in service.containers
            if container.memory and not container.job
        )
    names = tuple(service.name for service in plan.services)
    return Estimate(services=names, memory=memory, disk=disk)


def check_preset(catalog: Catalog, name: str) -> None:
    """See whether this preset can be chosen; `none` can: then only what is turned on is on.

    Raises:
        UnknownPresetError: there is none of that name; its hint is the nearest.
    """
    from hearth_kit.settings import nearest

    if name not in catalog.presets and name != NO_PRESET:
        near = nearest(name, catalog.presets)
        raise UnknownPresetError(
            f"{name}: there is no preset with this name",
            hint=f"hearth init --preset {near}" if near else "hearth init",
            details={"preset": name, "presets": list(catalog.presets)},
        )


def set_up(world: World, values: Mapping[str, str | None]) -> None:
    """Write choices into the home's `.env`, which is made if it is not there.

    Raises:
        HomeNotWritableError, DiskFullError: nothing was written.
    """
    from hearth_control.settings.edit import write_env

    with writing(world.home):
        make_private(world.home)
        if not (world.home / ".env").exists():
            write_atomic(world.home / ".env", HEADER + "\n", mode=0o600)
        write_env(world.home, dict(values))
