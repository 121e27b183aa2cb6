"""Which container stands for the service, what a browser asks, and which ports are opened. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from hearth_control.catalog.adopt.images import find_store
from hearth_control.catalog.adopt.model import FIRST_OFFSET, LAST_OFFSET, Opened, Problem, Work
from hearth_control.catalog.adopt.shapes import ports_of

_WEB: Final = (80, 8080, 3000, 8000, 5000, 8081, 8888, 9000, 4000, 5173, 8088, 8096, 1337, 2283)
_ENCRYPTED: Final = frozenset({443, 8443, 9443, 4443})
_NOT_WEB: Final = frozenset({22, 25, 53, 143, 465, 587, 993, 1883, 2222, 5060, 8883, 51820, 1194})


def settle_ports(work: Work) -> None:
    """Read `ports` and `expose`, choose the main container, and give offsets."""
    for name, spec in work.services.items():
        _read(work, name, spec.pop("ports", None))
    ranked = _ranked(work)
    work.webs = tuple(f"{name}:{port.inner}" for name, port in ranked)
    web = _chosen(work)
    work.main = web[0] if web else _main_without_port(work)
    if web is None and ranked:
        web = ranked[0]
        work.main = web[0]
        text = f"`{web[0]}` answers on {web[1].inner}, the most likely page of what it opens"
        work.guess("x-hearth.port", text)
    _open(work, web)
    if web is not None and web[1].host is not None:
        _tell_address(work, web)
    if len(work.services) > 1 or work.main != work.name:
        work.block["main"] = work.main


def _read(work: Work, name: str, entries: Any) -> None:  # noqa: ANN401  # whatever YAML gave
    opened: list[Opened] = []
    for entry in entries if isinstance(entries, list) else ():
        try:
            opened += ports_of(entry)
        except ValueError as fault:
            where = f"services.{name}.ports"
            work.problems.append(Problem(kind="port", where=where, text=str(fault)))
    if opened:
        work.opened[name] = opened


def _tell_address(work: Work, web: tuple[str, Opened]) -> None:
    """Put the service's address where the file wrote the one that it had on this machine."""
    written = re.compile(rf"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0):{web[1].host}(?!\d)")
    reference = f"${{{re.sub(r'[^A-Z0-9]+', '_', work.name.upper())}_PUBLIC_URL}}"
    for name, spec in work.services.items():
        environment = spec.get("environment")
        if not isinstance(environment, dict):
            continue
        for key, value in environment.items():
            if isinstance(value, str) and written.search(value):
                environment[key] = written.sub(reference, value)
                where = f"services.{name}.environment.{key}"
                work.change(where, f"is the address that it has here: {environment[key]}")


def _chosen(work: Work) -> tuple[str, Opened] | None:
    """Find what `--port` names: `container:port`, or a port of whichever container."""
    said = work.choices.web
    if said is None or said == "none":
        return None
    container, _, number = said.rpartition(":")
    name = work.hosts.get(container, container) if container else _holder(work, number)
    if not number.isdigit() or not 1 <= int(number) <= 65_535 or name not in work.services:
        names = ", ".join(f"`{one}`" for one in work.webs) or "a container and a port"
        text = f"`{said}` is no port of this file; it has {names}"
        option = f"--port {work.webs[0]}" if work.webs else "--port none"
        work.problems.append(Problem(kind="port", where="--port", text=text, option=option))
        return None
    known = next((p for p in work.opened.get(name, ()) if p.inner == int(number)), None)
    return name, known or Opened(host=None, inner=int(number))


def _holder(work: Work, number: str) -> str:
    for name, opened in work.opened.items():
        if any(str(port.inner) == number for port in opened):
            return name
    lasting = [name for name in work.services if not find_store(_image(work, name))]
    return lasting[0] if len(lasting) == 1 else ""


def _ranked(work: Work) -> list[tuple[str, Opened]]:
    """List the ports that a browser may ask, the likeliest first."""
    if work.choices.web == "none":
        return []
    listed = [
        (name, port)
        for name, opened in work.opened.items()
        for port in opened
        if port.protocol == "tcp" and not find_store(_image(work, name))
    ]
    if not listed:
        listed = [
            (name, Opened(host=None, inner=inner))
            for name, spec in work.services.items()
            if not find_store(_image(work, name))
            for inner in exposed(spec)
        ]
    return [one for _, one in sorted(enumerate(listed), key=lambda item: (_rank(item[1]), item[0]))]


