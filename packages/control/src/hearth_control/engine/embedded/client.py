"""A command's talk with the supervisor, and how the first one is started."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from hearth_control.engine.embedded.errors import HomeNotWritableError, SupervisorLostError
from hearth_control.engine.embedded.layout import Layout, control_socket
from hearth_control.engine.embedded.protocol import VERSION, Messages, encode
from hearth_control.engine.embedded.state import load_state

START_SECONDS: Final = 15.0
ANSWER_SECONDS: Final = 120.0
PAUSE_SECONDS: Final = 0.02
ALREADY_RUNNING: Final = 11
"""Exit code of a supervisor that finds another one at work."""


@dataclass(slots=True)
class Link:
    """An open connection to the supervisor of a home."""

    home: Path
    sock: socket.socket
    messages: Messages = field(default_factory=Messages)
    ready: list[dict[str, Any]] = field(default_factory=list)
    version: int | None = None
    """Which form of the protocol the supervisor speaks."""

    def send(self, message: dict[str, Any]) -> None:
        """Ask something.

        Raises:
            SupervisorLostError: the supervisor went away.
        """
        try:
            self.sock.sendall(encode(message))
        except OSError as error:
            raise lost(self.home) from error

    def receive(self, timeout_seconds: float) -> dict[str, Any] | None:
        """Give the next answer; None when none came in time.

        Raises:
            SupervisorLostError: the supervisor went away.
        """
        if self.ready:
            return self.ready.pop(0)
        self.sock.settimeout(timeout_seconds)
        try:
            data = self.sock.recv(262144)
        except TimeoutError:
            return None
        except OSError as error:
            raise lost(self.home) from error
        if not data:
            raise lost(self.home)
        self.ready += self.messages.feed(data)
        return self.ready.pop(0) if self.ready else None

    def ask(self, message: dict[str, Any], *, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
        """Ask and wait for the one answer.

        Raises:
            SupervisorLostError: no answer came.
        """
        self.send(message)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self.receive(max(0.01, deadline - time.monotonic()))
            if answer is not None:
                return answer
        raise lost(self.home)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.sock.close()


def lost(home: Path) -> SupervisorLostError:
    """Say that the supervisor of a home does not answer."""
    return SupervisorLostError(
        f"{home}: the supervisor went away while it was asked", hint=f"hearth up --home '{home}'"
    )


def connect(layout: Layout) -> Link | None:
    """Connect to the supervisor of a home; None when none runs."""
    state = load_state(layout.state)
    if state is None or state.pid is None:
        return None
    sock = socket.socket(socket.AF_UNIX)
    link = Link(layout.home, sock)
    try:
        sock.settimeout(START_SECONDS)
        sock.connect(state.socket)
        link.version = link.ask({"do": "hello"}, seconds=START_SECONDS).get("version")
    except (OSError, SupervisorLostError):
        # It is gone, or about to go: the state file is older than the truth.
        sock.close()
        return None
    return link


def open_link(layout: Layout, environment: Mapping[str, str]) -> Link:
    """Connect to the supervisor of a home, starting it if none runs.

    Raises:
        HomeNotWritableError: the home cannot hold a supervisor's files.
        SupervisorLostError: it was started and does not answer.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        link = connect_current(layout)
        if link is not None:
            return link
        code = start_supervisor(layout, environment)
        if code == ALREADY_RUNNING:
            # It is about to listen, or about to end.
            time.sleep(PAUSE_SECONDS)
        elif code != 0:
            break
    raise not_started(layout)


def connect_current(layout: Layout) -> Link | None:
    """Connect to a supervisor of this version; an older one is asked to end.

    Hearth was updated while it ran: the old one ends the units, the next one starts them again.
    """
    link = connect(layout)
    if link is None or link.version == VERSION:
        return link
    with link:
        link.ask({"do": "quit"})
    return None


def start_supervisor(layout: Layout, environment: Mapping[str, str]) -> int:
    """Start a supervisor, and give 0 once it listens, or what the attempt to start it gave.

    Raises:
        HomeNotWritableError: the home cannot hold its files.
    """
    try:
        for folder in (layout.home, layout.run, layout.logs, layout.data, layout.files):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = control_socket(layout)
        output = os.open(layout.supervisor_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        message = f"{layout.home}: cannot be written ({(error.strerror or str(error)).lower()})"
        raise HomeNotWritableError(message, hint=f"ls -ld '{layout.home}'") from error
    with os.fdopen(output, "wb") as log:
        return subprocess.run(
            supervisor_argv(layout, place),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=dict(environment),
            start_new_session=True,
            check=False,
            timeout=START_SECONDS,
        ).returncode


def supervisor_argv(layout: Layout, place: Path) -> tuple[str, ...]:
    """Give the command line of a supervisor. `-P` keeps files of the home from being imported."""
    return (
        sys.executable,
        "-P",
        "-m",
        "hearth_control.engine.embedded.supervisor",
        os.fspath(layout.home),
        os.fspath(place),
    )


def not_started(layout: Layout) -> SupervisorLostError:
    """Say that no supervisor could be started, with its last words."""
    try:
        words = layout.supervisor_log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        words = ""
    last = (words.strip().splitlines() or ["it said nothing"])[-1]
    return SupervisorLostError(
        f"{layout.home}: the supervisor does not start: {last}",
        hint=f"tail '{layout.supervisor_log}'",
    )
