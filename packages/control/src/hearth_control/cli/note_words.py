"""What is worth knowing of a plan, as lines: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hearth_control.cli.output import Output
from hearth_control.cli.table import wrap
from hearth_control.cli.theme import bad, dim, typed, warm
from hearth_control.plan.model import Note, Severity


def note_lines(notes: Iterable[Note], output: Output) -> list[str]:
    """Say notes, the gravest first; each with the command that changes it."""
    order = (Severity.ERROR, Severity.WARNING, Severity.INFO)
    lines: list[str] = []
    for note in sorted(_together(notes), key=lambda note: order.index(note.severity)):
        where = (
            f"{note.service}: " if note.service and not note.text.startswith(note.service) else ""
        )
        mark, *rest = wrap(where + note.text, width=output.width - 6, indent="    ")
        lines.append(f"  {_mark(note.severity, output)} {mark.strip()}")
        lines += rest
        if note.hint:
            lines.append(f"    {dim(output.symbols.arrow)} {typed(note.hint)}")
    return lines


def _together(notes: Iterable[Note]) -> list[Note]:
    """Say once what holds for several services: those that this engine leaves out."""
    out: list[Note] = []
    left: list[Note] = []
    for note in notes:
        is_left = note.code == "left-out" and note.severity is Severity.INFO and note.service
        (left if is_left else out).append(note)
    if len(left) < 2:
        return [*out, *left]
    names = ", ".join(str(note.service) for note in left)
    text = f"left out, as they run as containers and no Docker is used: {names}"
    return [*out, replace(left[0], text=text, service=None)]


def _mark(severity: Severity, output: Output) -> str:
    match severity:
        case Severity.ERROR:
            return bad(output.symbols.bad)
        case Severity.WARNING:
            return warm(output.symbols.warn)
        case Severity.INFO:
            return dim(output.symbols.dash)
