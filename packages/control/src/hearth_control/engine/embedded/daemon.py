"""How the supervisor takes its place: the lock, the parent left behind, the socket."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Callable
from pathlib import Path


def take_lock(path: Path) -> int | None:
    """Lock the file that says a supervisor lives; None when another one does.

    Only the lock counts; the id of the holder is written into it for people.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def leave_parent() -> Callable[[], None]:
    """Become the child of nobody; the starter waits until the given function is called.

    The second fork after the new session: no terminal can ever become this process's own, and
    the system, not the command that started it, inherits it.
    """
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        # Empty if the child died first; its last words are in the log.
        os._exit(0 if os.read(reader, 1) else 1)
    os.close(reader)

    def started() -> None:
        os.write(writer, b"!")
        os.close(writer)

    return started


def listen(path: Path) -> socket.socket:
    """Open the control socket for its owner alone; the lock says that nobody else has it."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        listener.bind(os.fspath(path))
    finally:
        os.umask(mask)
    listener.listen(16)
    listener.settimeout(0)
    return listener
