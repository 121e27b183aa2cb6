"""What `backup` says: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hearth_control.backup.listing import BEFORE, RUNNING, WHOLE, Backup
from hearth_control.cli.measure import say_size
from hearth_control.cli.output import Output
from hearth_control.cli.table import Cell, align
from hearth_control.cli.theme import bold, dim, good, typed

_KINDS = {
    WHOLE: "whole",
    RUNNING: "without what must stand still",
    BEFORE: "taken before a restore",
}


def backups_document(found: Sequence[Backup]) -> dict[str, Any]:
    """Give every backup's facts; times are RFC 3339, sizes bytes."""
    return {"backups": [{**asdict(one), "at": one.at.isoformat()} for one in found]}


def backups_lines(found: Sequence[Backup], output: Output) -> list[str]:
    """Say each backup in one line, newest first."""
    if not found:
        return ["There is no backup yet.", f"{dim('next')}  {typed('hearth backup now')}"]
    rows = [[Cell(word, dim) for word in ("id", "taken", "of", "holds", "added", "is")]]
    rows += [
        [
            Cell(one.id, bold),
            Cell(one.at.astimezone().strftime("%Y-%m-%d %H:%M")),
            Cell(one.host),
            Cell(say_size(one.size) if one.size is not None else "-"),
            Cell(say_size(one.added) if one.added is not None else "-"),
            Cell(_KINDS.get(one.kind, one.kind), dim),
        ]
        for one in found
    ]
    return align(rows, width=output.width)


def taken_lines(done: Mapping[str, Any], output: Output, *, home: Path) -> Iterator[str]:
    """Say what a backup holds and what it cost."""
    size, added = say_size(done["size"]), say_size(done["added"])
    mark = good(output.symbols.good)
    yield f"{mark} backup {bold(done['snapshot'])}: {size}, of which {added} were new"
    yield from _held(done["databases"], done["volumes"])
    yield from _left_out(done["left_out"])
    if done["new_repository"]:
        yield ""
        yield "Without its password no backup can be read. Keep it outside of this machine, too:"
        yield f"  {typed(f'cat {home}/secrets/backup_repository_password')}"


def restored_lines(done: Mapping[str, Any], output: Output) -> Iterator[str]:
    """Say what came back."""
    mark = good(output.symbols.good)
    yield f"{mark} backup {bold(done['snapshot'])} of {done['at']} is back"
    for one in done["databases"]:
        yield f"  database {one['name']}: {one['tables']} tables"
    for one in done["volumes"]:
        yield f"  volume {one['name']}: {one['files']} files, {say_size(one['size'])}"
    yield from _left_out(done["left_out"])
    if done["copy"]:
        again = typed(f"hearth backup restore {done['copy']}")
        yield f"  what it replaced is backup {done['copy']}: {again}"


def doomed_lines(chosen: Backup, only: Sequence[str]) -> list[str]:
    """Say what a restore replaces, before it is asked about."""
    what = ", ".join(only) if only else "every database and volume that it holds"
    taken = chosen.at.astimezone().strftime("%Y-%m-%d %H:%M")
    lines = [f"Backup {bold(chosen.id)} of {taken} replaces {what}."]
    if chosen.kind == RUNNING:
        lines.append("It is without stores that must stand still to be copied; those stay as is.")
    lines.append("Services stand still meanwhile. What is there now is backed up first.")
    return lines


def _held(databases: Sequence[str], volumes: Sequence[str]) -> Iterator[str]:
    if databases:
        yield f"  databases: {', '.join(databases)}"
    if volumes:
        yield f"  volumes: {', '.join(volumes)}"


def _left_out(left_out: Mapping[str, str]) -> Iterator[str]:
    for name, why in sorted(left_out.items()):
        yield dim(f"  not in it: {name}, {why}")
