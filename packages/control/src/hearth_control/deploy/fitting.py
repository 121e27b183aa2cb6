"""What this machine has room for: models by their size, and what the settings chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from hearth_control.catalog.model import Hardware
from hearth_control.deploy.situation import is_set_up, load_choices
from hearth_control.plan.fit import room_of
from hearth_control.plan.models import fitting
from hearth_control.settings.model import EngineName

if TYPE_CHECKING:
    from hearth_control.catalog.model import Service
    from hearth_control.deploy.world import World
    from hearth_control.host.model import Host
    from hearth_control.plan.model import Note

_CODES: Final = frozenset({"memory-short", "disk-short", "vram-short", "model-large"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The largest model of each family that fits, and what of the settings does not.

    `models` maps a kind of hardware that is here to names of models, the catalog's order.
    """

    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def room_for_models(world: World, host: Host, *, has_engine: bool) -> Room:
    """Hold the catalog's models, and what this home runs, against the machine.

    Raises:
        CatalogError, SettingsError: they cannot be read as such.
    """
    catalog, settings = load_choices(world)
    models = {
        kind: tuple(
            name
            for service in catalog.services.values()
            for name in fitting(service.variables.values(), _room(service, kind, room))
        )
        for kind, room in _rooms(host).items()
    }
    if not is_set_up(world):
        return Room(models=models)
    from hearth_control.engine.observed import Observed
    from hearth_control.plan.make import make_plan

    engine = settings.engine
    if engine is EngineName.AUTO:
        engine = EngineName.COMPOSE if has_engine else EngineName.EMBEDDED
    plan = make_plan(
        catalog=catalog,
        settings=replace(settings, engine=engine),
        host=host,
        observed=Observed(engine=engine.value),
        fingerprints={},
        root=world.root,
    )
    return Room(models=models, notes=tuple(note for note in plan.notes if note.code in _CODES))


def _rooms(host: Host) -> dict[str, int]:
    """Give the bytes that models may take, on each kind of card, else on the processors."""
    found: dict[str, int] = {}
    for card in host.gpus:
        if card.usable and card.vram:
            found[card.vendor] = found.get(card.vendor, 0) + card.vram
    return found or {Hardware.CPU.value: room_of(host)}


def _room(service: Service, kind: str, room: int) -> int:
    """Hold what the processors compute below the ceiling that the service's file gives."""
    limits = [
        one.memory.limit
        for one in service.containers
        if one.name == service.main and one.memory is not None
    ]
    return min(room, *limits) if kind == Hardware.CPU.value and limits else room
