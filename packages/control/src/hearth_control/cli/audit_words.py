"""What `audit` says: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from hearth_control.cli.note_words import note_lines
from hearth_control.cli.output import Output
from hearth_control.cli.table import Cell, align, wrap
from hearth_control.cli.theme import bold, dim, good, warm
from hearth_control.plan.audit import Audit, Door, Exposure, Power, Reach
from hearth_control.plan.model import Note, Severity


def audit_document(audit: Audit, notes: Sequence[Note]) -> dict[str, Any]:
    """Give the audit whole."""
    return {
        "exposures": [asdict(each) for each in audit.exposures],
        "egress": list(audit.egress),
        "powers": [asdict(each) for each in audit.powers],
        "writable": list(audit.writable),
        "findings": [asdict(note) for note in notes],
    }


def audit_lines(audit: Audit, notes: Sequence[Note], output: Output) -> list[str]:
    """Say who reaches what, who reaches out, who may do what, and what to change."""
    lines: list[str] = []
    for reach in reversed(Reach):
        ways = [each for each in audit.exposures if each.reach is reach]
        lines += _section(f"reached from {reach.value}", _ways(ways, output))
    lines += _section("reach the internet", _names(audit.egress, output))
    lines += _section("more than the usual", _powers(audit.powers, output))
    lines += _section("can write to their own root", _names(audit.writable, output))
    lines += _section("findings", note_lines(notes, output))
    return [*lines[1:], "", _sum(notes, output)]


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", dim(title), *lines] if lines else []


def _names(names: Sequence[str], output: Output) -> list[str]:
    return wrap(", ".join(names) or "nobody", width=output.width, indent="  ")


def _ways(ways: Sequence[Exposure], output: Output) -> list[str]:
    rows = [
        [
            Cell(f"  {each.service}", bold),
            Cell(each.address),
            Cell(each.door.value, warm if each.door is Door.ANYBODY else None),
            Cell(each.why, dim),
        ]
        for each in ways
    ]
    return align(rows, width=output.width)


def _powers(powers: Sequence[Power], output: Output) -> list[str]:
    rows = []
    for unit, held in groupby(powers, key=lambda power: power.unit):
        for at, power in enumerate(held):
            name = f"  {unit}" if at == 0 else ""
            rows.append([Cell(name, bold), Cell(power.power), Cell(power.why, dim)])
    return align(rows, width=output.width)


def _sum(notes: Sequence[Note], output: Output) -> str:
    grave = sum(note.severity is not Severity.INFO for note in notes)
    if not grave:
        return f"{good(output.symbols.good)} Nothing is open that need not be"
    return f"{grave} {'finding' if grave == 1 else 'findings'}"
