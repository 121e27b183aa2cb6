"""The processes that the embedded engine starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from hearth_control.catalog.model import Process
from hearth_control.plan.digest import digest
from hearth_control.plan.interpolate import Resolver
from hearth_control.plan.model import Note, ProcessUnit, SecretUse, Severity
from hearth_control.plan.names import URL_FORM
from hearth_control.plan.place import Placed
from hearth_control.plan.variables import Namespace


def process_names(placed: Placed) -> tuple[str, ...]:
    """Name the processes of an embedded service."""
    embedded = placed.service.embedded
    if embedded is None:
        return ()
    return (placed.service.main,) if embedded.builtin else tuple(embedded.processes)


def main_process(placed: Placed) -> str:
    """Name the process that stands for an embedded service."""
    names = process_names(placed)
    return placed.service.main if placed.service.main in names or not names else names[0]


def process_units(
    placed: Placed,
    *,
    namespace: Namespace,
    port: int | None,
    needs: tuple[str, ...],
    own_secrets: Mapping[str, str],
    secret_keys: Mapping[str, str],
    fingerprints: Mapping[str, str],
) -> Iterator[tuple[ProcessUnit, tuple[Note, ...]]]:
    """Resolve an embedded service; `own_secrets` (variable → key) go to a builtin."""
    embedded = placed.service.embedded
    if embedded is None:
        return
    if embedded.builtin is not None:
        spec = {"builtin": embedded.builtin, "ports": port}
        unit = ProcessUnit(
            name=placed.service.main,
            service=placed.name,
            hash=_hash(spec, own_secrets, fingerprints),
            builtin=embedded.builtin,
            port=port,
            secrets=_uses(own_secrets),
            needs=needs,
        )
        yield unit, ()
    main = main_process(placed)
    for name, process in embedded.processes.items():
        resolver = Resolver(replace(namespace.scope, files={}))
        environment = resolver.resolve(process.environment)
        secrets = {
            variable: secret_keys[variable.removesuffix(URL_FORM)]
            for variable in sorted(resolver.secrets)
        }
        spec = _spec(process, environment, port if name == main else None)
        unit = ProcessUnit(
            name=name,
            service=placed.name,
            hash=_hash(spec, secrets, fingerprints),
            process=process,
            environment=environment,
            port=port if name == main else None,
            secrets=_uses(secrets),
            start_seconds=process.start_seconds,
            needs=needs,
        )
        yield unit, tuple(_faults(resolver, placed, name))


def _spec(process: Process, environment: Mapping[str, str], port: int | None) -> dict[str, Any]:
    return {**asdict(process), "environment": environment, "ports": port}


def _hash(
    spec: Mapping[str, Any], secrets: Mapping[str, str], fingerprints: Mapping[str, str]
) -> str:
    marks = {key: fingerprints.get(key, "") for key in secrets.values()}
    return digest(spec, secrets=marks, files={})


def _uses(secrets: Mapping[str, str]) -> tuple[SecretUse, ...]:
    return tuple(SecretUse(key=key, variable=variable) for variable, key in secrets.items())


def _faults(resolver: Resolver, placed: Placed, name: str) -> Iterator[Note]:
    for fault in resolver.faults:
        yield Note(
            code="bad-variable",
            severity=Severity.ERROR,
            text=f"{placed.service.path}: x-hearth.embedded.processes.{name}: {fault}",
            service=placed.name,
            hint=f"hearth show {placed.name}",
        )
