"""What holds over the whole catalog. Pure: each rule gives findings, in the order of the files.

`check_structure` is what planning relies on and runs at every load; `check` is everything that
`make check` asks of a file that is to be part of the catalog.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import Final

from hearth_control.catalog.doors import check_doors
from hearth_control.catalog.findings import Finding
from hearth_control.catalog.gates import check_gates
from hearth_control.catalog.hardening import check_exceptions
from hearth_control.catalog.model import STACKS, Catalog, Container, Service
from hearth_control.catalog.naming import check_mentions, check_names
from hearth_control.catalog.privilege import check_privilege, check_proxied
from hearth_control.catalog.references import DEFINED_FOR_ALL, used_variables, variables_of

_FLOATING: Final = frozenset({"latest", "main", "master", "stable", "edge", "nightly", "release"})
_SECRET_WORDS: Final = ("PASSWORD", "SECRET", "TOKEN", "API_KEY", "ENCRYPTION_KEY")
_NOT_SECRET: Final = ("_FILE", "_PATH", "_URL", "_ENABLED", "_EXPIRY", "_TTL")
_FALLBACK: Final = re.compile(r"\$\{\w+:?-[^}]+\}")


def check_structure(catalog: Catalog) -> tuple[Finding, ...]:
    """Check what planning relies on: ports and routes that are unique, containers likewise."""
    return tuple(
        finding
        for rule in (check_names, _ports, _routes, check_doors, _containers, _presets)
        for finding in rule(catalog)
    )


def check(catalog: Catalog) -> tuple[Finding, ...]:
    """Check every rule of the catalog."""
    found = list(check_structure(catalog))
    found.extend(_cycles(catalog))
    found.extend(_promises(catalog))
    for service in catalog.services.values():
        found.extend(_roles(service, catalog))
        found.extend(check_mentions(service))
        found.extend(_conditions(service))
        found.extend(_welcome(service))
        found.extend(_variables(service, catalog))
        found.extend(_volumes(service, catalog))
        for container in service.containers:
            for rule in _OF_A_CONTAINER:
                found.extend(rule(service, container))
    return tuple(found)


def _at(service: Service, where: str, what: str) -> Finding:
    return Finding(path=service.path, where=where, what=what)


def _ports(catalog: Catalog) -> Iterator[Finding]:
    """Find offsets given twice in the catalog.

    A person's own service is let be: the catalog grows, and must not make their file wrong. Two
    that are on and want one port are told by the plan.
    """
    taken: dict[tuple[int, str], str] = {}
    for service in catalog.services.values():
        if PurePath(service.path).is_absolute():
            continue
        for port in service.ports:
            other = taken.setdefault((port.offset, port.protocol), service.name)
            if other != service.name:
                what = f"offset {port.offset} belongs to `{other}`; take one that is free"
                yield _at(service, "x-hearth.port", what)


def _routes(catalog: Catalog) -> Iterator[Finding]:
    taken: dict[str, str] = {}
    for service in catalog.services.values():
        if service.route is None:
            continue
        other = taken.setdefault(service.route.name, service.name)
        if other != service.name:
            what = f"`{service.route.name}` is the route of `{other}`; take another name"
            yield _at(service, "x-hearth.route", what)


def _containers(catalog: Catalog) -> Iterator[Finding]:
    taken: dict[str, str] = {}
    for service in catalog.services.values():
        for container in service.containers:
            other = taken.setdefault(container.name, service.name)
            if other != service.name:
                what = f"`{other}` has a container of this name; begin it with `{service.name}-`"
                yield _at(service, f"services.{container.name}", what)


def _presets(catalog: Catalog) -> Iterator[Finding]:
    for preset in catalog.presets.values():
        for name in preset.services:
            if name not in catalog.services:
                where = f"presets.{preset.name}.services"
                what = f"there is no service `{name}`; take it out or add it"
                yield Finding(path="catalog/presets.yaml", where=where, what=what)


def _promises(catalog: Catalog) -> Iterator[Finding]:
    """Find what a preset offers, or a service needs, and this version does not contain."""
    for preset in catalog.presets.values():
        for name in preset.services:
            if name in catalog.services and catalog.services[name].absent:
                where = f"presets.{preset.name}.services"
                what = f"`{name}` is not in this version; take it out until its Dockerfile is there"
                yield Finding(path="catalog/presets.yaml", where=where, what=what)
    for service in catalog.services.values():
        for role in () if service.absent else service.needs:
            providers = [catalog.services[name] for name in catalog.providers(role)]
            if providers and all(one.absent for one in providers):
                what = "is offered only by what is not in this version; make it a want"
                yield _at(service, f"x-hearth.needs.{role}", what)


def _cycles(catalog: Catalog) -> Iterator[Finding]:
    """Find services that need each other, each cycle once, from its first service on."""
    seen: set[frozenset[str]] = set()
    for name in catalog.services:
        cycle = _cycle_from(name, catalog)
        if cycle and frozenset(cycle) not in seen:
            seen.add(frozenset(cycle))
            what = f"needs itself: {' → '.join(cycle)}; make one of them a want"
            yield _at(catalog.services[name], "x-hearth.needs", what)


def _cycle_from(start: str, catalog: Catalog) -> tuple[str, ...]:
    paths: list[tuple[str, ...]] = [(start,)]
    visited: set[str] = set()
    while paths:
        path = paths.pop()
        for role in catalog.services[path[-1]].needs:
            providers = catalog.providers(role)
            if len(providers) != 1:
                continue
            if providers[0] == start:
                return (*path, start)
            if providers[0] not in visited:
                visited.add(providers[0])
                paths.append((*path, providers[0]))
    return ()


def _roles(service: Service, catalog: Catalog) -> Iterator[Finding]:
    for role in service.needs:
        if not catalog.providers(role):
            what = f"no service offers `{role}`; make it a want, or add one that does"
            yield _at(service, f"x-hearth.needs.{role}", what)


def _variables(service: Service, catalog: Catalog) -> Iterator[Finding]:
    defined = variables_of(service, catalog) | DEFINED_FOR_ALL
    for where, name in used_variables(service):
        if name not in defined:
            what = f"`${{{name}}}` is defined nowhere; declare it under x-hearth.variables"
            yield _at(service, where, what)


def _welcome(service: Service) -> Iterator[Finding]:
    for name, rule in service.secrets.items():
        where = f"x-hearth.secrets.{name}.role"
        if rule.role is None:
            continue
        if not rule.optional or not rule.about:
            yield _at(service, where, "is of an optional secret that says under `about` what for")
        if rule.role not in {**service.wants, **service.needs}:
            yield _at(service, where, f"`{rule.role}` is not asked for; add it under wants")


def _conditions(service: Service) -> Iterator[Finding]:
    for kind, asked in (("needs", service.needs), ("wants", service.wants)):
        for role, need in asked.items():
            where = f"x-hearth.{kind}.{role}.when"
            if need.when is not None and kind == "wants":
                yield _at(service, where, "says when a role is needed; move it under needs")
            elif need.when is not None:
                name, _, value = need.when.partition("=")
                variable = service.variables.get(name)
                if variable is None:
                    yield _at(
                        service, where, f"`{name}` is no variable of this service; declare it"
                    )
                elif value and value not in variable.choices:
                    what = f"`{value}` is no choice of `{name}`; name one that is"
                    yield _at(service, where, what)


def _volumes(service: Service, catalog: Catalog) -> Iterator[Finding]:
    backed_up = {volume for one in catalog.services.values() for volume in one.backup}
    for volume in service.volumes:
        if volume not in backed_up:
            what = "has no backup recipe; name one, or say `worthless`"
            yield _at(service, f"x-hearth.backup.{volume}", what)
    for volume in service.backup:
        if volume not in service.volumes:
            yield _at(service, f"x-hearth.backup.{volume}", "there is no such volume")


def _pinned(service: Service, container: Container) -> Iterator[Finding]:
    images = {f"services.{container.name}.image": container.image}
    for hardware, variant in container.variants.items():
        where = f"x-hearth.containers.{container.name}.variants.{hardware.value}.image"
        images[where] = variant.image or container.image
    for where, image in images.items():
        if image is not None and is_floating(image):
            yield _at(service, where, f"`{image}` is not pinned; name a version")


def is_floating(image: str) -> bool:
    """Tell whether an image's tag may be another program tomorrow."""
    if "@sha256:" in image:
        return False
    tag = image.rpartition("/")[2].partition(":")[2]
    return not any(digit.isdigit() for digit in tag) or tag.split("-")[0] in _FLOATING


