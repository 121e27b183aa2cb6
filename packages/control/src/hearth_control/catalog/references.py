"""Which variables a service's file uses, and which are defined for it. Pure.

The names follow `plan/variables.py`, which fills them in.

Source: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hearth_control.catalog.model import Catalog, Need, SecretKind, Service

DEFINED_FOR_ALL: Final = frozenset(
    {"DOMAIN", "TZ", "BIND", "BASE_PORT", "MODE", "PROJECT", "CA_FILE", "GATEWAY_BELIEVES"}
)
_SPOKEN: Final = ("NATIVE_URL", "OPENAI_URL", "MODEL")
_PARTS: Final = ("URL", "HOST", "PORT", "USER", "PASSWORD", "DATABASE", "BUCKET", "TLS", *_SPOKEN)
_REFERENCE: Final = re.compile(r"\$(?:(\$)|\{([A-Za-z_]\w*)|([A-Za-z_]\w*))")
_NOT_WORD: Final = re.compile(r"\W")


def variables_of(service: Service, catalog: Catalog) -> frozenset[str]:
    """Name every variable that planning defines for a service."""
    names = {_name(service.name, "PORT"), _name(service.name, "PUBLIC_URL"), *service.variables}
    names.update(_name(service.name, port.name, "PORT") for port in service.ports if port.name)
    for role, need in {**service.wants, **service.needs}.items():
        names.update(_name(role, part) for part in _PARTS)
        names.update(_passwords(service, role, need, catalog))
    for secret, rule in service.secrets.items():
        names.add(_name(service.name, secret))
        if rule.kind is SecretKind.PAIR:
            names.update(_name(service.name, secret, part) for part in ("USER", "PASSWORD"))
    # Each secret is there as a file, too.
    own = {_name(service.name, secret) for secret in service.secrets}
    held = {name for name in names if name.endswith("_PASSWORD") and name not in service.variables}
    names.update(f"{name}_FILE" for name in own | held)
    names.update(_name(service.name, name, "FILE") for name in service.secret_files)
    return frozenset(names)


def used_variables(service: Service) -> Iterator[tuple[str, str]]:
    """Find each variable that a file uses, with the place where it does, each pair once."""
    seen: set[tuple[str, str]] = set()
    for where, text in _texts(service):
        for match in _REFERENCE.finditer(text):
            name = match[2] or match[3]
            if name and (where, name) not in seen:
                seen.add((where, name))
                yield where, name


def _name(*parts: str) -> str:
    return _NOT_WORD.sub("_", "_".join(parts).upper())


def _passwords(service: Service, role: str, need: Need, catalog: Catalog) -> Iterator[str]:
    """Name the database passwords, which keep the name of the service that owns the database."""
    owner = catalog.services.get(need.share) if need.share else service
    if owner is None:
        return
    own = {**owner.wants, **owner.needs}.get(role, need)
    if own.database is None:
        return
    yield _name(owner.name, "DB_PASSWORD")
    for login in own.roles or (own.database,):
        yield _name(owner.name, "DB", login, "PASSWORD")


def _texts(service: Service) -> Iterator[tuple[str, str]]:
    for container in service.containers:
        yield from _walk(container.spec, f"services.{container.name}")
        for hardware, variant in container.variants.items():
            where = f"x-hearth.containers.{container.name}.variants.{hardware.value}"
            yield from _walk(variant.spec, where)
    yield from _walk(service.secret_files, "x-hearth.secret_files")
    if service.embedded is not None:
        for name, process in service.embedded.processes.items():
            where = f"x-hearth.embedded.processes.{name}.environment"
            yield from _walk(process.environment, where)


def _walk(value: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(inner, f"{where}.{key}")
    elif isinstance(value, Sequence):
        for at, inner in enumerate(value):
            yield from _walk(inner, f"{where}[{at}]")
