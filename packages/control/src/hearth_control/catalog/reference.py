"""The reference page of services: every service of a catalog in words. Pure text.

`python -m hearth_control.catalog.reference` prints it for this checkout's catalog.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping

from hearth_control.catalog.model import Catalog, Container, SecretRule, Service
from hearth_control.catalog.units import show_size

HEAD = """\
<!-- Generated from the catalog by `make generate`; do not edit. -->

# Services

Turn one on with `hearth enable NAME` and off with `hearth disable NAME`. A port is an offset from
`BASE_PORT`. [Settings](settings.md) has each service's variables.
"""
_ACCESS = {
    "login": "behind Hearth's sign-in",
    "own": "with a sign-in of its own",
    "open": "open to everybody",
}


def services_page(catalog: Catalog) -> str:
    """Write the whole page."""
    parts = [HEAD, _presets(catalog)]
    stack = ""
    for service in catalog.services.values():
        if service.stack != stack:
            stack = service.stack
            parts.append(f"## {stack}\n")
        parts.append(_service(service))
    return "\n".join(parts)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write a Markdown table; bars within a cell are escaped."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |\n"
        for line in lines
    )


def code(names: Iterable[str]) -> str:
    """Write names as code, with commas between."""
    return ", ".join(f"`{name}`" for name in names)


def _presets(catalog: Catalog) -> str:
    rows = (
        (f"`{preset.name}`", preset.summary, code(preset.services))
        for preset in catalog.presets.values()
    )
    return "## Presets\n\n" + table(("preset", "is for", "services"), rows)


def _service(service: Service) -> str:
    lines = [f"### {service.title}\n", f"{service.summary}. [Documentation]({service.home})\n"]
    if service.absent:
        lines.append(f"**Not in this version**, which has no {code(service.absent)}.\n")
    lines.append(table(("", ""), ((name, text) for name, text in _facts(service) if text)))
    lines.append(table(("container", "image", "memory", "limit"), _containers(service)))
    if service.secrets:
        head = ("secret", "is made as", "may change")
        lines.append(table(head, _secrets(service.name, service.secrets)))
    return "\n".join(lines)


def _facts(service: Service) -> Iterator[tuple[str, str]]:
    yield "name", f"`{service.name}`"
    yield "licence", service.licence
    yield "offers", code(service.offers)
    yield "needs", ", ".join(_need(role, need.when) for role, need in service.needs.items())
    yield "wants", code(service.wants)
    yield "sources", code(_sources(service))
    yield "port", ", ".join(_ports(service))
    if service.route is not None:
        yield "route", f"`{service.route.name}.DOMAIN`, {_ACCESS[service.route.access]}"
    yield "internet", "reaches it" if service.egress else "cannot reach it"
    yield "disk", show_size(service.disk) if service.disk else ""
    yield "backup", ", ".join(f"`{name}` {recipe}" for name, recipe in service.backup.items())


def _sources(service: Service) -> Iterator[str]:
    yield "container"
    if service.sources.localhost_port is not None:
        yield "localhost"
    if service.sources.external:
        yield "external"
    if service.embedded is not None:
        yield "embedded"


def _ports(service: Service) -> Iterator[str]:
    for port in service.ports:
        name = f" {port.name}" if port.name else ""
        protocol = "" if port.protocol == "tcp" else f" {port.protocol}"
        yield f"+{port.offset}{name}{protocol}"


def _need(role: str, when: str | None) -> str:
    if when is None:
        return f"`{role}`"
    return f"`{role}` (with `{when}`)" if "=" in when else f"`{role}` (while `{when}` is set)"


def _containers(service: Service) -> Iterator[tuple[str, ...]]:
    for container in service.containers:
        memory = container.memory
        yield (
            f"`{container.name}`{_kind(container)}",
            f"`{container.image}`" if container.image else "built here",
            show_size(memory.typical) if memory else "",
            show_size(memory.limit) if memory else "",
        )


def _kind(container: Container) -> str:
    said = [", a job"] if container.job else []
    if container.when is not None:
        said.append(f", while `{container.when}` is set")
    return "".join(said)


def _secrets(service: str, secrets: Mapping[str, SecretRule]) -> Iterator[tuple[str, ...]]:
    """Name each secret's file; what it is made of, never a value."""
    changes = {"free": "any time", "initial": "in the store too", "never": "never"}
    for name, rule in secrets.items():
        made = "given by you" if rule.kind.value == "given" else rule.kind.value
        optional = ", optional" if rule.optional else ""
        yield f"`secrets/{service}_{name}`", made + optional, changes[rule.change]


if __name__ == "__main__":
    from hearth_control.catalog.load import find_catalog_root, load_catalog

    page = services_page(load_catalog(find_catalog_root(), extra=None, cache=None))
    sys.stdout.write(page)
