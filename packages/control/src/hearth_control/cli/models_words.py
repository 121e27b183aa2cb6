"""What `models` shows: pure."""

from __future__ import annotations

from typing import Any

from hearth_control.cli.measure import say_size
from hearth_control.cli.output import Output
from hearth_control.cli.table import Cell, align
from hearth_control.cli.theme import bold, dim, good, typed
from hearth_control.deploy.models import InUse, Listed, Models
from hearth_control.models.model import Task
from hearth_control.models.store import State


def models_document(found: Models) -> dict[str, Any]:
    """Give every model and what is in use. Sizes are bytes."""
    return {
        "embedder": {"kind": found.embedder.kind, "model": found.embedder.what or None},
        "reranker": {"kind": found.reranker.kind, "model": found.reranker.what or None},
        "models": [model_document(one) for one in found.models],
    }


def model_document(one: Listed) -> dict[str, Any]:
    """Give one model."""
    model = one.model
    return {
        "name": model.name,
        "task": model.task.value,
        "summary": model.summary,
        "languages": model.languages,
        "licence": model.licence,
        "home": model.home,
        "size": model.size,
        "dimension": model.dimension or None,
        "max_tokens": model.max_tokens,
        "state": one.state.value,
        "in_use": one.in_use,
        "folder": str(one.folder),
    }


def models_lines(found: Models, output: Output) -> list[str]:
    """Say what search uses, then every model by task."""
    lines = [
        f"{dim('embedder')}  {_embedder(found.embedder)}",
        f"{dim('reranker')}  {_reranker(found.reranker)}",
    ]
    for task, heading in ((Task.EMBEDDING, "Embedding"), (Task.RERANKING, "Reranking")):
        rows = [_row(one, output) for one in found.models if one.model.task is task]
        lines += ["", bold(heading), *align(rows, width=output.width)]
    if found.embedder.kind == "builtin":
        first = next(one.model.name for one in found.models if one.model.task is Task.EMBEDDING)
        lines += ["", f"{dim('search by meaning')}  {typed(f'hearth models use {first}')}"]
    return lines


def _row(one: Listed, output: Output) -> list[Cell]:
    model = one.model
    marks = output.symbols
    if one.in_use:
        state = Cell(f"{marks.good} in use", good)
    elif one.state is State.HERE:
        state = Cell(f"{marks.good} here")
    elif one.state is State.PARTLY:
        state = Cell(f"{marks.busy} partly here")
    else:
        state = Cell(f"{marks.off} not here", dim)
    return [
        Cell(model.name, bold if one.in_use else None),
        state,
        Cell(say_size(model.size)),
        Cell(model.licence, dim),
        Cell(model.summary, dim),
    ]


def _embedder(used: InUse) -> str:
    if used.kind == "builtin":
        return f"{bold('builtin')}: compares spelling and knows no meaning"
    return bold(used.what or "none is named")


def _reranker(used: InUse) -> str:
    return bold(used.what) if used.what else "none"
