"""One snapshot of an installation on Docker, from the engine's own lists.

Four lists and one `inspect` a container, 0.2 ms each over the socket; `docker compose` is not
asked, it takes 250 ms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from hearth_control.engine.compose.api import EngineAPI, Json
from hearth_control.engine.compose.errors import EngineLacksError
from hearth_control.engine.compose.reference import spelled_out
from hearth_control.engine.observed import Health, Observed, ObservedUnit, State

PROJECT, SERVICE, UNIT = "hearth.project", "hearth.service", "hearth.unit"
HASH, JOB = "hearth.hash", "hearth.job"
NUMBER = "com.docker.compose.container-number"
NETWORK, VOLUME = "com.docker.compose.network", "com.docker.compose.volume"
ENGINE = "compose"

_LEAVES_NO_ROUTE = (1, 44)
"""Engine 25: no way out is told on internal networks, and naming one is an error.

Source: moby 25.0, libnetwork/drivers/bridge/setup_ipv4.go, read 2026-11-21."""
_STATES = {
    "running": State.RUNNING,
    "paused": State.STOPPED,
    "created": State.STOPPED,
    "restarting": State.RESTARTING,
    "removing": State.EXITED,
    "dead": State.EXITED,
}
NONE_PASSED: Mapping[str, str] = MappingProxyType({})
_STOP_CODES = frozenset({0, 130, 137, 143})
_FRACTION = re.compile(r"\.(\d+)")


def observe(
    api: EngineAPI, project: str, *, passed: Callable[[], Mapping[str, str]] = dict
) -> Observed:
    """Look once. An installation that was never started gives no units.

    `passed` gives the containers that passed their own check before the engine ran it, by id and
    beginning; it is asked only when one is starting.

    Raises:
        EngineUnavailableError: the engine does not answer.
    """
    label = f"{PROJECT}={project}"
    containers = tuple(inspected(api, label))
    is_starting = any(health_of(found["State"]) is Health.STARTING for found in containers)
    known = passed() if is_starting else {}
    units = tuple(unit_of(found, passed=known) for found in containers)
    networks = api.networks()
    own = [network for network in networks if _labels(network).get(PROJECT) == project]
    routes_inside = api.newest < _LEAVES_NO_ROUTE
    return Observed(
        engine=ENGINE,
        units=_newest(units),
        networks={str(one["Name"]): next(_subnets(one), "") for one in own},
        foreign_subnets=tuple(
            subnet
            for one in networks
            if _labels(one).get(PROJECT) != project
            for subnet in _subnets(one)
        ),
        volumes={volume_name(one): _labels(one) for one in api.volumes(label)},
        images=tuple(sorted(set(_references(api.images())))),
        outlived=() if routes_inside else tuple(str(one["Name"]) for one in own if _leads(one)),
        routes_inside=routes_inside,
    )


def inspected(api: EngineAPI, *labels: str) -> Iterator[Json]:
    """Inspect each container that carries the labels; one that vanishes meanwhile is left out."""
    for summary in api.containers(*labels):
        try:
            yield api.inspect(str(summary["Id"]))
        except EngineLacksError:
            continue


def unit_of(found: Json, *, passed: Mapping[str, str] = NONE_PASSED) -> ObservedUnit:
    """Turn what `inspect` says of a container into a unit."""
    labels: Mapping[str, str] = found.get("Config", {}).get("Labels") or {}
    said = found.get("State", {})
    job = labels.get(JOB) == "true"
    running = said.get("Running", False)
    started = parse_time(said.get("StartedAt", ""))
    return ObservedUnit(
        name=labels.get(UNIT) or str(found.get("Name", "")).lstrip("/"),
        service=labels.get(SERVICE, ""),
        state=_state(found, said, job=job),
        health=_health(found, passed) if running else Health.NONE,
        hash=labels.get(HASH, ""),
        image=str(found.get("Config", {}).get("Image", "")),
        job=job,
        exit_code=None if running or started is None else said.get("ExitCode"),
        oom=bool(said.get("OOMKilled")),
        restarts=int(found.get("RestartCount", 0)),
        started_at=started,
        id=str(found.get("Id", "")),
        pid=said.get("Pid") or None,
        ports=_ports(found) if running else (),
        replica=int(labels.get(NUMBER, "1")),
    )


def _ports(found: Mapping[str, Any]) -> tuple[int, ...]:
    bound = (found.get("NetworkSettings") or {}).get("Ports") or {}
    return tuple(
        sorted(
            {
                int(one["HostPort"])
                for inner, places in bound.items()
                if inner.endswith("/tcp")
                for one in places or ()
                if one.get("HostPort")
            }
        )
    )


def health_of(said: Mapping[str, Any]) -> Health:
    """Read what the container's own check says."""
    try:
        return Health((said.get("Health") or {}).get("Status", "none"))
    except ValueError:
        return Health.NONE


