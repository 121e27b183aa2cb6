"""Everything that follows from one service's file, gathered from a plan that has it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hearth_control.catalog.model import Catalog, Service, Source
from hearth_control.deploy.change import turn_on, with_source
from hearth_control.deploy.names import check_known
from hearth_control.deploy.situation import load_choices, resolve_engine
from hearth_control.deploy.world import World
from hearth_control.engine.observed import Observed
from hearth_control.plan.model import ContainerUnit, Plan, Unit
from hearth_control.plan.select import select
from hearth_control.settings.keys import sources_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedUnit:
    """A container or process of a service."""

    name: str
    what: str
    """The image, or the command of a process."""
    job: bool
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedWire:
    """A role that the service uses: who serves it, where, and whether it can do without."""

    role: str
    provider: str
    url: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """One service, everything about it."""

    name: str
    title: str
    summary: str
    stack: str
    home: str
    licence: str
    file: str
    on: bool
    cause: str | None
    in_this_version: bool
    source: str | None
    sources: tuple[str, ...]
    url: str | None
    units: tuple[DerivedUnit, ...]
    ports: tuple[str, ...]
    uses: tuple[DerivedWire, ...]
    used_by: tuple[str, ...]
    roles: tuple[str, ...]
    networks: tuple[str, ...]
    secrets: tuple[str, ...]
    volumes: tuple[str, ...]
    backup: tuple[str, ...]
    databases: tuple[str, ...]
    buckets: tuple[str, ...]
    exceptions: tuple[str, ...]
    settings: tuple[str, ...]


def plan_with(world: World, service: str) -> tuple[Catalog, Plan, bool]:
    """Plan as the settings say, with the service turned on if it is off. Nothing is started.

    One that is not in this version is shown as it will be.

    Raises:
        UnknownServiceError: there is no such service.
    """
    from hearth_control.plan.make import make_plan

    catalog, said = load_choices(world)
    check_known([service], catalog.services, verb="show")
    settings = resolve_engine(world, said)
    is_on = service in select(catalog, settings).causes
    planned = catalog
    if not is_on:
        later = replace(catalog.services[service], absent=())
        planned = replace(catalog, services={**catalog.services, service: later})
        value = next(iter(turn_on(planned, settings, service).values.values()))
        source = Source(value) if value else None
        settings = with_source(settings, service, source)
    plan = make_plan(
        catalog=planned,
        settings=settings,
        host=world.load_host(),
        observed=Observed(engine=settings.engine.value),
        fingerprints=world.secrets.fingerprints(),
        root=world.root,
    )
    return catalog, plan, is_on


def derive(service: Service, plan: Plan, *, is_on: bool) -> Derived:
    """Gather what a plan says about one service. Pure."""
    planned = next((one for one in plan.services if one.name == service.name), None)
    units = [unit for unit in plan.units if unit.service == service.name]
    names = {unit.name for unit in units}
    return Derived(
        name=service.name,
        title=service.title,
        summary=service.summary,
        stack=service.stack,
        home=service.home,
        licence=service.licence,
        file=service.path,
        on=is_on,
        cause=planned.cause if planned and is_on else None,
        in_this_version=not service.absent,
        source=planned.source.value if planned else None,
        sources=tuple(source.value for source in sources_of(service)),
        url=planned.url if planned else None,
        units=tuple(_unit(unit) for unit in units),
        ports=tuple(
            f"{port.bind}:{port.host_port} {port.container}:{port.inner}/{port.protocol}"
            for port in plan.published
            if port.service == service.name
        ),
        uses=tuple(
            DerivedWire(
                role=wire.role,
                provider=wire.provider,
                url=wire.endpoint.url,
                required=wire.required,
            )
            for wire in plan.wires
            if wire.consumer == service.name
        ),
        used_by=tuple(
            f"{wire.consumer} ({wire.role})" for wire in plan.wires if wire.provider == service.name
        ),
        roles=tuple(sorted(service.offers)),
        networks=tuple(net.name for net in plan.networks if names & set(net.members)),
        secrets=tuple(sorted({use.key for unit in units for use in unit.secrets})),
        volumes=tuple(service.volumes),
        backup=tuple(f"{volume}: {recipe}" for volume, recipe in service.backup.items()),
        databases=tuple(each.name for each in plan.databases if each.consumer == service.name),
        buckets=tuple(each.name for each in plan.buckets if each.consumer == service.name),
        exceptions=tuple(
            f"{container.name}: {what} ({reason})"
            for container in service.containers
            for what, reason in container.hardening.items()
        ),
        settings=tuple(service.variables),
    )


def _unit(unit: Unit) -> DerivedUnit:
    if isinstance(unit, ContainerUnit):
        what = unit.image
    else:
        what = " ".join(unit.process.command) if unit.process else f"built in: {unit.builtin}"
    return DerivedUnit(name=unit.name, what=what, job=unit.job, needs=unit.needs)
