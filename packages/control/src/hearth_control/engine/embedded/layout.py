"""Where the embedded engine keeps things in a home. Pure but for the choice of a runtime folder.

run/state.json        what the supervisor last knew, rewritten whole at every change
run/supervisor.pid    locked for as long as a supervisor lives
run/control.sock      how commands talk to it (elsewhere when the home lies too deep)
run/supervisor.log    its own words
logs/<unit>.log       what units say, `.1` … `.3` older
rendered/             what the plan says for processes to read
data/files/           what processes keep
data/postgres/        the database (elsewhere as root, see `place`)
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOCKET_PATH_LIMIT = 103
"""Bytes of a socket's path that fit everywhere: 104 with its end on macOS, 108 on Linux."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The folders and files of one home, as the embedded engine uses them."""

    home: Path
    project: str = "hearth"

    @property
    def run(self) -> Path:
        """The folder of what holds only while the machine is up."""
        return self.home / "run"

    @property
    def state(self) -> Path:
        """The supervisor's last word on every unit."""
        return self.run / "state.json"

    @property
    def lock(self) -> Path:
        """The file that a living supervisor holds locked."""
        return self.run / "supervisor.pid"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor itself says."""
        return self.run / "supervisor.log"

    @property
    def logs(self) -> Path:
        """The folder of the units' logs."""
        return self.home / "logs"

    @property
    def data(self) -> Path:
        """The folder of what units keep."""
        return self.home / "data"

    @property
    def files(self) -> Path:
        """The folder that processes share for files, `{data}` in the catalog."""
        return self.data / "files"

    @property
    def rendered(self) -> Path:
        """The folder of what is written out of the plan for processes to read."""
        return self.home / "rendered"

    def log(self, unit: str) -> Path:
        """Give the newest log file of a unit."""
        return self.logs / f"{unit}.log"

    @property
    def digest(self) -> str:
        """Eight hex digits that stand for this home where its path is too long."""
        return hashlib.sha256(os.fsencode(self.home)).hexdigest()[:8]


def runtime_folder(layout: Layout) -> Path:
    """Make the short private folder for sockets of a home that lies too deep.

    Raises:
        OSError: somebody else owns a folder of that name.
    """
    user = os.geteuid()
    base = Path(f"/run/user/{user}")
    folder = base / "hearth" if base.is_dir() else Path(tempfile.gettempdir()) / f"hearth-{user}"
    for path in (folder, folder / layout.digest):
        path.mkdir(mode=0o700, exist_ok=True)
        facts = path.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != user:
            message = f"{path} is not a folder of user {user}"
            raise PermissionError(message)
    return folder / layout.digest


def control_socket(layout: Layout) -> Path:
    """Choose where commands talk to the supervisor."""
    wanted = layout.run / "control.sock"
    if len(os.fsencode(wanted)) <= SOCKET_PATH_LIMIT:
        return wanted
    return runtime_folder(layout) / "control.sock"
