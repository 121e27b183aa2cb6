"""Checks of the supervisor that must not block it: an HTTP GET, and the file of a Postgres."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hearth_control.engine.embedded.effects import Checked
from hearth_control.engine.embedded.loop import Loop, Timer

PROBE_SECONDS: Final = 3.0
ANSWER_BYTES: Final = 4096
SHOWN_CHARACTERS: Final = 200


def judge_answer(data: bytes) -> Checked:
    r"""Read an HTTP answer: 2xx and 3xx are well, everything else says its body.

    Example:
        >>> judge_answer(b"HTTP/1.1 204 No Content\r\n\r\n").ok
        True
    """
    head, _, body = data.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].decode(errors="replace").split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdecimal():
        return Checked(ok=False, said="it does not speak HTTP")
    if words[1][0] in "23":
        return Checked(ok=True)
    text = " ".join(body.decode(errors="replace").split())[:SHOWN_CHARACTERS]
    return Checked(ok=False, said=f"HTTP {words[1]} {text}".rstrip())


def judge_postmaster(text: str | None, pid: int | None) -> Checked:
    """Read Postgres' own status file, as `pg_ctl --wait` does.

    Source: PostgreSQL 18, `postmaster.pid`: line 1 is the process id, line 8 the status.
    """
    lines = [] if text is None else text.splitlines()
    if not lines or lines[0].strip() != str(pid):
        return Checked(ok=False, said="it has not opened its data yet")
    status = lines[7].strip() if len(lines) > 7 else "starting"
    if status == "ready":
        return Checked(ok=True)
    return Checked(ok=False, said=f"the database system is {status}", busy=status == "starting")


def read_postmaster(folder: str) -> str | None:
    """Read the status file of a data folder; None when there is none."""
    try:
        return Path(folder, "postmaster.pid").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


@dataclass(slots=True)
class Knock:
    """A connection to a port of this machine, with a GET if there is a path to ask for."""

    loop: Loop
    port: int
    path: str
    done: Callable[[Checked], None]
    data: bytes = b""
    sock: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET))
    timer: Timer | None = None

    def begin(self) -> None:
        """Start to connect."""
        self.sock.settimeout(0)
        self.timer = self.loop.later(PROBE_SECONDS, self._give_up)
        self.sock.connect_ex(("127.0.0.1", self.port))
        self.loop.watch(self.sock, selectors.EVENT_WRITE, self._on_connected)

    def drop(self) -> None:
        """Let go without an answer."""
        if self.timer is not None:
            self.timer.cancel()
        self.loop.unwatch(self.sock)
        self.sock.close()

    def _on_connected(self) -> None:
        error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self._finish(Checked(ok=False, said=os.strerror(error).lower()))
        elif not self.path:
            self._finish(Checked(ok=True))
        else:
            self._ask()

    def _ask(self) -> None:
        request = (
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            "User-Agent: hearth\r\nConnection: close\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            self.sock.send(request.encode())
        self.loop.watch(self.sock, selectors.EVENT_READ, self._on_data)

    def _on_data(self) -> None:
        try:
            chunk = self.sock.recv(ANSWER_BYTES)
        except OSError as error:
            self._finish(Checked(ok=False, said=(error.strerror or "no answer").lower()))
            return
        self.data += chunk
        if not chunk or len(self.data) >= ANSWER_BYTES:
            said = judge_answer(self.data) if self.data else Checked(ok=False, said="no answer")
            self._finish(said)

    def _give_up(self) -> None:
        self._finish(Checked(ok=False, said=f"no answer within {PROBE_SECONDS:g} s"))

    def _finish(self, checked: Checked) -> None:
        self.drop()
        self.done(checked)
