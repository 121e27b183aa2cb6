"""Which ports are opened on the host, and what a browser is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hearth_control.catalog.model import Port
from hearth_control.plan.model import Note, Published, Severity
from hearth_control.plan.names import variable_name
from hearth_control.plan.place import Placed
from hearth_control.settings.model import Mode, Settings

EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # told apart, never bound by default
_DOOR_PORTS = (80, 443)


def door_of(placed: Iterable[Placed], settings: Settings) -> Placed | None:
    """Find the gateway among what runs here."""
    return next((one for one in placed if one.name == settings.gateway and one.runs_here), None)


def publish(
    placed: Placed, settings: Settings, *, door: Placed | None = None
) -> tuple[Published, ...]:
    """List the ports that one service opens on this machine.

    In `private` mode every port, on `BIND`. In `public` mode 80 and 443 of the gateway, in
    `tunnel` mode none; a port that the person set by name is opened in every mode. Only one of
    several can have a port, so those that have a route are reached through the gateway alone.
    """
    if not placed.runs_here or _is_shared(placed, door):
        return ()
    opened = (
        _published(placed, port, index=index, settings=settings)
        for index, port in enumerate(placed.service.ports)
    )
    return tuple(port for port in opened if port is not None)


def host_port(placed: Placed, settings: Settings, inner: int | None = None) -> int | None:
    """Find where a service listens on this machine; by default its first port.

    It says where a container would be published even when the mode keeps it closed.
    """
    if not placed.runs_here:
        return placed.said.port or placed.service.sources.localhost_port
    ports = placed.service.ports
    index = next((at for at, port in enumerate(ports) if port.inner == inner), 0)
    return _number(placed, ports[index], index=index, settings=settings) if ports else None


def named_ports(placed: Placed, settings: Settings) -> dict[str, int]:
    """Find where each port with a name of its own would be published, by that name."""
    return {
        port.name: _number(placed, port, index=index, settings=settings)
        for index, port in enumerate(placed.service.ports)
        if port.name and placed.runs_here
    }


def public_url(placed: Placed, settings: Settings, *, door: Placed | None = None) -> str | None:
    """Give what a browser uses to reach a service, or None if it has no port or route."""
    service = placed.service
    if placed.said.url is not None and not placed.runs_here:
        return placed.said.url
    if service.route is not None and settings.mode is not Mode.PRIVATE:
        return f"https://{service.route.name}.{settings.domain}"
    if service.route is not None and door is not None and _is_shared(placed, door):
        return f"http://{service.route.name}.{settings.domain}:{host_port(door, settings)}"
    port = host_port(placed, settings)
    if port is None:
        return None
    host = "127.0.0.1" if settings.bind in EVERYWHERE else settings.bind
    return f"http://{_bracketed(host)}:{port}"


def is_beyond(bind: str) -> bool:
    """Tell whether a port that listens on an address is open to more than this machine."""
    return not (bind.startswith("127.") or bind == "::1")


def clashes(published: Iterable[Published]) -> Iterator[Note]:
    """Find two services of the plan that want one port."""
    holders: dict[tuple[int, str], Published] = {}
    for port in published:
        other = holders.setdefault((port.host_port, port.protocol), port)
        if other is not port:
            key = variable_name(port.service, "port")
            yield Note(
                code="port-twice",
                severity=Severity.ERROR,
                text=f"{port.service}: port {port.host_port} is also wanted by `{other.service}`",
                service=port.service,
                hint=f"hearth settings set {key}={port.host_port + 100}",
            )


def crowded(
    placed: Iterable[Placed], published: Sequence[Published], *, gateway: str
) -> Iterator[Note]:
    """Find services of which several shall run, but whose port only one can have."""
    for item in placed:
        port = next((one for one in published if one.container == item.service.main), None)
        if item.scale > 1 and port is not None:
            key = variable_name(item.name, "scale")
            yield Note(
                code="scale-published",
                severity=Severity.ERROR,
                text=f"{item.name}: `{key}={item.scale}` cannot be, as only one can have the port"
                f" {port.host_port}",
                service=item.name,
                hint=f"hearth settings set {key}=1"
                if item.service.route is None or item.said.port is not None
                else f"hearth enable {gateway}",
            )


def taken(
    published: Sequence[Published],
    listening: Mapping[int, str],
    *,
    ours: frozenset[int],
    base_port: int,
) -> Iterator[Note]:
    """Find ports that somebody else on this machine holds; `ours` are held by our own units."""
    wanted = {port.host_port for port in published}
    first: dict[str, Published] = {}
    for port in published:
        first.setdefault(port.service, port)
        owner = listening.get(port.host_port)
        if owner is None or port.protocol != "tcp" or port.host_port in ours:
            continue
        yield Note(
            code="port-taken",
            severity=Severity.ERROR,
            text=f"{port.service}: port {port.host_port} is taken by {owner}",
            service=port.service,
            hint=_other_port(port, avoid=wanted | listening.keys())
            if first[port.service] is port
            else f"hearth settings set BASE_PORT={base_port + 1000}",
        )


def _is_shared(placed: Placed, door: Placed | None) -> bool:
    """Tell whether several answer at the gateway, and none at a port of its own."""
    by_name = placed.said.port is not None
    routed = placed.service.route is not None and door is not None and placed.name != door.name
    return placed.scale > 1 and routed and not by_name


def _published(placed: Placed, port: Port, *, index: int, settings: Settings) -> Published | None:
    said = placed.said.port is not None and index == 0
    number = _number(placed, port, index=index, settings=settings)
    bind = settings.bind
    if settings.mode is not Mode.PRIVATE and not said:
        if not _is_door(placed, index, settings):
            return None
        bind = "0.0.0.0"  # noqa: S104  # public mode: this is the one door to the outside
    return Published(
        service=placed.name,
        name=port.name,
        bind=bind,
        host_port=number,
        container=port.container,
        inner=port.inner,
        protocol=port.protocol,
    )


def _number(placed: Placed, port: Port, *, index: int, settings: Settings) -> int:
    if index == 0 and placed.said.port is not None:
        return placed.said.port
    if _is_door(placed, index, settings):
        return _DOOR_PORTS[index]
    return settings.base_port + port.offset


def _is_door(placed: Placed, index: int, settings: Settings) -> bool:
    return (
        settings.mode is Mode.PUBLIC
        and placed.name == settings.gateway
        and index < len(_DOOR_PORTS)
    )


def _other_port(port: Published, *, avoid: set[int]) -> str:
    """Propose a free number for a service's first port; further ones move with `BASE_PORT`."""
    high = (*range(port.host_port + 100, 65_536), *range(20_000, 60_000))
    free = next(number for number in high if number not in avoid)
    return f"hearth settings set {variable_name(port.service, 'port')}={free}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