def parse_time(text: str) -> datetime | None:
    """Read the engine's RFC 3339 time with nanoseconds; its zero time is None."""
    if not text or text.startswith("0001-"):
        return None
    # Python keeps microseconds; the engine gives up to nine digits.
    digits = _FRACTION.sub(lambda match: "." + match[1][:6].ljust(6, "0"), text)
    return datetime.fromisoformat(digits)


def network_name(network: Json) -> str:
    """Name a network as the rendered file does, without Compose's prefix."""
    return _labels(network).get(NETWORK) or str(network.get("Name", ""))


def volume_name(volume: Json) -> str:
    """Name a volume as the rendered file does, without Compose's prefix."""
    return _labels(volume).get(VOLUME) or str(volume.get("Name", ""))


def _health(found: Json, passed: Mapping[str, str]) -> Health:
    said = found["State"]
    health = health_of(said)
    if health is Health.STARTING and passed.get(str(found.get("Id"))) == said.get("StartedAt"):
        return Health.HEALTHY
    return health


def _state(found: Json, said: Mapping[str, Any], *, job: bool) -> State:
    status = str(said.get("Status", ""))
    if status != "exited":
        return _STATES.get(status, State.EXITED)
    if job or said.get("OOMKilled"):
        return State.EXITED
    policy = (found.get("HostConfig", {}).get("RestartPolicy") or {}).get("Name", "")
    # The daemon starts these again unless a person stopped them.
    if policy in {"always", "unless-stopped"}:
        return State.STOPPED
    return State.STOPPED if said.get("ExitCode") in _STOP_CODES else State.EXITED


def _newest(units: tuple[ObservedUnit, ...]) -> tuple[ObservedUnit, ...]:
    # A recreation that was cut off leaves two containers of one name: the one that runs counts.
    best: dict[tuple[str, int], ObservedUnit] = {}
    for unit in sorted(units, key=lambda unit: unit.state is State.RUNNING):
        best[unit.name, unit.replica] = unit
    return tuple(best[key] for key in sorted(best))


def _labels(thing: Json) -> Mapping[str, str]:
    return thing.get("Labels") or {}


def _leads(network: Json) -> bool:
    """Tell whether an internal network names a way out."""
    pools = (network.get("IPAM") or {}).get("Config") or ()
    told = any("DefaultGatewayIPv4" in (pool.get("AuxiliaryAddresses") or {}) for pool in pools)
    return told and bool(network.get("Internal"))


def _subnets(network: Json) -> Iterator[str]:
    for config in (network.get("IPAM") or {}).get("Config") or ():
        if subnet := config.get("Subnet"):
            yield str(subnet)


def _references(images: Iterable[Json]) -> Iterator[str]:
    """Give every way to write an image that is here: by tag, digest or both, short or in full."""
    for image in images:
        tags = [name for name in image.get("RepoTags") or () if not name.startswith("<none>")]
        digests = [name for name in image.get("RepoDigests") or () if not name.startswith("<none>")]
        pinned = [f"{tag}@{one.partition('@')[2]}" for tag in tags for one in digests]
        for name in (*tags, *digests, *pinned):
            yield name
            yield spelled_out(name)
