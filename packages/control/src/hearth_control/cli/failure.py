"""The outermost edge: any exception becomes an exit code and words, or one JSON object.

A `HearthError` is said in two lines. Anything else is a bug of ours: it is written to a report
file, and the person is told so; a traceback shows only under `--verbose`.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

import click
from hearth_kit.errors import BugError, CancelledError, HearthError

from hearth_control.cli.errors import UsageError
from hearth_control.cli.exit_codes import Exit, exit_code
from hearth_control.cli.session import Session
from hearth_control.cli.theme import bad, bold, typed


def report_failure(error: BaseException, session: Session) -> int:
    """Say what went wrong on standard error and give the exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        return _leave_quietly()
    known = as_hearth_error(error, session)
    if session.options.json:
        document = {"error": {**known.as_dict(), "message": full_text(known)}}
        click.echo(json.dumps(document, ensure_ascii=False, default=str), sys.stderr)
    else:
        session.output.complain(in_words(known))
        if session.options.verbose:
            session.output.complain("\n" + "".join(traceback.format_exception(error)).rstrip())
    return exit_code(known)


def as_hearth_error(error: BaseException, session: Session) -> HearthError:
    """Turn click's and Python's exceptions into ours."""
    match error:
        case HearthError():
            return error
        case click.UsageError():
            return _usage_error(error)
        case click.ClickException():
            return UsageError(f"hearth: {_lowered(error.format_message())}")
        case KeyboardInterrupt() | click.Abort() | EOFError():
            return CancelledError("hearth: cancelled; nothing more was changed")
        case OSError() if (known := _of_home(error, session)) is not None:
            return known
        case _:
            return _bug(error, session)


def full_text(error: HearthError) -> str:
    """Join an error and its causes on one line."""
    from hearth_kit.errors import chain

    return chain(error)


def in_words(error: HearthError) -> str:
    """Say an error as a person reads it: what, every further finding, the hint apart."""
    lines = [f"{bold(bad('error'))}: {full_text(error)}"]
    findings = error.details.get("findings")
    if isinstance(findings, list | tuple) and len(findings) > 1:
        lines += [f"  {finding}" for finding in findings if str(finding) not in error.message]
    if error.hint:
        lines += ["", f"{bold('hint')}: {typed(error.hint)}"]
    return "\n".join(lines)


def _of_home(error: OSError, session: Session) -> HearthError | None:
    """Tell a home that this user may not enter, or a full disk, from a slip of ours."""
    from hearth_control.deploy.errors import explain_home

    try:
        home = session.world.home
        if error.filename is None or not Path(os.fsdecode(error.filename)).is_relative_to(home):
            return None
    except (HearthError, TypeError):
        return None
    known = explain_home(error, home)
    if known is not None:
        known.__cause__ = error
    return known


def _usage_error(error: click.UsageError) -> UsageError:
    path = error.ctx.command_path if error.ctx else "hearth"
    return UsageError(f"{path}: {_lowered(error.format_message())}", hint=f"{path} --help")


def _lowered(text: str) -> str:
    text = text.strip().rstrip(".").replace("'", "`")
    return text[:1].lower() + text[1:]


def _bug(error: BaseException, session: Session) -> BugError:
    text = "".join(traceback.format_exception(error))
    path = _write_report(text, session)
    where = f"send the file {path} with what you typed" if path else "hearth --verbose …"
    bug = BugError(
        f"hearth: this is a bug: {type(error).__name__}: {error}",
        hint=where,
        details={"report": str(path) if path else None},
    )
    bug.__suppress_context__ = True
    return bug


def _write_report(text: str, session: Session) -> Path | None:
    """Write the traceback below the home, else below the temporary folder; None if neither can."""
    import tempfile
    import time

    name = f"bug-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}.txt"
    body = f"hearth {' '.join(sys.argv[1:])}\npython {sys.version}\n\n{text}"
    for folder in (_log_folder(session), Path(tempfile.gettempdir())):
        try:
            if folder is None or not folder.parent.is_dir():
                continue
            folder.mkdir(mode=0o700, exist_ok=True)
            (folder / name).write_text(body, encoding="utf-8")
        except OSError:
            continue
        return folder / name
    return None


def _log_folder(session: Session) -> Path | None:
    try:
        return session.world.home / "logs"
    except HearthError:
        return None


def _leave_quietly() -> int:
    """Let a reader that has enough go: nothing more is written, not even at interpreter exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.DONE