def _rank(one: tuple[str, Opened]) -> int:
    inner = one[1].inner
    if inner in _NOT_WEB:
        return 3
    if inner in _ENCRYPTED:
        return 2
    return 0 if inner in _WEB else 1


def _main_without_port(work: Work) -> str:
    own = [name for name in work.services if not find_store(_image(work, name))]
    return work.name if work.name in work.services else (own or list(work.services))[0]


def _open(work: Work, web: tuple[str, Opened] | None) -> None:
    """Write ports with offsets of the person's own range, and what they stand on as `expose`."""
    free = _free_offsets(work)
    ports: list[dict[str, Any]] = []
    if web is not None:
        _expose(work, web[0], web[1].inner, first=True)
        work.block["port"] = free.pop(0)
        if web[1].inner in _ENCRYPTED:
            text = f"{web[1].inner} usually speaks HTTPS; its address here begins with http://"
            work.warn("x-hearth.port", text)
    for name, opened in work.opened.items():
        for port in opened:
            if web is None or (name, port.inner) != (web[0], web[1].inner):
                ports += _further(work, name, port, free)
    if ports:
        work.block["ports"] = ports
    numbers = [work.block.get("port"), *(port["offset"] for port in ports)]
    said = ", ".join(f"BASE_PORT+{number}" for number in numbers if number is not None)
    if said:
        work.guess("x-hearth.port", f"opens {said}, the lowest that are free of your own range")


def _further(work: Work, name: str, port: Opened, free: list[int]) -> list[dict[str, Any]]:
    """Open a port beside the main one; those of stores stay closed."""
    where = f"services.{name}.ports"
    if find_store(_image(work, name)):
        text = f"{port.inner} is not opened on this machine; only its own containers ask it"
        work.change(where, text)
        return []
    if not free:
        text = f"no offset between {FIRST_OFFSET} and {LAST_OFFSET} is left for {port.inner}"
        work.problems.append(Problem(kind="port", where=where, text=text))
        return []
    _expose(work, name, port.inner, port.protocol)
    given: dict[str, Any] = {"offset": free.pop(0), "container": name, "inner": port.inner}
    if port.protocol == "udp":
        given["protocol"] = "udp"
    if port.inner in _NOT_WEB and port.host is not None:
        text = f"{port.inner} is opened as BASE_PORT+{given['offset']}, not as {port.host}"
        work.warn(where, text)
    return [{**given, "name": f"p{port.inner}{'u' * (port.protocol == 'udp')}"}]


def _free_offsets(work: Work) -> list[int]:
    taken = {
        port.offset
        for service in work.catalog.services.values()
        if service.name != work.name
        for port in service.ports
    }
    said = work.choices.offset
    if said is not None and said in taken:
        holder = next(
            service.name
            for service in work.catalog.services.values()
            if any(port.offset == said for port in service.ports)
        )
        text = f"offset {said} belongs to `{holder}`"
        free = next(n for n in range(FIRST_OFFSET, LAST_OFFSET + 1) if n not in taken)
        option = f"--offset {free}"
        work.problems.append(Problem(kind="port", where="--offset", text=text, option=option))
    return [
        *([said] if said is not None else []),
        *(n for n in range(FIRST_OFFSET, LAST_OFFSET + 1) if n not in taken and n != said),
    ]


def _expose(
    work: Work, name: str, inner: int, protocol: str = "tcp", *, first: bool = False
) -> None:
    """Say under `expose` that a container listens; the service's port leads to the first."""
    text = f"{inner}/udp" if protocol == "udp" else str(inner)
    there = [str(one) for one in work.services[name].get("expose") or () if str(one) != text]
    work.services[name]["expose"] = [text, *there] if first else [*there, text]


def exposed(spec: dict[str, Any]) -> list[int]:
    """Read the numbers under `expose`."""
    numbers = (str(one).partition("/")[0] for one in spec.get("expose") or ())
    return [int(number) for number in numbers if number.isascii() and number.isdigit()]


def _image(work: Work, name: str) -> str:
    return str(work.services[name].get("image", ""))
