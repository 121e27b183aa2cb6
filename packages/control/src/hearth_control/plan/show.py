"""A plan as text and as plain data: one line a step with its cause.

Example:
    network   hearth-role-postgres  postgres: n8n, postgres
    pull      n8nio/n8n:2.36.5      n8n runs on it, and it is not on this machine
    create    postgres              n8n needs postgres
    create    n8n                   you turned it on
    unchanged: qdrant
    warning   memory: the services take about 9.0 GiB and this machine has 8.0 GiB
              hint: hearth disable ollama
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from hearth_control.plan.model import Note, Plan, Step

_KIND_WIDTH = 9
_TARGET_MOST = 40


def show(plan: Plan) -> str:
    """Print a plan: steps, what stays, then notes. Ends with a line feed."""
    width = max((len(step.target) for step in plan.steps), default=0)
    lines = [_step_line(step, min(width, _TARGET_MOST)) for step in plan.steps]
    if plan.is_noop:
        lines.append("nothing to do")
    if plan.unchanged:
        lines.append(f"unchanged: {', '.join(plan.unchanged)}")
    for note in plan.notes:
        lines.extend(_note_lines(note))
    return "\n".join(lines) + "\n"


def as_dict(plan: Plan) -> dict[str, Any]:
    """Give the whole plan as plain data for JSON; no secret value is in a plan."""
    data = asdict(plan)
    for step, given in zip(plan.steps, data["steps"], strict=True):
        given["id"] = step.id
    data["noop"] = plan.is_noop
    return data


def _step_line(step: Step, width: int) -> str:
    line = f"{step.kind.value.ljust(_KIND_WIDTH)} {step.target.ljust(width)}  {step.cause}"
    return f"{line}; destroys {step.destroys}" if step.destroys else line


def _note_lines(note: Note) -> Iterator[str]:
    yield f"{note.severity.value.ljust(_KIND_WIDTH)} {note.text}"
    if note.hint:
        yield f"{'':{_KIND_WIDTH}} hint: {note.hint}"
