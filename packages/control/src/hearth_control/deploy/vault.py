"""Secrets and the data that was made with them: what a plan says of both, what is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from hearth_control.plan.model import Plan, Severity

if TYPE_CHECKING:
    from hearth_control.catalog.model import Catalog
    from hearth_control.deploy.world import World
    from hearth_control.engine.observed import Observed

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def with_secret_notes(
    world: World, plan: Plan, *, catalog: Catalog, observed: Observed, marks: Mapping[str, str]
) -> Plan:
    """Add what the person must know of secrets; `marks` are the fingerprints that hold."""
    from hearth_control.secrets.initialised import load_record
    from hearth_control.secrets.notes import secret_notes
    from hearth_control.secrets.rules import recipes
    from hearth_control.secrets.staging import Staging

    record, begun = load_record(world.home), Staging(world.home).keys()
    if not record and not begun:
        return plan
    notes = secret_notes(
        plan,
        catalog,
        recipes(catalog),
        marks=marks,
        record=record,
        volumes=observed.volumes,
        begun=begun,
    )
    every = sorted((*plan.notes, *notes), key=lambda note: _RANK[note.severity])
    return replace(plan, notes=tuple(every))


def remember(
    world: World, plan: Plan, *, catalog: Catalog, observed: Observed, all_well: bool
) -> None:
    """Keep which secrets volumes are made with.

    Before anything starts: those of volumes that are not there yet. After everything came up
    (`all_well`): also those of volumes that nothing is known of, as their data was opened.
    """
    from hearth_control.secrets.initialised import load_record, save_record
    from hearth_control.secrets.rotation import data_volumes, seen_volumes
    from hearth_control.secrets.rules import recipes

    known, record = recipes(catalog), load_record(world.home)
    marks = world.secrets.fingerprints()
    seen = seen_volumes(observed.volumes, plan.project)
    planned = {service.name for service in plan.services if service.units}
    for key in plan.secrets:
        recipe = known.get(key)
        if recipe is None or recipe.rule.change == "free" or recipe.service not in planned:
            continue
        for volume in data_volumes(recipe, catalog, plan.wires):
            is_new = volume not in seen
            is_unknown = key not in record.get(volume, {})
            if key in marks and ((is_new and not all_well) or (all_well and is_unknown)):
                record.setdefault(volume, {})[key] = marks[key]
    save_record(world.home, record)
