"""What restic is asked, and what it answers. Pure.

Source: https://restic.readthedocs.io/en/stable/075_scripting.html (exit codes, JSON output) and
doc/060_forget.rst of https://github.com/restic/restic, read 2026-11-21. Exit codes 10 to 12 are of
0.17 and newer; older ones say the same in words.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hearth_kit.errors import HearthError
from hearth_kit.lines import read_object

from hearth_backup.errors import (
    BadSettingError,
    NoRepositoryError,
    NoSnapshotError,
    RepositoryError,
    RunnerBusyError,
    WrongPasswordError,
)

TAG = "hearth"
WHOLE = "whole"
RUNNING = "running"
AHEAD = "ahead"
BEFORE = "before-restore"
KEPT_BEFORE = 3
_KEEP = frozenset(
    {
        "--keep-last",
        "--keep-hourly",
        "--keep-daily",
        "--keep-weekly",
        "--keep-monthly",
        "--keep-yearly",
        "--keep-within",
    }
)
_PASSWORD = ("wrong password or no key found",)
_ABSENT = ("repository does not exist", "is there a repository at the following location")
_LOCKED = ("repository is already locked", "unable to create lock")
_NO_ROOM = ("no space left on device", "disk quota exceeded")
_NO_SNAPSHOT = ("no matching id", "no snapshot found", "is ambiguous")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One backup as the repository lists it. `at` is RFC 3339, sizes are bytes; None: not told."""

    id: str
    at: str
    host: str
    kind: str
    size: int | None = None
    added: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What one backup cost. `size` is all that it holds, `added` what the repository grew by."""

    snapshot: str
    size: int
    added: int
    files: int
    new_files: int
    changed_files: int


def init() -> tuple[str, ...]:
    """Make a repository."""
    return ("restic", "init", "--json")


def probe() -> tuple[str, ...]:
    """Open the repository and nothing else."""
    return ("restic", "cat", "config", "--no-lock")


def unlock() -> tuple[str, ...]:
    """Take away locks whose holder is dead; those of a living one stay."""
    return ("restic", "unlock")


def backup(
    paths: Sequence[str], *, host: str, kind: str, exclude_file: str | None
) -> tuple[str, ...]:
    """Save paths, relative to the folder that it runs in."""
    excluded = () if exclude_file is None else ("--exclude-file", exclude_file)
    tags = ("--tag", f"{TAG},{kind}")
    return ("restic", "backup", "--json", "--host", host, *tags, *excluded, "--", *paths)


def snapshots() -> tuple[str, ...]:
    """List every backup of ours, whichever installation made it."""
    return ("restic", "snapshots", "--json", "--no-lock", "--tag", TAG)


def dump(snapshot: str, path: str) -> tuple[str, ...]:
    """Give one file of a backup."""
    return ("restic", "dump", "--no-lock", snapshot, path)


def restore(snapshot: str, *, base: str, path: str) -> tuple[str, ...]:
    """Put one folder of a backup back where it was below `base`, and compare it afterwards."""
    chosen = ("--include", f"/{literal(path)}")
    return ("restic", "restore", snapshot, "--target", base, *chosen, "--verify")


def forget(keep: Sequence[str], *, host: str) -> tuple[str, ...]:
    """Let backups go that need not stay, each kind by itself, and what only they held."""
    kinds = [word for kind in (WHOLE, RUNNING) for word in ("--tag", f"{TAG},{kind}")]
    return _forget(host, (*kinds, "--group-by", "host,tags", *keep))


def forget_kind(kind: str, *, host: str, keep_last: int) -> tuple[str, ...]:
    """Let all but the last backups of one kind go."""
    return _forget(host, ("--tag", f"{TAG},{kind}", "--keep-last", str(keep_last)))


def forget_one(snapshot: str) -> tuple[str, ...]:
    """Let one backup go; what it holds is pruned with the next ones."""
    return ("restic", "forget", snapshot)


def _forget(host: str, words: Sequence[str]) -> tuple[str, ...]:
    return ("restic", "forget", "--prune", "--host", host, *words)


def check(*, every_byte: bool) -> tuple[str, ...]:
    """Check the repository's structure, and a twentieth of the data or all of it."""
    return ("restic", "check", "--read-data" if every_byte else "--read-data-subset=5%")


def literal(path: str) -> str:
    r"""Write a path so that restic's patterns mean it alone: `*`, `?`, `[` and `\` are escaped."""
    return "".join(f"\\{each}" if each in "*?[]\\" else each for each in path)


