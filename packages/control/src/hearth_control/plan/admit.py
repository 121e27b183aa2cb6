"""Whether what is planned fits this machine and what is on it already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from hearth_control.catalog.model import Source
from hearth_control.engine.observed import Observed
from hearth_control.plan.diff import Replicas
from hearth_control.plan.model import ContainerUnit, Note, Severity, Unit
from hearth_control.plan.names import LABEL_FORMAT, volume_name
from hearth_control.plan.place import Placed

_NUMBER = re.compile(r"\d+")


def fresh_disk(placed: Iterable[Placed], *, project: str, observed: Observed) -> dict[str, int]:
    """Say what services that have no data yet will take, in bytes."""
    return {
        item.name: item.service.disk
        for item in placed
        if item.source is Source.CONTAINER
        and item.service.disk
        and not any(
            volume_labels(observed, project, name) is not None for name in item.service.volumes
        )
    }


def admit_formats(placed: Iterable[Placed], *, project: str, observed: Observed) -> Iterator[Note]:
    """Refuse to start a store over data that another major version wrote."""
    for item in placed:
        if item.source is not Source.CONTAINER:
            continue
        for volume, major in sorted(item.service.upgrade.formats.items()):
            wrote = (volume_labels(observed, project, volume) or {}).get(LABEL_FORMAT, major)
            if wrote != major:
                yield Note(
                    code="data-format",
                    severity=Severity.ERROR,
                    text=f"{item.name}: the data in `{volume}` was written by version {wrote} and"
                    f" cannot be opened by version {major}; dump it with {wrote} first",
                    service=item.name,
                    hint=f"hearth disable {item.name}",
                )


def admit_upgrades(
    placed: Iterable[Placed], units: Iterable[Unit], seen: Replicas
) -> Iterator[Note]:
    """Refuse to jump over a version at which an upgrade must stop, and to go back."""
    stops = {item.name: item.service.upgrade.stop_at for item in placed}
    for unit in units:
        before = next((one.image for one in seen.get(unit.name, ()) if one.image), "")
        if not isinstance(unit, ContainerUnit) or not before or before == unit.image:
            continue
        if unit.name not in {item.service.main for item in placed if item.name == unit.service}:
            continue
        old, new = version_of(before), version_of(unit.image)
        if not old or not new:
            continue
        stop = next(
            (s for s in stops[unit.service] if old < _numbers(s) < new[: len(_numbers(s))]), None
        )
        if stop is not None:
            yield Note(
                code="upgrade-stop",
                severity=Severity.ERROR,
                text=f"{unit.service}: {_tag(before)} cannot go to {_tag(unit.image)} at once;"
                f" it must run {stop} first",
                service=unit.service,
                hint=f"hearth show {unit.service}",
            )


def admit_images(units: Iterable[Unit]) -> Iterator[Note]:
    """Warn of an image that is not pinned to a version."""
    for unit in units:
        if isinstance(unit, ContainerUnit) and not unit.build and not is_pinned(unit.image):
            yield Note(
                code="image-floating",
                severity=Severity.WARNING,
                text=f"{unit.service}: the image `{unit.image}` names no version, so it may"
                " change under you",
                service=unit.service,
                hint=f"hearth show {unit.service}",
            )


def is_pinned(image: str) -> bool:
    """Tell whether an image reference names one version."""
    return "@sha256:" in image or _tag(image) not in {"", "latest", "main", "master", "stable"}


def version_of(image: str) -> tuple[int, ...]:
    """Read the numbers of an image's tag; none where the tag is no version."""
    return _numbers(_tag(image).partition("-")[0])


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in _NUMBER.findall(text))


def _tag(image: str) -> str:
    name = image.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2]


def volume_labels(observed: Observed, project: str, volume: str) -> Mapping[str, str] | None:
    """Find a volume's labels under its name here or its name in the engine."""
    full = volume_name(project, volume)
    return observed.volumes.get(full, observed.volumes.get(volume))
