"""Start a daemon that outlives this process, and end it by the id that was written down."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from lab.shell import LabError, say


def start(
    argv: tuple[str, ...],
    *,
    pidfile: Path,
    log: Path,
    is_ready: Callable[[], bool],
    seconds: float,
    path: str = "",
) -> None:
    """Start a daemon in a session of its own and wait until it answers.

    `path`: folders before those of PATH, where it finds its own programs.

    Raises:
        LabError: it ended, or did not answer in time; the error holds the end of its log.
    """
    pidfile.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv,
            env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"} if path else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    pidfile.write_text(f"{process.pid}\n")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if is_ready():
            return
        time.sleep(0.1)
    end(pidfile)
    raise LabError(f"{argv[0]}: did not come up\n{_tail(log)}")


def is_running(pidfile: Path) -> bool:
    """Tell whether the process that the file names is alive."""
    pid = _read(pidfile)
    return pid is not None and Path(f"/proc/{pid}").exists()


def end(pidfile: Path, *, seconds: float = 30) -> None:
    """End the daemon that the file names, if it is there, and remove the file."""
    pid = _read(pidfile)
    if pid is not None and is_running(pidfile):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while is_running(pidfile) and time.monotonic() < deadline:
            _reap(pid)
            time.sleep(0.1)
        if is_running(pidfile):
            say(f"process {pid} does not end; killing it")
            os.kill(pid, signal.SIGKILL)
            _reap(pid)
    pidfile.unlink(missing_ok=True)


def _read(pidfile: Path) -> int | None:
    try:
        return int(pidfile.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _reap(pid: int) -> None:
    """Collect the process when it is our child: an ended child counts as running until then."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