def _healthy(service: Service, container: Container) -> Iterator[Finding]:
    if container.job:
        return
    where = f"services.{container.name}.healthcheck"
    check = container.spec.get("healthcheck")
    if not check and container.probe is None:
        what = "is missing; write one, or an x-hearth probe where the image has no client"
        yield _at(service, where, what)
    elif check and container.probe is None and "start_period" not in check:
        yield _at(service, where, "has no start_period; say how long a first start may take")
    elif container.probe is not None and container.probe.start is None:
        where = f"x-hearth.containers.{container.name}.probe"
        yield _at(service, where, "has no start; say how long a first start may take")


def _limited(service: Service, container: Container) -> Iterator[Finding]:
    if container.memory is None:
        where = f"x-hearth.containers.{container.name}.memory"
        yield _at(service, where, "is missing; say what is typical and what is the limit")


def _apart(service: Service, container: Container) -> Iterator[Finding]:
    own = {one.name for one in service.containers}
    for name in container.spec.get("depends_on", ()):
        if name not in own:
            where = f"services.{container.name}.depends_on.{name}"
            yield _at(
                service, where, "is of another service; ask for its role under x-hearth.needs"
            )


def _awaited(service: Service, container: Container) -> Iterator[Finding]:
    """Hold a container that may be absent to what its absence must not break."""
    if container.when is None:
        return
    where = f"x-hearth.containers.{container.name}.when"
    if container.when not in service.variables:
        yield _at(service, where, f"`{container.when}` is no variable of this service; declare it")
    if container.name == service.main:
        yield _at(service, where, "stands for the service, so it is always there; remove it")
    for other in service.containers:
        if container.name in (other.spec.get("depends_on") or ()):
            what = f"is of a container that `{other.name}` depends on; remove it"
            yield _at(service, where, what)


