"""What `services` shows: pure."""

from __future__ import annotations

from typing import Any

from hearth_control.catalog.model import Catalog, Service
from hearth_control.cli.output import Output
from hearth_control.cli.table import GAP, Cell, align, width_of
from hearth_control.cli.theme import bold, dim, good, typed
from hearth_control.plan.select import select
from hearth_control.settings.model import Settings


def catalog_document(catalog: Catalog, settings: Settings) -> dict[str, Any]:
    """Give every service and preset."""
    causes = select(catalog, settings).causes
    return {
        "services": [
            {
                "name": service.name,
                "title": service.title,
                "stack": service.stack,
                "summary": service.summary,
                "on": service.name in causes,
                "cause": causes.get(service.name),
                "in_this_version": not service.absent,
                "roles": sorted(service.offers),
                "needs": sorted(service.needs),
                "wants": sorted(service.wants),
                "licence": service.licence,
                "home": service.home,
            }
            for service in catalog.services.values()
        ],
        "presets": [
            {
                "name": preset.name,
                "title": preset.title,
                "summary": preset.summary,
                "services": list(preset.services),
            }
            for preset in catalog.presets.values()
        ],
    }


def catalog_lines(catalog: Catalog, settings: Settings, output: Output) -> list[str]:
    """Say each stack and its services; those that are on with their cause."""
    causes = select(catalog, settings).causes
    rows: list[list[Cell]] = []
    heads: list[tuple[int, str]] = []
    stack = ""
    for service in catalog.services.values():
        if service.stack != stack:
            stack = service.stack
            heads.append((len(rows), stack))
        rows.append(_row(service, causes.get(service.name), output))
    lines = _with_heads(align(_fitting(rows, output.width), width=output.width), heads)
    count = len(causes)
    tail = f"{count} of {len(catalog.services)} are on. {typed('hearth enable NAME')} turns one on."
    return [*lines, "", tail]


def _fitting(rows: list[list[Cell]], width: int) -> list[list[Cell]]:
    """Leave the causes out where they do not fit whole; `hearth why` gives each."""
    widths = [max((width_of(row[column].text) for row in rows), default=0) for column in range(3)]
    fits = sum(widths) + 2 * len(GAP) <= width
    return rows if fits else [row[:2] for row in rows]


def _row(service: Service, cause: str | None, output: Output) -> list[Cell]:
    is_on = cause is not None
    mark = output.symbols.good if is_on else output.symbols.off
    return [
        Cell(f"  {mark} {service.name}", good if is_on else None),
        Cell(_said(service), None if is_on else dim),
        Cell(cause or "", dim),
    ]


def _said(service: Service) -> str:
    """Say what a service is for; what cannot be had yet says so where no width cuts it off."""
    return f"(not in this version) {service.summary}" if service.absent else service.summary


def _with_heads(lines: list[str], heads: list[tuple[int, str]]) -> list[str]:
    out: list[str] = []
    starts = dict(heads)
    for at, line in enumerate(lines):
        if at in starts:
            out += [*([""] if out else []), bold(starts[at])]
        out.append(line)
    return out
