"""The guard: a twin of the supervisor that ends every unit when the supervisor is killed.

A SIGKILL leaves the supervisor no last word. The guard is forked from it at its start, shares its
memory and waits on a pipe that only the supervisor holds open; when that closes without a
farewell, it ends what the supervisor had started, gently, then by force. On Linux the kernel also
tells each unit of the supervisor's death (`PR_SET_PDEATHSIG`); the guard reaches what the units
started themselves, and serves the systems that lack that call.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from typing import Final, NoReturn

from hearth_control.engine.embedded.processes import (
    marked,
    signal_each,
    signal_group,
    start_mark,
)

FAREWELL: Final = b"!"
GENTLE_SECONDS: Final = 2.5
PAUSE_SECONDS: Final = 0.05


@dataclass(slots=True)
class Guard:
    """The supervisor's end of the pipe."""

    pid: int
    pipe: int

    def tell(self, line: str) -> None:
        """Say `+pid SIGNAL` or `-pid`; a guard that is gone is replaced by the supervisor."""
        with contextlib.suppress(OSError):
            os.write(self.pipe, f"{line}\n".encode())

    def dismiss(self) -> None:
        """Say that the supervisor ends of its own will, and nothing is left to do."""
        with contextlib.suppress(OSError):
            os.write(self.pipe, FAREWELL)
            os.close(self.pipe)


def post_guard(mark: str, keep_closed: tuple[int, ...] = ()) -> Guard:
    """Fork the guard. `keep_closed`: descriptors that it must not hold, such as the lock."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(writer)
        _stand_guard(mark, reader, keep_closed)
    os.close(reader)
    return Guard(pid, writer)


def _stand_guard(mark: str, reader: int, keep_closed: tuple[int, ...]) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)
        os.setsid()
        for descriptor in keep_closed:
            os.close(descriptor)
        units = _listen(reader)
        if units is not None:
            end_orphans(mark, units)
    finally:
        os._exit(0)


def _listen(reader: int) -> dict[int, signal.Signals] | None:
    """Keep the list of running units until the pipe closes; None after a farewell."""
    text = b""
    while True:
        data = os.read(reader, 4096)
        if FAREWELL in data:
            return None
        if not data:
            return parse_units(text.decode())
        text += data
        if len(text) > 65536:
            text = "".join(
                f"+{pid} {number.name}\n" for pid, number in parse_units(text.decode()).items()
            ).encode()


def parse_units(text: str) -> dict[int, signal.Signals]:
    r"""Fold what the supervisor told into process id → the signal that ends it gently.

    Example:
        >>> parse_units("+7 SIGINT\n+8 SIGTERM\n-7\n")
        {8: <Signals.SIGTERM: 15>}
    """
    units: dict[int, signal.Signals] = {}
    for line in text.splitlines():
        if line.startswith("+"):
            pid, _, name = line[1:].partition(" ")
            units[int(pid)] = signal.Signals[name]
        elif line.startswith("-"):
            units.pop(int(line[1:]), None)
    return units


def end_orphans(mark: str, units: dict[int, signal.Signals]) -> None:
    """End units and whatever carries the mark: asked first, killed after some seconds."""
    for pid, number in units.items():
        signal_group(pid, number)
    others = [pid for pid in marked(mark) if pid not in units]
    signal_each(others, signal.SIGTERM)
    deadline = time.monotonic() + GENTLE_SECONDS
    while time.monotonic() < deadline and (any(map(start_mark, units)) or marked(mark)):
        time.sleep(PAUSE_SECONDS)
    for pid in units:
        signal_group(pid, signal.SIGKILL)
    signal_each(marked(mark), signal.SIGKILL)
