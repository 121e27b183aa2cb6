"""The ordered steps from what is to what will be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hearth_control.catalog.model import Catalog
from hearth_control.engine.observed import Observed
from hearth_control.plan.diff import Change, change_of, replicas
from hearth_control.plan.model import ContainerUnit, Network, Step, StepKind, Unit

_ALREADY_THERE = frozenset({StepKind.START})


def steps_of(
    units: Sequence[Unit],
    networks: Sequence[Network],
    *,
    causes: Mapping[str, str],
    observed: Observed,
    catalog: Catalog,
    gone: Mapping[str, str],
) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """Give the steps in order, and the units that need none.

    `units` are in order already; `gone` says why a service that a person spoke of is not started.
    """
    seen = replicas(observed)
    changes = {
        unit.name: change
        for unit in units
        if (change := change_of(unit, seen.get(unit.name, ()), cause=causes[unit.service]))
    }
    removals = tuple(_removals(units, observed, catalog=catalog, gone=gone))
    makes = tuple(_network_steps(networks, observed, is_busy=bool(changes)))
    images = tuple(_image_steps(units, changes, observed))
    changing = tuple(_unit_steps(units, changes, before=(*makes, *images)))
    leftovers = tuple(_network_removals(networks, observed, after=(*removals, *changing)))
    unchanged = tuple(unit.name for unit in units if unit.name not in changes)
    return (*removals, *makes, *images, *changing, *leftovers), unchanged


def _removals(
    units: Sequence[Unit], observed: Observed, *, catalog: Catalog, gone: Mapping[str, str]
) -> Iterator[Step]:
    planned = {unit.name for unit in units}
    for name in sorted({unit.name for unit in observed.units} - planned):
        seen = observed.unit(name)
        service = seen.service if seen else name
        known = service in catalog.services
        why = gone.get(service, "nothing asks for it any more")
        yield Step(
            kind=StepKind.REMOVE,
            target=name,
            cause=f"{why}; its volumes stay" if known else "not in the catalog",
            service=service,
            destroys=None if known else f"whatever `{name}` kept outside volumes",
        )


def _network_steps(
    networks: Sequence[Network], observed: Observed, *, is_busy: bool
) -> Iterator[Step]:
    for network in networks:
        # A network that is not ours is never observed, so it is asked for when anything is done.
        if network.name in observed.networks or (network.external and not is_busy):
            continue
        yield Step(kind=StepKind.NETWORK, target=network.name, cause=_network_cause(network))


def _network_cause(network: Network) -> str:
    if network.external:
        return "all services share it"
    return f"{network.role}: {', '.join(network.members)}"


def _network_removals(
    networks: Sequence[Network], observed: Observed, *, after: Iterable[Step]
) -> Iterator[Step]:
    needs = tuple(step.id for step in after)
    for name in sorted(observed.networks.keys() - {network.name for network in networks}):
        yield Step(kind=StepKind.REMOVE, target=name, cause="nobody is in it any more", needs=needs)


def _image_steps(
    units: Sequence[Unit], changes: Mapping[str, Change], observed: Observed
) -> Iterator[Step]:
    there = set(observed.images)
    for unit in units:
        if not isinstance(unit, ContainerUnit) or unit.image in there:
            continue
        if unit.name not in changes or changes[unit.name].kind in _ALREADY_THERE:
            continue
        there.add(unit.image)
        kind = StepKind.BUILD if unit.build else StepKind.PULL
        cause = f"{unit.name} runs on it, and it is not on this machine"
        yield Step(kind=kind, target=unit.image, cause=cause, service=unit.service)


def _unit_steps(
    units: Sequence[Unit], changes: Mapping[str, Change], *, before: Sequence[Step]
) -> Iterator[Step]:
    ids = {step.target: step.id for step in before}
    for unit in units:
        change = changes.get(unit.name)
        if change is None:
            continue
        step = Step(
            kind=change.kind,
            target=unit.name,
            cause=change.cause,
            service=unit.service,
            needs=tuple(ids[name] for name in _before(unit) if name in ids),
        )
        ids[unit.name] = step.id
        yield step


def _before(unit: Unit) -> tuple[str, ...]:
    if not isinstance(unit, ContainerUnit):
        return unit.needs
    return (*unit.spec.get("networks", ()), unit.image, *unit.needs)
