"""The threads of one apply: work goes in, messages come out, and it can be cut short."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Generic, TypeVar

M = TypeVar("M")


class Lane(StrEnum):
    """Kinds of work, each with its own limit of how much goes on at once."""

    PULL = "pull"
    BUILD = "build"
    NETWORK = "network"
    CREATE = "create"
    CHANGE = "change"
    PROBE = "probe"
    CHECK = "check"


# A check is a process inside a container, 80 ms of a core: too many of them slow the starts down.
# The engine makes one network after another, and is only asked for the next in time.
_LIMITS = {
    Lane.PULL: 3,
    Lane.BUILD: 1,
    Lane.NETWORK: 4,
    Lane.CREATE: 1,
    Lane.CHANGE: 16,
    Lane.PROBE: 16,
    Lane.CHECK: 2,
}
_JOIN_SECONDS = 120.0


class Interrupts:
    """What must be closed so that an interrupted apply ends: pulls, builds, event streams."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[int, Callable[[], None]] = {}
        self._over = False

    @contextlib.contextmanager
    def holding(self, close: Callable[[], None]) -> Iterator[None]:
        """Have `close` called if the apply is interrupted within this block."""
        with self._lock:
            over = self._over
            self._held[id(close)] = close
        try:
            if over:
                close()
            yield
        finally:
            with self._lock:
                self._held.pop(id(close), None)

    def close(self) -> None:
        """Close what is held, and whatever comes later at once."""
        with self._lock:
            self._over = True
            held = tuple(self._held.values())
        for close in held:
            close()


class Crew(Generic[M]):
    """Runs work in threads; what each returns or raises comes out of `take`."""

    def __init__(self) -> None:
        self._inbox: queue.SimpleQueue[M | BaseException] = queue.SimpleQueue()
        self._lanes = {lane: threading.Semaphore(limit) for lane, limit in _LIMITS.items()}
        self._finishing: list[threading.Thread] = []
        self._over = False

    def run(self, lane: Lane, work: Callable[[], M]) -> None:
        """Do a piece of work in its own thread; its result becomes a message."""

        def go() -> None:
            with self._lanes[lane]:
                if self._over:
                    return
                try:
                    self._inbox.put(work())
                except BaseException as error:  # noqa: BLE001  # handed over, raised by take
                    self._inbox.put(error)

        thread = threading.Thread(target=go, name=f"hearth-{lane}", daemon=True)
        if lane in {Lane.NETWORK, Lane.CREATE, Lane.CHANGE}:
            self._finishing.append(thread)
        thread.start()

    def tell(self, message: M) -> None:
        """Put a message in, from any thread."""
        self._inbox.put(message)

    def take(self, timeout_seconds: float) -> M | None:
        """Wait for a message; None when none came in time. An error of the work is raised here."""
        try:
            message = self._inbox.get(timeout=max(timeout_seconds, 0.0))
        except queue.Empty:
            return None
        if isinstance(message, BaseException):
            raise message
        return message

    def close(self) -> None:
        """Begin nothing more, and wait for changes of containers that are under way."""
        self._over = True
        for thread in self._finishing:
            # Ctrl-C may come while a thread is being started: what is not begun by now never is.
            with contextlib.suppress(RuntimeError):
                thread.join(_JOIN_SECONDS)
