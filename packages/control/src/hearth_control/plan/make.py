"""The planner: catalog, settings, host and observed in, a complete plan out. No I/O.

1. select  which services, and why          4. build   units, networks, order
2. place   source, hardware, scale          5. admit   against the machine and what is on it
3. wire    who reaches whom, and where      6. diff    the steps from what is to what will be
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from hearth_control.catalog.model import Catalog, Source
from hearth_control.engine.observed import Observed
from hearth_control.host.model import Host
from hearth_control.plan.admit import (
    admit_formats,
    admit_images,
    admit_upgrades,
    fresh_disk,
    volume_labels,
)
from hearth_control.plan.backups import backups_of
from hearth_control.plan.buckets import buckets
from hearth_control.plan.build import Built, Ground, Site, build, site_of, unit_names
from hearth_control.plan.databases import databases
from hearth_control.plan.diff import RUNS, held_ports, replicas
from hearth_control.plan.fit import fit_disk, fit_memory
from hearth_control.plan.fit_models import fit_models, fit_vram
from hearth_control.plan.keys import lost, ungiven, wanted_secrets, welcome
from hearth_control.plan.model import Note, Plan, PlannedService, Published, Severity, Unit, Wire
from hearth_control.plan.names import LABEL_FORMAT, LABEL_PROJECT, LABEL_SERVICE, volume_name
from hearth_control.plan.order import ordered
from hearth_control.plan.place import Placed, place, source_fault, source_of
from hearth_control.plan.ports import clashes, crowded, door_of, public_url, publish, taken
from hearth_control.plan.routes import gateway_of, sign_in_notes
from hearth_control.plan.select import Selection, select
from hearth_control.plan.step import steps_of
from hearth_control.plan.watch import watch_of
from hearth_control.plan.wiring import wires_of, wiring_notes
from hearth_control.settings.model import Settings

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def make_plan(
    *,
    catalog: Catalog,
    settings: Settings,
    host: Host,
    observed: Observed,
    fingerprints: Mapping[str, str],
    root: Path,
    selection: Selection | None = None,
) -> Plan:
    """Plan everything. A bad world gives notes, never an exception.

    `fingerprints` maps a secret's key to a fingerprint of its value; secrets that are not in it
    are `missing_secrets` of the plan. `root` is the checkout that build contexts lie in.
    `selection` is what `select` gives for these settings, where the caller had to know it before.
    """
    selection = selection or select(catalog, settings)
    placed, notes = _place_all(selection, catalog, settings=settings, host=host)
    by_name = {item.name: item for item in placed}
    serving = {role: by_name[name] for role, name in selection.serving.items() if name in by_name}
    door = door_of(placed, settings)
    ground = Ground(
        catalog=catalog,
        settings=settings,
        host=host,
        observed=observed,
        fingerprints=fingerprints,
        root=str(root),
        wanted=wanted_secrets(placed, catalog, serving=serving, have=fingerprints),
        serving=serving,
        published=tuple(chain.from_iterable(publish(item, settings, door=door) for item in placed)),
        door=door,
        databases=databases(placed, catalog, serving),
        buckets=buckets(placed, catalog, serving),
        gateway=gateway_of(placed, settings, serving),
    )
    sites = tuple(site_of(item, ground) for item in placed)
    built = build(sites, ground)
    return _complete(ground, sites, built, notes=(*selection.notes, *notes))


def _complete(
    ground: Ground, sites: Sequence[Site], built: Built, *, notes: Sequence[Note]
) -> Plan:
    placed = tuple(site.placed for site in sites)
    wires = tuple(
        wire for site in sites for wire in wires_of(site.placed, site.reached, site.accesses)
    )
    units = _in_order(built.units)
    steps, unchanged = steps_of(
        units,
        built.networks,
        causes={item.name: item.cause for item in placed},
        observed=ground.observed,
        catalog=ground.catalog,
        gone=_gone(ground.settings),
    )
    found = chain(notes, built.notes, _notes(ground, sites, units, wires))
    return Plan(
        project=ground.settings.project,
        engine=ground.settings.engine,
        services=tuple(_planned(item, ground) for item in placed),
        units=units,
        wires=wires,
        published=tuple(ground.published),
        networks=built.networks,
        databases=tuple(ground.databases),
        buckets=tuple(ground.buckets),
        volumes=_volumes(placed, ground),
        secrets=tuple(ground.wanted),
        configs=dict(sorted(built.configs.items())),
        steps=steps,
        notes=tuple(sorted(dict.fromkeys(found), key=lambda note: _RANK[note.severity])),
        unchanged=unchanged,
        missing_secrets=tuple(key for key in ground.wanted if key not in ground.fingerprints),
        gateway=ground.gateway,
        watch=watch_of(placed, units, ground.serving, ground.settings.variables),
        backups=backups_of(placed, ground.serving),
    )


def _place_all(
    selection: Selection, catalog: Catalog, *, settings: Settings, host: Host
) -> tuple[tuple[Placed, ...], tuple[Note, ...]]:
    placed: list[Placed] = []
    notes: list[Note] = []
    for name, cause in selection.causes.items():
        service = catalog.services[name]
        source = source_of(service, settings)
        if source is None or source is Source.DISABLED:
            # Only by sharing can a service get here that this engine cannot run.
            notes.append(_cannot_share(name, cause))
            continue
        item, said = place(service, cause, source=source, settings=settings, host=host)
        notes.extend(said)
        if not (item.runs_here and source_fault(service, settings)):
            placed.append(item)
    return tuple(placed), tuple(notes)


def _cannot_share(name: str, cause: str) -> Note:
    return Note(
        code="no-provider",
        severity=Severity.ERROR,
        text=f"{name}: {cause}, and it is turned off or cannot run here",
        service=name,
        hint=f"hearth enable {name}",
    )


def _notes(
    ground: Ground, sites: Sequence[Site], units: Sequence[Unit], wires: Sequence[Wire]
) -> Iterator[Note]:
    placed = tuple(site.placed for site in sites)
    project, observed, host = ground.settings.project, ground.observed, ground.host
    seen = replicas(observed)
    yield from clashes(ground.published)
    yield from crowded(placed, ground.published, gateway=ground.settings.gateway)
    yield from taken(
        ground.published,
        host.listening,
        ours=_own_ports(ground.published, units, held_ports(units, seen))
        | {port for unit in observed.units for port in unit.ports},
        base_port=ground.settings.base_port,
    )
    yield from ungiven(ground.wanted, ground.fingerprints)
    yield from welcome(placed, ground.fingerprints, ground.serving)
    yield from lost(ground.wanted, ground.fingerprints, placed, observed=observed, project=project)
    for site in sites:
        yield from wiring_notes(site.placed, site.reached, site.accesses)
    yield from sign_in_notes(ground.gateway)
    fit = ground.settings.fit
    running = {one.service for one in observed.units if one.state in RUNS}
    yield from fit_memory(placed, wires, host, running=running, fit=fit)
    fresh = fresh_disk(placed, project=project, observed=observed)
    yield from fit_disk(fresh, placed, wires, host, fit=fit)
    variables = ground.settings.variables
    yield from fit_vram(placed, wires, host, variables=variables)
    yield from fit_models(placed, host, variables=variables)
    yield from admit_formats(placed, project=project, observed=observed)
    yield from admit_upgrades(placed, units, seen)
    yield from admit_images(units)


def _own_ports(
    published: Sequence[Published], units: Sequence[Unit], holding: frozenset[str]
) -> frozenset[int]:
    """Find the ports that our units hold; a process is told by its service, not by a container."""
    services = {unit.service for unit in units if unit.name in holding}
    names = {unit.name for unit in units}
    return frozenset(
        port.host_port
        for port in published
        if port.container in holding or (port.container not in names and port.service in services)
    )


def _gone(settings: Settings) -> dict[str, str]:
    """Say why services that a person spoke of are not started here."""
    whys = {
        Source.DISABLED: "you turned it off",
        Source.LOCALHOST: "it runs on this host by itself now",
        Source.EXTERNAL: "it is elsewhere now",
    }
    return {
        name: whys[said.source] for name, said in settings.services.items() if said.source in whys
    }


def _in_order(units: Sequence[Unit]) -> tuple[Unit, ...]:
    by_name = {unit.name: unit for unit in units}
    names = ordered(by_name, {unit.name: unit.needs for unit in units})
    return tuple(by_name[name] for name in names)


def _planned(item: Placed, ground: Ground) -> PlannedService:
    url = public_url(item, ground.settings, door=ground.door)
    return PlannedService(
        name=item.name,
        title=item.service.title,
        stack=item.service.stack,
        source=item.source,
        cause=item.cause,
        hardware=item.hardware,
        scale=item.scale,
        units=unit_names(item),
        url=url if item.service.route is not None else None,
    )


def _volumes(placed: Sequence[Placed], ground: Ground) -> dict[str, Any]:
    """Give the volumes, named and labelled.

    Labels of a volume that exists are kept as they are: Compose would offer to recreate it, and
    the format label says what wrote it.
    """
    volumes: dict[str, Any] = {}
    project = ground.settings.project
    for item in placed:
        if item.source is not Source.CONTAINER:
            continue
        for name, spec in item.service.volumes.items():
            if name in volumes:
                continue  # shared with a service that comes first in the catalog
            full = volume_name(project, name)
            seen = volume_labels(ground.observed, project, name)
            labels = {LABEL_PROJECT: project, LABEL_SERVICE: item.name}
            major = item.service.upgrade.formats.get(name)
            wrote = major if seen is None else seen.get(LABEL_FORMAT)
            if wrote:
                labels[LABEL_FORMAT] = wrote
            volumes[name] = {**(spec or {}), "name": full, "labels": labels}
    return dict(sorted(volumes.items()))
