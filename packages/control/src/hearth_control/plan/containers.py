"""From drafts to the containers that an engine is given: networks, order, labels, hash."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hearth_control.catalog.model import Container
from hearth_control.plan.digest import digest
from hearth_control.plan.draft import Draft, labels_in
from hearth_control.plan.model import (
    ContainerUnit,
    Network,
    NetworkKind,
    Published,
    SecretUse,
)
from hearth_control.plan.names import (
    LABEL_HASH,
    LABEL_JOB,
    LABEL_PROJECT,
    LABEL_SERVICE,
    LABEL_UNIT,
    URL_FORM,
)
from hearth_control.plan.secret_files import named_in
from hearth_control.plan.wire import HOST_FROM_CONTAINER

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 0.000001}
START_SECONDS = 60
_OUT = frozenset({NetworkKind.EGRESS, NetworkKind.LAN, NetworkKind.FLAT})
_NO_NAMES = "127.0.0.1"
"""Whom a container without a way out asks for names that Docker does not know: its own loopback,
where nobody listens. Docker would ask the host's resolver for it, and a name can carry data out.
Source: CVE-2024-29018; tried on Docker Engine 20.10.24."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a container gets from the rest of the plan.

    `networks`, `published`, `needs`: unit → what it joins, what it opens, what comes first ·
    `jobs`, `checked`: units that are jobs, that have a health check of the engine's · `extra`:
    unit → anything else that its hash must cover · `secret_keys`: variable → key · `uses_host`:
    units that reach a program on this host.
    """

    project: str
    networks: Mapping[str, Sequence[Network]]
    published: Mapping[str, Sequence[Published]]
    needs: Mapping[str, tuple[str, ...]]
    jobs: frozenset[str]
    checked: frozenset[str]
    extra: Mapping[str, Any]
    secret_keys: Mapping[str, str]
    fingerprints: Mapping[str, str]
    uses_host: frozenset[str]


def finish(draft: Draft, around: Surroundings) -> ContainerUnit:
    """Complete one container."""
    spec = {**draft.spec, **_networking(draft, around)}
    needs = around.needs.get(draft.name, ())
    if needs:
        spec["depends_on"] = {name: {"condition": _condition(name, around)} for name in needs}
    if draft.placed.scale > 1 and draft.name == draft.placed.service.main:
        spec["scale"] = draft.placed.scale
    labels = _labels(draft, around.project)
    spec["labels"] = labels
    if draft.secret_files:
        spec["secrets"] = [
            {"source": file.name, "target": file.target} for file in draft.secret_files
        ]
    uses = tuple(_uses(draft, around.secret_keys))
    files: dict[str, Any] = dict(draft.files)
    if draft.name in around.extra:
        files["extra"] = around.extra[draft.name]
    mark = digest(spec, secrets=_marks(uses, draft, around.fingerprints), files=files)
    spec["labels"] = {**labels, LABEL_HASH: mark}
    return ContainerUnit(
        name=draft.name,
        service=draft.placed.name,
        spec=spec,
        hash=mark,
        image=str(spec.get("image", "")),
        job=draft.container.job,
        build="build" in spec,
        secrets=uses,
        secret_files=draft.secret_files,
        probe=draft.container.probe,
        socket=next(
            (why for what, why in draft.container.hardening.items() if "docker.sock" in what), ""
        ),
        start_seconds=max(
            _start_seconds(spec.get("healthcheck") or {}), _probe_seconds(draft.container)
        ),
        needs=needs,
    )


def has_check(draft: Draft) -> bool:
    """Tell whether the engine itself checks this container's health."""
    return is_check(draft.spec.get("healthcheck") or {})


def is_check(check: Mapping[str, Any]) -> bool:
    """Tell whether a health check is one, and not the words that turn it off."""
    return bool(check) and not check.get("disable") and check.get("test") != ["NONE"]


def seconds(duration: object) -> float:
    """Read a Compose duration (`1m30s`); 0 when there is none.

    Source: https://github.com/compose-spec/compose-spec/blob/main/11-extension.md
    """
    found = _DURATION.findall(str(duration or ""))
    return sum(float(number) * _SECONDS[unit] for number, unit in found)


def _uses(draft: Draft, keys: Mapping[str, str]) -> Iterator[SecretUse]:
    """Say each secret that a container is given: by variable, by file, or both."""
    for variable in sorted(draft.secrets):
        yield SecretUse(key=keys[variable.removesuffix(URL_FORM)], variable=variable)
    for file in draft.secret_files:
        for key in sorted({keys[name] for name in named_in(file) if name in keys}):
            yield SecretUse(key=key, file=file.target)


def _marks(
    uses: Sequence[SecretUse], draft: Draft, fingerprints: Mapping[str, str]
) -> dict[str, str]:
    marks = {use.key: fingerprints.get(use.key, "") for use in uses}
    return marks | {file.target: file.text for file in draft.secret_files}


def _networking(draft: Draft, around: Surroundings) -> dict[str, Any]:
    if "network_mode" in draft.spec:
        return {}
    joined = around.networks.get(draft.name, ())
    # Without this, Compose would put the container into a default network of its own.
    given: dict[str, Any] = {"networks": _joined(joined, draft.name)}
    if not joined:
        given = {"network_mode": "none"}
    elif "dns" not in draft.spec and not any(network.kind in _OUT for network in joined):
        given["dns"] = [_NO_NAMES]
    ports = [_port(port) for port in around.published.get(draft.name, ())]
    if ports:
        given["ports"] = ports
    if draft.name in around.uses_host:
        said = draft.spec.get("extra_hosts", [])
        pairs = said if isinstance(said, list) else [f"{name}:{to}" for name, to in said.items()]
        given["extra_hosts"] = [*pairs, f"{HOST_FROM_CONTAINER}:host-gateway"]
    return given


def _joined(networks: Sequence[Network], unit: str) -> list[str] | dict[str, Any]:
    """Name the networks; a mapping where the container must have an address of its own choosing."""
    names = sorted(network.name for network in networks)
    fixed = {network.name: network.addresses.get(unit) for network in networks}
    if not any(fixed.values()):
        return names
    return {name: {"ipv4_address": fixed[name]} if fixed[name] else {} for name in names}


def _port(port: Published) -> str:
    bind = f"[{port.bind}]" if ":" in port.bind else port.bind
    protocol = "" if port.protocol == "tcp" else f"/{port.protocol}"
    return f"{bind}:{port.host_port}:{port.inner}{protocol}"


def _condition(name: str, around: Surroundings) -> str:
    if name in around.jobs:
        return "service_completed_successfully"
    return "service_healthy" if name in around.checked else "service_started"


def _labels(draft: Draft, project: str) -> dict[str, str]:
    return {
        **labels_in(draft.spec),
        LABEL_PROJECT: project,
        LABEL_SERVICE: draft.placed.name,
        LABEL_UNIT: draft.name,
        LABEL_JOB: "true" if draft.container.job else "false",
    }


def _probe_seconds(container: Container) -> int:
    return (container.probe.start or 0) if container.probe is not None else 0


def _start_seconds(check: Mapping[str, Any]) -> int:
    """Give the time until Docker would call it unhealthy, with the last probe's own time."""
    if not is_check(check):
        return START_SECONDS
    tries = int(check.get("retries", 3))
    each = (seconds(check.get("interval")) or 30.0) + (seconds(check.get("timeout")) or 30.0)
    return max(START_SECONDS, round(seconds(check.get("start_period")) + tries * each))
