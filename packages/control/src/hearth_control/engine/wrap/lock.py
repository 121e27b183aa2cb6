"""One deploy of an installation at a time.

The lock is the kernel's (`flock`): it is gone with the process that held it, however that ended,
so a stale one cannot be. The file says who holds it, for the one who is kept out.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from hearth_kit.clock import Clock, SystemClock

from hearth_control.engine.errors import DeployLockedError

FILE = "deploy.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the lock; `since` is RFC 3339."""

    pid: int
    command: str
    since: str


@contextmanager
def deploy_lock(
    home: Path, *, command: str | None = None, clock: Clock | None = None
) -> Iterator[Holder]:
    """Hold the deploy lock of a home, which is made if it is not there.

    Raises:
        DeployLockedError: another process, or another thread, holds it; it is not waited for.
        OSError: the home cannot be written.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = home / FILE
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _refusal(home, find_holder(home)) from error
        now = (clock or SystemClock()).now().isoformat(timespec="seconds")
        holder = Holder(pid=os.getpid(), command=command or _command(sys.argv), since=now)
        _write(descriptor, json.dumps(asdict(holder)) + "\n")
        try:
            yield holder
        finally:
            _write(descriptor, "")
    finally:
        os.close(descriptor)


def find_holder(home: Path) -> Holder | None:
    """Read who wrote itself into the lock last; None where nobody did or holds it no more."""
    try:
        said = json.loads((home / FILE).read_bytes())
        return Holder(pid=int(said["pid"]), command=str(said["command"]), since=str(said["since"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _refusal(home: Path, holder: Holder | None) -> DeployLockedError:
    if holder is None:
        return DeployLockedError(f"{home}: another deploy runs", hint="hearth status")
    text = f"{home}: `{holder.command}` (pid {holder.pid}) deploys since {holder.since}"
    return DeployLockedError(text, hint=f"ps -fp {holder.pid}")


def _command(arguments: list[str]) -> str:
    # The verb alone: what follows it may hold a value that is nobody's business.
    verb = next((word for word in arguments[1:] if not word.startswith("-")), "")
    return f"hearth {verb}".strip()


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
