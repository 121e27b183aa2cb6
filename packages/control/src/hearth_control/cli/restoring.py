"""Asking about a restore, carrying it out and telling what came back."""

from __future__ import annotations

from collections.abc import Sequence

from hearth_control.backup.flow import lay_settings_out, restore_backup
from hearth_control.backup.listing import Backup
from hearth_control.cli.asking import ask
from hearth_control.cli.backing import Backing
from hearth_control.cli.backup_words import doomed_lines, restored_lines
from hearth_control.cli.running import cancelling
from hearth_control.cli.session import Session
from hearth_control.cli.theme import bold, dim, good, typed


def restore_data(
    session: Session, chosen: Backup, *, only: Sequence[str], copy: bool, yes: bool
) -> None:
    """Restore databases and volumes, after asking."""
    retry = f"hearth backup restore {chosen.id} --yes"
    ask(session, doomed_lines(chosen, only), "Replace what is there now?", yes=yes, retry=retry)
    with cancelling("backup restore"), Backing(session.output) as told:
        done = restore_backup(session.world, chosen.id, only=only, copy=copy, tell=told)
    if session.output.json:
        session.output.data(done)
        return
    session.output.lines(restored_lines(done, session.output))


def restore_settings(session: Session, chosen: Backup, *, yes: bool) -> None:
    """Restore settings, secrets and own services, after asking."""
    from hearth_control.backup.settings import take_settings_in

    lines = [f"Backup {bold(chosen.id)} replaces settings, secrets and services of your own."]
    retry = f"hearth backup restore {chosen.id} --settings --yes"
    ask(session, lines, "Replace what is there now?", yes=yes, retry=retry)
    with cancelling("backup restore"), Backing(session.output) as told:
        lay_settings_out(session.world, chosen.id, tell=told)
        taken = take_settings_in(session.world)
    output = session.output
    if output.json:
        replaced = str(taken.replaced) if taken.replaced else None
        output.data({"backup": chosen.id, "files": list(taken.files), "replaced": replaced})
        return
    mark = good(output.symbols.good)
    output.line(f"{mark} settings of backup {bold(chosen.id)} are back: {len(taken.files)} files")
    if taken.replaced:
        output.line(f"  what they replaced is in {taken.replaced}")
    output.note(f"{dim('next')}  {typed('hearth up')}")
