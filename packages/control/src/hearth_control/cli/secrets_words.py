"""What `secrets` shows: pure, and never a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hearth_control.cli.output import Output
from hearth_control.cli.table import Cell, align
from hearth_control.cli.theme import bad, bold, dim, typed

if TYPE_CHECKING:
    from hearth_control.deploy.rotate import Prepared
    from hearth_control.deploy.secret_list import Listed

CHANGES = {"free": "any time", "initial": "in its store too", "never": "never"}
ALARMING = frozenset({"not as its data", "rotation was cut off"})


def secrets_document(found: Sequence[Listed]) -> dict[str, Any]:
    """Give every secret's facts."""
    return {
        "secrets": [
            {
                "secret": each.key,
                "service": each.service or None,
                "kind": each.kind or None,
                "change": each.change or None,
                "used_by": list(each.used_by),
                "by_file": list(each.by_file),
                "made_at": each.made_at.isoformat(timespec="seconds") if each.made_at else None,
                "state": each.state,
            }
            for each in found
        ]
    }


def secrets_lines(found: Sequence[Listed], output: Output) -> list[str]:
    """Say each secret in one line."""
    if not found:
        return ["No service that is on has a secret."]
    head = ("secret", "kind", "may change", "made", "state", "used by")
    rows = [[Cell(word, dim) for word in head]]
    for each in found:
        made = each.made_at.astimezone().strftime("%Y-%m-%d") if each.made_at else "-"
        rows.append(
            [
                Cell(each.key, bold),
                Cell(each.kind or "-"),
                Cell(CHANGES.get(each.change, "-")),
                Cell(made),
                Cell(each.state, bad if each.state in ALARMING else dim),
                Cell(", ".join(each.used_by) or "-", dim),
            ]
        )
    return align(rows, width=output.width)


def prepared_document(prepared: Prepared, *, done: bool) -> dict[str, Any]:
    """Give what changes, what may not, what starts anew."""
    return {
        "done": done,
        "changed": [
            {"secret": key, "in_store": change.way.value == "store"}
            for change in prepared.changes
            for key in change.values
        ],
        "refused": [
            {"secret": verdict.key, "why": verdict.why, "hint": verdict.hint}
            for verdict in prepared.refused
        ],
        "restarts": list(prepared.units),
    }


def prepared_lines(prepared: Prepared) -> Iterator[str]:
    """Say what would change and what that starts anew."""
    for change in prepared.changes:
        how = "in its store first, then its file" if change.way.value == "store" else "its file"
        yield f"  {bold(change.recipe.key)}: {how}"
        for key, _value in change.children:
            yield f"  {bold(key)}: made anew from {change.recipe.key}"
    if prepared.units:
        yield f"  starts anew: {', '.join(prepared.units)}"
    for verdict in prepared.refused:
        yield dim(f"  {verdict.key} stays: {verdict.why}")


def next_line(verb: str) -> str:
    """Say what to type next."""
    return f"{dim('next')}  {typed(verb)}"