def exclude_lines(paths: Iterable[str]) -> str:
    """Write the file of what is left out; a dollar is doubled, for restic fills variables in."""
    return "".join(f"{literal(path).replace('$', '$$')}\n" for path in paths)


def parse_keep(text: str) -> tuple[str, ...]:
    """Read which backups stay, in restic's own words.

    Raises:
        BadSettingError: it says nothing, or another thing than what to keep.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    names, values = words[::2], words[1::2]
    if not names or len(names) != len(values) or not set(names) <= _KEEP:
        msg = f"BACKUP_KEEP: `{text}` is no list such as `--keep-daily 7 --keep-weekly 5`"
        raise BadSettingError(msg, hint="hearth settings unset BACKUP_KEEP")
    return tuple(words)


def parse_snapshots(text: str) -> tuple[Snapshot, ...]:
    """Read the list of backups, oldest first."""
    found = [_snapshot(one) for one in json.loads(text or "[]") or ()]
    return tuple(sorted(found, key=lambda one: one.at))


def _snapshot(one: Mapping[str, Any]) -> Snapshot:
    tags = one.get("tags") or ()
    summary = one.get("summary") or {}
    return Snapshot(
        id=str(one["id"])[:8],
        at=str(one["time"]),
        host=str(one.get("hostname", "")),
        kind=next((tag for tag in tags if tag != TAG), WHOLE),
        size=summary.get("total_bytes_processed"),
        added=summary.get("data_added"),
    )


def read_progress(line: str) -> tuple[float, int, int] | None:
    """Read `(share done, bytes done, bytes in all)` out of a line of a backup; None for others."""
    said = read_object(line) or {}
    if said.get("message_type") != "status" or not said.get("total_bytes"):
        return None
    total = int(said["total_bytes"])
    return float(said.get("percent_done", 0)), int(said.get("bytes_done", 0)), total


def read_summary(lines: Iterable[str]) -> Summary:
    """Read what a backup cost out of its last line.

    Raises:
        RepositoryError: there is none, so the backup did not end.
    """
    for line in lines:
        said = read_object(line) or {}
        if said.get("message_type") == "summary":
            return Summary(
                snapshot=str(said["snapshot_id"])[:8],
                size=int(said["total_bytes_processed"]),
                added=int(said["data_added"]),
                files=int(said["total_files_processed"]),
                new_files=int(said["files_new"]),
                changed_files=int(said["files_changed"]),
            )
    msg = "backup: restic ended without saying what it saved"
    raise RepositoryError(msg, hint="hearth backup check")


def refusal(code: int, said: str, *, repository: str) -> HearthError:
    """Turn what restic said when it failed into an error with a fix."""
    text = said.lower()
    where = shown(repository)
    if code == 12 or any(words in text for words in _PASSWORD):
        msg = f"{where}: was made with another password than `backup_repository_password`"
        return WrongPasswordError(msg, hint="hearth secrets set backup_repository_password")
    if code == 10 or any(words in text for words in _ABSENT):
        return NoRepositoryError(f"{where}: there is no backup yet", hint="hearth backup now")
    if any(words in text for words in _NO_ROOM):
        msg = f"{where}: there is no room left for this backup; those before it are whole"
        return RepositoryError(msg, hint="hearth settings explain BACKUP_FOLDER")
    if code == 11 or any(words in text for words in _LOCKED):
        msg = f"{where}: another program works on this repository"
        return RunnerBusyError(msg, hint="hearth backup list")
    if any(words in text for words in _NO_SNAPSHOT):
        return NoSnapshotError(f"{where}: has no such backup", hint="hearth backup list")
    why = f"restic was killed by signal {-code}" if code < 0 else last_words(said)
    msg = f"{where}: {why}"
    return RepositoryError(msg, hint="hearth settings explain BACKUP_REPOSITORY")


def last_words(said: str) -> str:
    """Give the line that says why a program ended, without its prefix."""
    words = [_plain(line) for line in said.splitlines() if line.strip()]
    kept = [line for line in words if line]
    signs = ("ignoring error", "fatal", "error")
    found = (line for sign in signs for line in kept if sign in line.lower())
    chosen = next(found, kept[-1] if kept else "")
    chosen = chosen.removeprefix("Fatal: ").strip().rstrip(".")
    return chosen or "it ended without a word"


def _plain(line: str) -> str:
    said = read_object(line)
    return str(said.get("message") or said.get("error") or "") if said else line.strip()


def shown(repository: str) -> str:
    """Write a repository without the password that its address may hold."""
    scheme, mark, rest = repository.partition("://")
    if not mark:
        return repository
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
