"""Names that a person typed, checked against what exists: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hearth_kit.settings import nearest

from hearth_control.deploy.errors import ServiceOffError, UnknownServiceError

if TYPE_CHECKING:
    from hearth_control.catalog.model import Catalog
    from hearth_control.plan.model import Plan


def check_known(names: Sequence[str], known: Iterable[str], *, verb: str) -> None:
    """Refuse the first name that is no service, with the nearest that is.

    Raises:
        UnknownServiceError: its hint is the same verb with the nearest name.
    """
    services = tuple(known)
    for name in names:
        if name in services:
            continue
        near = nearest(name, services)
        raise UnknownServiceError(
            f"{name}: there is no service with this name",
            hint=f"hearth {verb} {near}" if near else "hearth services",
            details={"service": name, "nearest": near},
        )


def check_on(names: Sequence[str], plan: Plan, catalog: Catalog, *, verb: str) -> None:
    """Refuse a name that is no service, or one that is off.

    Raises:
        UnknownServiceError: there is no such service.
        ServiceOffError: there is, and it is not on; the hint turns it on.
    """
    check_known(names, catalog.services, verb=verb)
    planned = {service.name for service in plan.services}
    for name in names:
        if name not in planned:
            raise ServiceOffError(
                f"{name}: this service is not on",
                hint=f"hearth enable {name}",
                details={"service": name},
            )
