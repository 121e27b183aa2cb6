"""What must hold of every plan. Run by every planner test and before every apply.

A finding here is a fault of the planner or of the catalog, not of the person. Each check is one
function in `CHECKS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from hearth_control.plan.model import ContainerUnit, Note, Plan, ProcessUnit, Severity, StepKind
from hearth_control.plan.names import LABEL_HASH, LABEL_PROJECT, LABEL_UNIT

_REFERENCE = re.compile(r"(?<!\$)(?:\$\$)*\$\{([A-Za-z0-9_]+)\}")
_SOCKET = "docker.sock"
_MUST = ("mem_limit", "pids_limit", "logging", "restart")

Findings = Iterator[tuple[str, str]]


def lint(plan: Plan) -> tuple[Note, ...]:
    """Give every finding, in the order of the checks."""
    return tuple(
        Note(code=code, severity=Severity.ERROR, text=text, hint="hearth plan --json")
        for check in CHECKS
        for code, text in check(plan)
    )


def _steps_in_order(plan: Plan) -> Findings:
    seen: set[str] = set()
    for step in plan.steps:
        if step.id in seen:
            yield "step-twice", f"plan: step `{step.id}` is there twice"
        for need in step.needs:
            if need not in seen:
                yield "step-order", f"plan: step `{step.id}` comes before `{need}`, which it needs"
        seen.add(step.id)


def _steps_have_targets(plan: Plan) -> Findings:
    units = {unit.name for unit in plan.units}
    networks = {network.name for network in plan.networks}
    images = {unit.image for unit in plan.units if isinstance(unit, ContainerUnit)}
    targets = {
        StepKind.NETWORK: networks,
        StepKind.BUILD: images,
        StepKind.PULL: images,
        StepKind.CREATE: units,
        StepKind.RECREATE: units,
        StepKind.START: units,
        StepKind.RUN: units,
    }
    for step in plan.steps:
        known = targets.get(step.kind)
        if known is not None and step.target not in known:
            yield "step-target", f"plan: step `{step.id}` changes nothing that is planned"


def _units_complete(plan: Plan) -> Findings:
    names = [unit.name for unit in plan.units]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield "unit-twice", f"plan: two units are named `{name}`"
    done: set[str] = set()
    for unit in plan.units:
        for need in unit.needs:
            if need not in names:
                yield "unit-need", f"{unit.name}: needs the unit `{need}`, which is not planned"
            elif need not in done:
                yield "unit-order", f"{unit.name}: comes before `{need}`, which it needs"
        done.add(unit.name)


def _containers_hardened(plan: Plan) -> Findings:
    for unit in _containers(plan):
        labels = unit.spec.get("labels", {})
        if (labels.get(LABEL_HASH), labels.get(LABEL_UNIT), labels.get(LABEL_PROJECT)) != (
            unit.hash,
            unit.name,
            plan.project,
        ):
            yield "labels", f"{unit.name}: its labels do not tell what it is"
        for field in _MUST:
            if field not in unit.spec:
                yield "unlimited", f"{unit.name}: has no `{field}`"
        if unit.spec.get("privileged"):
            yield "privileged", f"{unit.name}: is privileged"
        mounts = unit.spec.get("volumes", ())
        if not unit.socket and any(_SOCKET in str(volume) for volume in mounts):
            yield "docker-socket", f"{unit.name}: is given Docker's socket"


def _networks_closed(plan: Plan) -> Findings:
    names = {network.name for network in plan.networks}
    for unit in _containers(plan):
        if not unit.spec.get("networks") and "network_mode" not in unit.spec:
            yield "no-network", f"{unit.name}: would land in a default network"
        for name in unit.spec.get("networks", ()):
            if name not in names:
                yield "network-unknown", f"{unit.name}: is in the network `{name}`, not planned"
    for network in plan.networks:
        if not network.external and network.subnet is None:
            yield "no-subnet", f"{network.name}: has no subnet"


def _wires_reach(plan: Plan) -> Findings:
    """A wire between containers needs a network that both are in."""
    containers = {unit.name: unit for unit in _containers(plan)}
    for wire in plan.wires:
        server = containers.get(wire.endpoint.host)
        if server is None:
            continue
        ours = [unit for unit in containers.values() if unit.service == wire.consumer]
        joined = set(server.spec.get("networks", ()))
        if not any(joined & set(unit.spec.get("networks", ())) for unit in ours):
            text = f"{wire.consumer}: is in no network with `{server.name}`, its {wire.role}"
            yield "wire-cut", text


def _secrets_known(plan: Plan) -> Findings:
    keys: dict[str, str] = {}
    texts: dict[str, str] = {}
    for unit in plan.units:
        given = {use.variable for use in unit.secrets}
        held = {use.file for use in unit.secrets}
        for name in sorted(_references(unit) - given):
            yield "secret-unknown", f"{unit.name}: uses `{name}`, which is no secret of its own"
        for file in unit.secret_files if isinstance(unit, ContainerUnit) else ():
            if file.target not in held:
                yield "secret-file", f"{unit.name}: `{file.target}` holds no secret"
            if file.text != texts.setdefault(file.name, file.text):
                yield "secret-file-twice", f"{unit.name}: two files are named `{file.name}`"
        for use in unit.secrets:
            if use.variable and keys.setdefault(use.variable, use.key) != use.key:
                yield "variable-twice", f"{unit.name}: `{use.variable}` stands for two secrets"
            if use.key not in plan.secrets:
                yield "secret-unplanned", f"{unit.name}: the secret `{use.key}` is not planned"


def _volumes_declared(plan: Plan) -> Findings:
    for unit in _containers(plan):
        for volume in unit.spec.get("volumes", ()):
            source = volume.get("source", "") if isinstance(volume, dict) else _source(volume)
            named = source and not source.startswith((".", "/", "~"))
            if named and source not in plan.volumes:
                yield "volume-unknown", f"{unit.name}: mounts the volume `{source}`, not declared"


CHECKS: Final[tuple[Callable[[Plan], Findings], ...]] = (
    _steps_in_order,
    _steps_have_targets,
    _units_complete,
    _containers_hardened,
    _networks_closed,
    _wires_reach,
    _secrets_known,
    _volumes_declared,
)


def _containers(plan: Plan) -> Iterator[ContainerUnit]:
    return (unit for unit in plan.units if isinstance(unit, ContainerUnit))


def _source(volume: str) -> str:
    return volume.partition(":")[0] if ":" in volume else ""


def _references(unit: ContainerUnit | ProcessUnit) -> set[str]:
    tree = unit.environment if isinstance(unit, ProcessUnit) else unit.spec
    return set(_REFERENCE.findall(_flat(tree)))


def _flat(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "\n".join(_flat(item) for item in value.values())
    if isinstance(value, list | tuple):
        return "\n".join(_flat(item) for item in value)
    return ""
