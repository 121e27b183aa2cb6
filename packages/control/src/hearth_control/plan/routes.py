"""What the gateway serves under which name."""

from __future__ import annotations

from collections.abc import Iterable

from hearth_control.plan.model import Gateway, PlannedRoute
from hearth_control.plan.place import Placed
from hearth_control.settings.model import Mode, Settings

GATEWAYS = ("caddy", "kong")


def gateway_of(placed: Iterable[Placed], settings: Settings) -> Gateway | None:
    """Give the door and its routes, or None where no gateway runs."""
    running = [item for item in placed if item.runs_here]
    if all(item.name != settings.gateway for item in running):
        return None
    routes = (route for item in running if (route := _route(item, settings)) is not None)
    return Gateway(
        service=settings.gateway,
        secure=settings.mode is Mode.PUBLIC,
        routes=tuple(sorted(routes, key=lambda route: route.host)),
    )


def routed_container(placed: Placed) -> str | None:
    """Name the container that a service's route leads to."""
    route = placed.service.route
    return (route.container or placed.service.main) if route is not None else None


def _route(placed: Placed, settings: Settings) -> PlannedRoute | None:
    route = placed.service.route
    container = routed_container(placed)
    if route is None or container is None or placed.name == settings.gateway:
        return None
    inner = route.port or _exposed(placed, container)
    if inner is None:
        return None
    return PlannedRoute(
        service=placed.name,
        host=f"{route.name}.{settings.domain}",
        upstream=f"{container}:{inner}",
        access=route.access,
        open_paths=route.open_paths,
    )


def _exposed(placed: Placed, container: str) -> int | None:
    return next((port.inner for port in placed.service.ports if port.container == container), None)
