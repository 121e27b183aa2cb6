"""What `show` says about one service: pure."""

from __future__ import annotations

from collections.abc import Sequence

from hearth_control.cli.output import Output
from hearth_control.cli.table import Cell, align, wrap
from hearth_control.cli.theme import bold, dim, good, typed
from hearth_control.deploy.derive import Derived


def show_lines(derived: Derived, output: Output) -> list[str]:
    """Say everything about one service, in paragraphs that are left out when empty."""
    mark = good(output.symbols.good) if derived.on else dim(output.symbols.off)
    off = "off" if derived.in_this_version else "not in this version"
    state = f"on: {derived.cause}" if derived.on else f"{off}; shown as it would be"
    lines = [f"{mark} {bold(derived.name)}  {dim(state)}"]
    lines += wrap(derived.summary, width=output.width, indent="  ")
    lines += align([_fact(*fact) for fact in _facts(derived)], width=output.width)
    units = [
        [Cell(f"  {u.name}", bold), Cell("job" if u.job else "", dim), Cell(u.what)]
        for u in derived.units
    ]
    lines += _paragraph("runs", align(units, width=output.width))
    uses = [
        [
            Cell(f"  {w.role}", bold),
            Cell(f"{w.provider} {w.url}"),
            Cell("" if w.required else "optional", dim),
        ]
        for w in derived.uses
    ]
    lines += _paragraph("uses", align(uses, width=output.width))
    for title, values in _lists(derived):
        wrapped = [wrap(value, width=output.width, indent="  ") for value in values]
        lines += _paragraph(title, [line for each in wrapped for line in each])
    return lines


def _facts(derived: Derived) -> list[tuple[str, str]]:
    facts = [
        ("url", derived.url or ""),
        ("source", f"{derived.source or '-'}  (can be: {', '.join(derived.sources)})"),
        ("offers", ", ".join(derived.roles)),
        ("stack", derived.stack),
        ("file", derived.file),
        ("licence", derived.licence),
        ("home", derived.home),
    ]
    return [(name, value) for name, value in facts if value]


def _fact(name: str, value: str) -> list[Cell]:
    return [Cell(f"  {name}", dim), Cell(value, typed if name == "url" else None)]


def _lists(derived: Derived) -> Sequence[tuple[str, Sequence[str]]]:
    return (
        ("used by", derived.used_by),
        ("ports", derived.ports),
        ("networks", derived.networks),
        ("databases", derived.databases),
        ("buckets", derived.buckets),
        ("secrets (names only)", derived.secrets),
        ("volumes", derived.volumes),
        ("backup", derived.backup),
        ("hardening exceptions", derived.exceptions),
        ("settings of its own", derived.settings),
    )


def _paragraph(title: str, lines: list[str]) -> list[str]:
    return ["", dim(title), *lines] if lines else []
