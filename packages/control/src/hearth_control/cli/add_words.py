"""What `add` says of a file that became a service: pure."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from hearth_control.cli.output import Output
from hearth_control.cli.show_words import show_lines
from hearth_control.cli.table import wrap
from hearth_control.cli.theme import bold, dim, good, typed, warm
from hearth_control.deploy.adding import Draft

_HEADS = {
    "guess": "guessed",
    "change": "said otherwise than in your file",
    "warn": "worth a look",
}


def draft_lines(draft: Draft, output: Output) -> list[str]:
    """Show what follows from the service, then what was worked out, gravest last."""
    lines = show_lines(draft.derived, output)
    for kind, head in _HEADS.items():
        remarks = [one for one in draft.adoption.remarks if one.kind == kind]
        if not remarks:
            continue
        lines += ["", bold(head)]
        for one in remarks:
            mark = warm(output.symbols.warn) if kind == "warn" else dim(output.symbols.dash)
            first, *rest = wrap(f"{one.where}: {one.text}", width=output.width - 6) or [one.where]
            lines += [f"  {mark} {first}", *(f"    {line}" for line in rest)]
    if draft.adoption.proposals:
        lines += ["", bold("Hearth has these too")]
        lines += [
            f"  {typed(f'--use {role}')} lets Hearth's take the place of `{container}`"
            for role, container in draft.adoption.proposals.items()
        ]
    return lines


def added_lines(draft: Draft, kept: Path | None, output: Output) -> list[str]:
    """Say what was written."""
    mark = good(output.symbols.good)
    lines = ["", f"{mark} {bold(draft.adoption.name)} is added: {draft.path}"]
    lines += [f"  beside it: {name}" for name in draft.adoption.files]
    if kept is not None:
        lines.append(f"  the one before: {kept}")
    return lines


def add_document(draft: Draft, *, written: bool, kept: Path | None) -> dict[str, Any]:
    """Give the whole answer under `--json`."""
    adoption = draft.adoption
    return {
        "service": adoption.name,
        "written": written,
        "path": str(draft.path),
        "kept": str(kept) if kept else None,
        "text": draft.text,
        "files": list(adoption.files),
        "remarks": [asdict(one) for one in adoption.remarks],
        "proposals": dict(adoption.proposals),
        "derived": asdict(draft.derived),
    }
