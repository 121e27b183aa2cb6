"""What would let one service reach another that it does not reach."""

from __future__ import annotations

from dataclasses import dataclass

from hearth_control.catalog.model import Catalog
from hearth_control.plan.databases import asked
from hearth_control.plan.model import Plan
from hearth_control.plan.names import variable_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Why a way is closed, and the command that would open it, where one does."""

    why: str
    command: str | None = None


def opening(plan: Plan, catalog: Catalog, asker: str, target: str) -> Opening:
    """Say why a service does not reach another, and what would change that.

    Raises:
        KeyError: the catalog has no such service; callers check names first.
    """
    offered = tuple(sorted(catalog.services[target].offers))
    if not offered:
        return Opening(why=f"`{target}` offers nothing to other services")
    wanted = [role for role in offered if role in asked(catalog.services[asker])]
    if not wanted:
        roles = ", ".join(f"`{role}`" for role in offered)
        path = catalog.services[asker].path
        return Opening(why=f"{path} asks for nothing that `{target}` offers: {roles}")
    role = wanted[0]
    server = next((w.provider for w in plan.wires if (w.consumer, w.role) == (asker, role)), None)
    if server is None:
        return Opening(why=f"`{asker}` asks for `{role}`, and nothing serves it to it here")
    return Opening(
        why=f"`{asker}` asks for `{role}`, and `{server}` serves it",
        command=f"hearth settings set {variable_name(role, 'provider')}={target}",
    )
