"""What the gateway serves under which name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hearth_control.catalog.model import Source
from hearth_control.plan.model import Gateway, Note, PlannedRoute, Severity
from hearth_control.plan.outside import (
    allowed_networks,
    authority_of,
    believed_networks,
    is_exposed,
)
from hearth_control.plan.place import Placed
from hearth_control.plan.select import TUNNEL
from hearth_control.plan.wire import endpoint_of
from hearth_control.settings.model import Mode, Settings

SIGN_IN = "sign-in"
"""The role of whoever signs people in for services that do not."""


def gateway_of(
    placed: Iterable[Placed], settings: Settings, serving: Mapping[str, Placed]
) -> Gateway | None:
    """Give the door and its routes, or None where no gateway runs."""
    running = [item for item in placed if item.runs_here]
    if all(item.name != settings.gateway for item in running):
        return None
    routes = (route for item in running if (route := _route(item, settings)) is not None)
    return Gateway(
        service=settings.gateway,
        secure=settings.mode is Mode.PUBLIC,
        exposed=is_exposed(settings),
        routes=tuple(sorted(routes, key=lambda route: route.host)),
        sign_in=_sign_in(settings, serving),
        authority=authority_of(settings.domain),
        allow_from=allowed_networks(settings),
        behind=believed_networks(settings),
        tunnel=_tunnel(running, settings),
    )


def sign_in_notes(gateway: Gateway | None) -> Iterator[Note]:
    """Say which services stay shut, as nobody asks who comes."""
    if gateway is None or not gateway.exposed or asks(gateway):
        return
    shut = sorted(route.service for route in gateway.routes if route.access == "login")
    if shut:
        names = ", ".join(f"`{name}`" for name in shut)
        yield Note(
            code="no-sign-in",
            severity=Severity.WARNING,
            text=f"{gateway.service}: keeps {names} shut, as nothing asks people to sign in there",
            hint="hearth enable tinyauth"
            if gateway.service == "caddy"
            else "hearth settings set GATEWAY=caddy",
        )


def asks(gateway: Gateway) -> bool:
    """Tell whether somebody is asked to sign in before a `login` route; Kong's edition cannot."""
    return gateway.sign_in is not None and gateway.service == "caddy"


def _tunnel(running: Iterable[Placed], settings: Settings) -> str | None:
    if settings.mode is not Mode.TUNNEL:
        return None
    return next((item.service.main for item in running if item.name == TUNNEL), None)


def _sign_in(settings: Settings, serving: Mapping[str, Placed]) -> str | None:
    """On loopback there is nobody to ask; outside, only a container of ours is trusted to."""
    provider = serving.get(SIGN_IN)
    if not is_exposed(settings) or provider is None:
        return None
    if provider.source is not Source.CONTAINER:
        return None
    endpoint = endpoint_of(provider.service.offers[SIGN_IN].url)
    return f"{endpoint.host}:{endpoint.port}"


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
        shut_paths=_shut_paths(placed, container, inner),
        replicas=placed.scale if container == placed.service.main else 1,
    )


def _shut_paths(placed: Placed, container: str, inner: int) -> tuple[str, ...]:
    """Numbers are told without a login, to whoever collects them and to nobody outside."""
    metrics = placed.service.metrics
    if metrics is None or (metrics.container or placed.service.main) != container:
        return ()
    return (metrics.path,) if metrics.port == inner else ()


def _exposed(placed: Placed, container: str) -> int | None:
    return next((port.inner for port in placed.service.ports if port.container == container), None)
