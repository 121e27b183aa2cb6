"""Checks from outside, for images that cannot check themselves.

The container's published port is asked, or its own address where this machine runs the engine.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from hearth_control.catalog.model import Probe
from hearth_control.engine.compose.api import Json
from hearth_control.engine.compose.endpoint import Endpoint
from hearth_control.engine.compose.transport import Connection

TIMEOUT_SECONDS = 3.0
PROXY_SECONDS = 0.3
OUTSIDE = "cannot be asked from this machine: it publishes no port"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A host and port to dial; `is_proxied` where Docker's proxy may stand in between."""

    host: str
    port: int
    is_proxied: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def ask(probe: Probe, found: Json, *, is_local: bool) -> str:
    """Ask once; empty when the answer is good, else what was wrong with it."""
    said = OUTSIDE
    for address in find_addresses(probe.port, found, is_local=is_local):
        try:
            said = _ask(probe, address)
        except OSError as error:
            said = f"{address}: {(error.strerror or str(error)).lower()}"
            if not isinstance(error, ConnectionRefusedError):
                # No way from here to the container's own network: ask at its published port.
                continue
        return said
    return said


def find_addresses(port: int, found: Json, *, is_local: bool) -> tuple[Address, ...]:
    """Find where a container's port may be reached from this machine, best first.

    Its own address comes first: Docker's proxy of a published port accepts connections before
    anything listens behind it.
    """
    settings = found.get("NetworkSettings") or {}
    if (found.get("HostConfig") or {}).get("NetworkMode") == "host":
        return (Address(host="127.0.0.1", port=port),)
    networks = sorted((settings.get("Networks") or {}).items()) if is_local else []
    own = [str(network.get("IPAddress") or "") for _, network in networks]
    published = (settings.get("Ports") or {}).get(f"{port}/tcp") or ()
    return (
        *(Address(host=host, port=port) for host in own if host),
        *(_published(binding) for binding in published),
    )


def _published(binding: Mapping[str, str]) -> Address:
    host = binding.get("HostIp") or ""
    anywhere = host in {"", "0.0.0.0", "::"}  # noqa: S104  # compared, nothing is bound
    return Address(
        host="127.0.0.1" if anywhere else host, port=int(binding["HostPort"]), is_proxied=True
    )


def _ask(probe: Probe, address: Address) -> str:
    if probe.http is None:
        return _listens(address)
    status = _status(address, probe.http)
    good = probe.accept or range(200, 400)
    return "" if status in good else f"{address}{probe.http}: answered {status}"


def _listens(address: Address) -> str:
    target = (address.host, address.port)
    with socket.create_connection(target, timeout=TIMEOUT_SECONDS) as connection:
        if not address.is_proxied:
            return ""
        connection.settimeout(PROXY_SECONDS)
        try:
            return "" if connection.recv(1) else f"{address}: closed at once"
        except TimeoutError:
            return ""


def _status(address: Address, path: str) -> int:
    endpoint = Endpoint(host=address.host, port=address.port)
    headers = {"Host": str(address), "Connection": "close"}
    with contextlib.closing(Connection(endpoint, timeout_seconds=TIMEOUT_SECONDS)) as connection:
        return connection.send("GET", path, headers=headers, timeout_seconds=TIMEOUT_SECONDS).status
