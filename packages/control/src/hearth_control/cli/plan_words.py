"""What `plan` shows: pure. `plan.show` is the plain text of it; this is the same with colour."""

from __future__ import annotations

from hearth_control.cli.note_words import note_lines
from hearth_control.cli.output import Output
from hearth_control.cli.table import Cell, align
from hearth_control.cli.theme import bad, bold, dim, good, warm
from hearth_control.plan.model import Plan, Severity, Step, StepKind

_PAINT = {
    StepKind.CREATE: good,
    StepKind.START: good,
    StepKind.RUN: good,
    StepKind.RECREATE: warm,
    StepKind.STOP: warm,
    StepKind.REMOVE: bad,
}


def plan_lines(plan: Plan, output: Output) -> list[str]:
    """Say every step with its cause, then what is worth knowing, then the sum."""
    lines = align([_row(step) for step in plan.steps], width=output.width)
    lines += [
        f"  {bad('destroys')} {step.target}: {step.destroys}"
        for step in plan.steps
        if step.destroys
    ]
    notes = [note for note in plan.notes if note.severity is not Severity.ERROR]
    if notes:
        lines += ["", *note_lines(notes, output)]
    return [*lines, *([""] if lines else []), _sum(plan, output)]


def _row(step: Step) -> list[Cell]:
    return [
        Cell(step.kind.value, _PAINT.get(step.kind, dim)),
        Cell(step.target, bold),
        Cell(step.cause, dim),
    ]


def _sum(plan: Plan, output: Output) -> str:
    if plan.is_noop:
        return f"{good(output.symbols.good)} Nothing to do: everything is as planned"
    count = len(plan.steps)
    steps = "1 step" if count == 1 else f"{count} steps"
    kept = f", {len(plan.unchanged)} untouched" if plan.unchanged else ""
    return dim(f"{steps} for {len(plan.services)} services on the {plan.engine.value} engine{kept}")
