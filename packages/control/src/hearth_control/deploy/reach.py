"""What `hearth reach` answers from: the plan, and names that are in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hearth_kit.settings import nearest

from hearth_control.deploy.errors import ServiceOffError, UnknownServiceError
from hearth_control.deploy.situation import look, plan_for
from hearth_control.plan.reach import units_of
from hearth_control.plan.reaching import OUTSIDE

if TYPE_CHECKING:
    from hearth_control.catalog.model import Catalog
    from hearth_control.deploy.world import World
    from hearth_control.plan.model import Plan


def plan_to_reach(world: World, names: Sequence[str]) -> tuple[Plan, Catalog]:
    """Plan as things are, and check the names that somebody asked for.

    Raises:
        UnknownServiceError: one is neither a service nor a container.
        ServiceOffError: one is a service that is not on; the hint turns it on.
    """
    situation = look(world)
    plan = plan_for(world, situation)
    for index, name in enumerate(names):
        if index == 0 or name not in OUTSIDE:
            check_there(name, plan, situation.catalog)
    return plan, situation.catalog


def check_there(name: str, plan: Plan, catalog: Catalog) -> None:
    """Refuse a name that is neither a service that is on nor one of its containers.

    Raises:
        UnknownServiceError: there is no such thing; the hint has the nearest name.
        ServiceOffError: the service is off, or the container belongs to one that is.
    """
    planned = {service.name for service in plan.services}
    if name in planned or units_of(plan, name):
        return
    for service in catalog.services.values():
        if name in {service.name, *(container.name for container in service.containers)}:
            raise ServiceOffError(
                f"{name}: this service is not on",
                hint=f"hearth enable {service.name}",
                details={"service": service.name},
            )
    near = nearest(name, (*planned, *(unit.name for unit in plan.units), *OUTSIDE))
    raise UnknownServiceError(
        f"{name}: there is no service or container with this name",
        hint=f"hearth reach {near}" if near and near not in OUTSIDE else "hearth services",
        details={"service": name, "nearest": near},
    )
