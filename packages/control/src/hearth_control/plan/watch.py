"""What there is to look after: who tells numbers, who collects them, what should be running."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hearth_control.catalog.model import Source
from hearth_control.plan.model import ContainerUnit, Target, Unit, Watch, Watched
from hearth_control.plan.names import variable_name
from hearth_control.plan.place import Placed

COLLECTED = "metrics"
"""The role of whoever collects numbers."""


def watch_of(
    placed: Sequence[Placed],
    units: Sequence[Unit],
    serving: Mapping[str, Placed],
    variables: Mapping[str, str],
) -> Watch:
    """Collect what dashboards and alerts are made from; `variables` are the settings'."""
    collector = _collector(serving)
    stacks = {item.name: item.service.stack for item in placed}
    return Watch(
        collector=collector.name if collector else None,
        targets=tuple(_targets(placed)) if collector else (),
        containers=tuple(
            Watched(
                unit=unit.name,
                service=unit.service,
                stack=stacks[unit.service],
                memory=int(unit.spec["mem_limit"]),
            )
            for unit in units
            if isinstance(unit, ContainerUnit) and not unit.job
        ),
        keep_for=_said(collector, "retention", variables),
        keep_size=_said(collector, "size", variables),
    )


def _said(collector: Placed | None, name: str, variables: Mapping[str, str]) -> str:
    if collector is None:
        return ""
    key = variable_name(collector.name, name)
    declared = collector.service.variables.get(key)
    return variables.get(key, declared.default if declared else "")


def collector_of(placed: Placed, unit: str, serving: Mapping[str, Placed]) -> str | None:
    """Name the container that collects the numbers of this one, if it tells any."""
    collector = _collector(serving)
    if collector is None or collector.name == placed.name or _telling(placed) != unit:
        return None
    return collector.service.main


def _collector(serving: Mapping[str, Placed]) -> Placed | None:
    """Only a container of ours can be let into the networks of the others."""
    provider = serving.get(COLLECTED)
    return provider if provider is not None and provider.source is Source.CONTAINER else None


def _telling(placed: Placed) -> str | None:
    metrics = placed.service.metrics
    return (metrics.container or placed.service.main) if metrics is not None else None


def _targets(placed: Sequence[Placed]) -> Iterator[Target]:
    for item in placed:
        metrics = item.service.metrics
        if metrics is not None and item.source is Source.CONTAINER:
            address = f"{_telling(item)}:{metrics.port}"
            yield Target(service=item.name, address=address, path=metrics.path)
