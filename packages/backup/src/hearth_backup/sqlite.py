"""SQLite files in a volume: found, copied by SQLite itself while in use, put back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from hearth_backup.errors import StoreError
from hearth_backup.listing import CopiedSQLite

_MAGIC = b"SQLite format 3\0"
_NAMES = (".db", ".sqlite", ".sqlite3", ".db3")
COMPANIONS = ("", "-wal", "-shm", "-journal")
"""What SQLite keeps beside a file; it belongs to the live one and must not be restored."""
_BUSY_SECONDS = 60.0


def find_files(folder: Path) -> Iterator[Path]:
    """Find SQLite files by name and first bytes, in order; links are not followed."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if name.endswith(_NAMES) and not path.is_symlink() and _is_sqlite(path):
                yield path


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def copy(path: Path, *, volume: Path, stage: Path, name: str) -> CopiedSQLite:
    """Copy one file as it is at one moment, into `sqlite/NAME/` of the stage.

    Raises:
        StoreError: SQLite cannot read it.
    """
    inside = path.relative_to(volume)
    file = Path("sqlite", name, inside)
    target = stage / file
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(_opened(path)) as live, closing(sqlite3.connect(target)) as kept:
            live.backup(kept)
    except sqlite3.Error as error:
        msg = f"{name}/{inside}: SQLite cannot copy it: {error}"
        raise StoreError(msg, hint="hearth status") from error
    facts = path.stat()
    return CopiedSQLite(
        path=os.fspath(inside),
        file=os.fspath(file),
        uid=facts.st_uid,
        gid=facts.st_gid,
        mode=stat.S_IMODE(facts.st_mode),
    )


def _opened(path: Path) -> sqlite3.Connection:
    """Open for reading alone.

    A file with a log that nobody has open cannot be read where its folder cannot be written; as
    nobody changes it then, it is read as it lies there.
    """
    uri = path.absolute().as_uri()
    log = path.with_name(path.name + "-wal")
    is_still = not log.exists() or log.stat().st_size == 0
    try:
        connection = sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError:
        if not is_still:
            raise
        return sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True, timeout=_BUSY_SECONDS)
    return connection


def put_back(copied: CopiedSQLite, *, volume: Path, stage: Path) -> None:
    """Put a copy where the live file was, with its owner and mode."""
    target = volume / copied.path
    target.parent.mkdir(parents=True, exist_ok=True)
    for companion in COMPANIONS:
        target.with_name(target.name + companion).unlink(missing_ok=True)
    shutil.copyfile(stage / copied.file, target)
    target.chmod(copied.mode)
    if os.geteuid() == 0:
        os.chown(target, copied.uid, copied.gid)