def _secret(service: Service, container: Container) -> Iterator[Finding]:
    for key, text in _variables_set(container.spec.get("environment")):
        if is_written_out(key, text):
            where = f"services.{container.name}.environment.{key}"
            yield _at(service, where, "is written out; declare it under x-hearth.secrets")


def is_written_out(key: str, text: str) -> bool:
    """Tell whether a variable that should hold a secret holds its value in plain text."""
    if not any(word in key for word in _SECRET_WORDS) or key.endswith(_NOT_SECRET):
        return False
    is_setting = "$" in text or text in {"", "true", "false"}
    is_number = text.isdigit() and not key.endswith(_SECRET_WORDS)
    return bool(_FALLBACK.search(text)) or not (is_setting or is_number)


def _variables_set(environment: object) -> Iterator[tuple[str, str]]:
    """Read both forms that Compose has: a mapping, and a list of `KEY=value`."""
    if isinstance(environment, Mapping):
        for key, value in environment.items():
            yield str(key), "" if value is None else str(value)
    elif isinstance(environment, list | tuple):
        for line in environment:
            key, _, value = str(line).partition("=")
            yield key, value


def _known_stack(service: Service, container: Container) -> Iterator[Finding]:
    if container is service.containers[0] and service.stack not in (*STACKS, "services"):
        yield _at(service, "", f"`{service.stack}` is no stack; one of {', '.join(STACKS)}")


_OF_A_CONTAINER: Final[tuple[Callable[[Service, Container], Iterator[Finding]], ...]] = (
    _known_stack,
    _pinned,
    _healthy,
    _limited,
    _apart,
    _awaited,
    check_privilege,
    check_exceptions,
    check_proxied,
    _secret,
    check_gates,
)
