"""A small event loop: sockets, pipes, children and times, on one thread.

Not asyncio: the supervisor lives as long as the installation, and asyncio would double its
memory. One thread also makes it safe to prepare a child between fork and exec.
"""

from __future__ import annotations

import contextlib
import heapq
import os
import selectors
import signal
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from types import FrameType
from typing import Protocol

Callback = Callable[[], None]


class HasFileno(Protocol):
    """Something that a selector can watch."""

    def fileno(self) -> int:
        """Give the file descriptor."""
        ...


class Child(Protocol):
    """A process that this one started, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """Give its id."""
        ...

    def poll(self) -> int | None:
        """Give its exit code once it has ended."""
        ...


@dataclass(slots=True)
class Forked:
    """A child that was forked by hand."""

    pid: int

    def poll(self) -> int | None:
        """Give its exit code once it has ended."""
        found, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if found else None


@dataclass(slots=True)
class Timer:
    """A call in the future that may be cancelled."""

    call: Callback | None

    def cancel(self) -> None:
        """Let the call not happen; harmless when it already did."""
        self.call = None


@dataclass(slots=True)
class Loop:
    """Waits for whatever comes first and calls back."""

    after_each: Callback = lambda: None
    """Called after every round, before waiting again."""
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _timers: list[tuple[float, int, Timer]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)
    _children: dict[int, tuple[Child, Callable[[int], None]]] = field(default_factory=dict)
    _signals: dict[int, Callback] = field(default_factory=dict)
    _running: bool = False

    def later(self, seconds: float, call: Callback) -> Timer:
        """Call once after some time."""
        timer = Timer(call)
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), timer))
        return timer

    def watch(self, source: HasFileno | int, events: int, call: Callback) -> None:
        """Call whenever a descriptor is ready for `selectors` events; replaces an earlier call."""
        try:
            self._selector.register(source, events, call)
        except KeyError:
            self._selector.modify(source, events, call)

    def unwatch(self, source: HasFileno | int) -> None:
        """Stop watching; harmless when nothing was watched."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(source)

    def poke(self, source: HasFileno | int) -> None:
        """Call now what watches a descriptor, if anything does."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.get_key(source).data()

    def adopt(self, child: Child, call: Callable[[int], None]) -> None:
        """Call with the exit code once a child has ended; negative is the signal that ended it."""
        self._children[child.pid] = (child, call)

    def on_signal(self, number: signal.Signals, call: Callback) -> None:
        """Call, in the loop, when a signal has come."""
        self._signals[number] = call

    def run(self) -> None:
        """Wait and call until somebody says `end`."""
        self._running = True
        reader, writer = socket.socketpair()
        for end in (reader, writer):
            end.settimeout(0)
        previous = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, *self._signals):
            signal.signal(number, _nothing)
        self.watch(reader, selectors.EVENT_READ, lambda: self._on_wakeup(reader))
        try:
            # A child may have ended before the handler stood.
            self._reap()
            while self._running:
                self._round()
        finally:
            signal.set_wakeup_fd(previous)
            self._selector.close()
            reader.close()
            writer.close()

    def end(self) -> None:
        """Leave `run` after this round."""
        self._running = False

    def _round(self) -> None:
        self.after_each()
        for key, _ in self._selector.select(self._wait_seconds()):
            # An earlier call of this round may have closed or replaced what this one watches.
            if self._selector.get_map().get(key.fd) is key and not self._survives(key.data):
                self.unwatch(key.fileobj)
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            call = heapq.heappop(self._timers)[2].call
            if call is not None:
                self._survives(call)

    def _survives(self, call: Callback) -> bool:
        """Call; a bug met on behalf of one unit is told and must not end all the others."""
        try:
            call()
        except Exception:  # noqa: BLE001  # the outermost edge of the supervisor
            traceback.print_exc()
            return False
        return True

    def _wait_seconds(self) -> float | None:
        while self._timers and self._timers[0][2].call is None:
            heapq.heappop(self._timers)
        if not self._timers:
            return None
        return max(0.0, self._timers[0][0] - time.monotonic())

    def _on_wakeup(self, reader: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            numbers = set(reader.recv(4096))
            if signal.SIGCHLD in numbers:
                self._reap()
            for number in numbers & set(self._signals):
                self._signals[number]()

    def _reap(self) -> None:
        for pid, (child, call) in tuple(self._children.items()):
            code = child.poll()
            if code is not None:
                del self._children[pid]
                call(code)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Handle a signal by nothing: the wakeup descriptor carries it into the loop."""


def read_ready(descriptor: int) -> bytes | None:
    """Read what a pipe has now: empty at its end, None when it has nothing yet."""
    try:
        return os.read(descriptor, 65536)
    except BlockingIOError:
        return None
    except OSError:
        return b""
