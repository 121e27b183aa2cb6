"""What comes before each start of PostgreSQL: `python -m … .prepare` with a JSON on its input.

Makes the cluster if there is none, whole or not at all; refuses data of another major version;
clears what a killed server left behind; writes the access rules. Runs as the supervisor's user,
and drops to PostgreSQL's for `initdb`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from hearth_control.engine.embedded.postgres import (
    Place,
    host_rules,
    ident_map,
    initdb_argv,
    major_of,
)
from hearth_control.engine.embedded.processes import start_mark
from hearth_control.engine.embedded.spec import User

END_SECONDS: Final = 30.0


def prepare_argv() -> tuple[str, ...]:
    """Give the command line of this program."""
    return (sys.executable, "-P", "-m", "hearth_control.engine.embedded.prepare")


def place_as_json(place: Place) -> str:
    """Give a place as this program reads it."""
    user = place.user
    return json.dumps(
        {
            "programs": os.fspath(place.programs),
            "data": os.fspath(place.data),
            "socket_folder": os.fspath(place.socket_folder),
            "user": None if user is None else [user.name, user.uid, user.gid],
            "operator": place.operator,
        }
    )


def place_from_json(text: str) -> Place:
    """Read a place."""
    found = json.loads(text)
    user = found["user"]
    return Place(
        programs=Path(found["programs"]),
        data=Path(found["data"]),
        socket_folder=Path(found["socket_folder"]),
        user=None if user is None else User(name=user[0], uid=user[1], gid=user[2]),
        operator=found["operator"],
    )


def prepare(place: Place) -> str | None:
    """Make the data ready for a start; give what is wrong, as `what (hint: command)`."""
    if not (place.data / "PG_VERSION").exists():
        problem = make_cluster(place)
        if problem is not None:
            return problem
    written = major_of((place.data / "PG_VERSION").read_text(encoding="ascii"))
    runs = major_of(_output((os.fspath(place.programs / "postgres"), "--version")))
    if written != runs:
        return (
            f"{place.data}: was written by PostgreSQL {written}, and this is {runs} "
            "(hint: https://www.postgresql.org/docs/current/pgupgrade.html)"
        )
    if not end_earlier(place.data):
        return (
            f"{place.data}: an earlier PostgreSQL uses it and does not end "
            f"(hint: cat '{place.data}/postmaster.pid')"
        )
    names = [place.operator] if place.user is None else [place.operator, place.user.name]
    _write_as(place, "pg_hba.conf", host_rules())
    _write_as(place, "pg_ident.conf", ident_map(names))
    return None


def make_cluster(place: Place) -> str | None:
    """Run `initdb` into a folder beside, then rename it: no half cluster is ever found."""
    scratch = place.data.with_name(f"{place.data.name}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    if place.data.exists() and any(place.data.iterdir()):
        return f"{place.data}: is not empty and holds no PostgreSQL (hint: ls '{place.data}')"
    place.data.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch.mkdir(mode=0o700)
    user = place.user
    if user is not None:
        os.chown(scratch, user.uid, user.gid)
    done = subprocess.run(
        initdb_argv(place.programs, scratch),
        user=None if user is None else user.uid,
        group=None if user is None else user.gid,
        extra_groups=None if user is None else [],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        shutil.rmtree(scratch, ignore_errors=True)
        return f"{place.data}: cannot be initialised (hint: df -h '{place.data.parent}')"
    if place.data.exists():
        place.data.rmdir()
    scratch.rename(place.data)
    return None


def end_earlier(data: Path) -> bool:
    """Clear what an earlier server left: its file, or itself if its starter was killed.

    The supervisor holds the home's lock, so a server on this data is nobody else's.
    """
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text(encoding="ascii", errors="replace").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return True
    deadline = time.monotonic() + END_SECONDS
    asked = False
    while is_server(pid, data):
        if not asked:
            os.kill(pid, signal.SIGINT)
            asked = True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    # The process is gone, or its id belongs to a stranger: PostgreSQL would refuse to start.
    file.unlink(missing_ok=True)
    return True


def is_server(pid: int, data: Path) -> bool:
    """Tell whether a process is a PostgreSQL that serves this data."""
    if start_mark(pid) is None:
        return False
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return _is_server_elsewhere(pid, data)
    return words[0].endswith(b"postgres") and os.fsencode(data) in words


def _is_server_elsewhere(pid: int, data: Path) -> bool:
    import psutil

    try:
        words = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return bool(words) and words[0].endswith("postgres") and os.fspath(data) in words


def _output(argv: tuple[str, ...]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout


def _write_as(place: Place, name: str, text: str) -> None:
    path = place.data / name
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    scratch = path.with_name(f".{name}.new")
    scratch.write_text(text, encoding="utf-8")
    scratch.chmod(0o600)
    if place.user is not None:
        os.chown(scratch, place.user.uid, place.user.gid)
    scratch.replace(path)


def main() -> int:
    """Prepare the place that standard input names; say what is wrong on standard error."""
    try:
        problem = prepare(place_from_json(sys.stdin.read()))
    except OSError as error:
        problem = f"{error.filename or 'postgres'}: {error.strerror} (hint: hearth status)"
    if problem is None:
        return 0
    sys.stderr.write(f"hearth: {problem}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
