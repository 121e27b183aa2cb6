"""Why a service is on, who uses it and whom it uses; or why it is off."""

from __future__ import annotations

from dataclasses import dataclass

from hearth_control.catalog.model import Catalog
from hearth_control.plan.databases import asked
from hearth_control.plan.model import Note, Plan, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The answer to `hearth why`.

    `chain`: from the service to what the person said, each a service and its cause ·
    `used_by`, `uses`: wires of the plan · `could_serve`: role → services that are on and ask for
    it, where the service is off · `notes`: what the plan says of it.
    """

    service: str
    title: str
    is_on: bool
    chain: tuple[tuple[str, str], ...]
    used_by: tuple[Wire, ...]
    uses: tuple[Wire, ...]
    could_serve: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[Note, ...]


def why(plan: Plan, catalog: Catalog, name: str) -> Why:
    """Explain one service of the catalog.

    Raises:
        KeyError: the catalog has no such service; callers check names first.
    """
    service = catalog.services[name]
    is_on = any(planned.name == name for planned in plan.services)
    return Why(
        service=name,
        title=service.title,
        is_on=is_on,
        chain=_chain(plan, name),
        used_by=tuple(wire for wire in plan.wires if wire.provider == name),
        uses=tuple(wire for wire in plan.wires if wire.consumer == name),
        could_serve=() if is_on else _could_serve(plan, catalog, name),
        notes=tuple(note for note in plan.notes if note.service == name),
    )


def _chain(plan: Plan, name: str) -> tuple[tuple[str, str], ...]:
    """Follow causes of the form `n8n needs postgres` to the service that started it."""
    causes = {planned.name: planned.cause for planned in plan.services}
    chain: list[tuple[str, str]] = []
    current = name
    while current in causes and all(current != link for link, _cause in chain):
        chain.append((current, causes[current]))
        current = causes[current].partition(" ")[0]
    return tuple(chain)


def _could_serve(
    plan: Plan, catalog: Catalog, name: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    served = {(wire.consumer, wire.role) for wire in plan.wires}
    roles = {
        role: tuple(
            planned.name
            for planned in plan.services
            if role in asked(catalog.services[planned.name]) and (planned.name, role) not in served
        )
        for role in sorted(catalog.services[name].offers)
    }
    return tuple((role, askers) for role, askers in roles.items() if askers)
