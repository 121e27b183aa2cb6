"""What containers wrote, merged in the order of time."""

from __future__ import annotations

import contextlib
import heapq
import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from hearth_control.engine.compose.api import EngineAPI, Json, Stream
from hearth_control.engine.compose.errors import EngineLacksError
from hearth_control.engine.compose.observe import parse_time
from hearth_control.engine.compose.stream import demux, lines
from hearth_control.engine.errors import EngineUnavailableError
from hearth_control.engine.events import LogLine

SETTLE_SECONDS = 0.1
"""How long a followed line waits for an earlier one of another container."""
RESTART_SECONDS = 0.3
"""How often a container that restarts is asked whether it runs again."""
_NEVER = datetime.min.replace(tzinfo=UTC)


def read_logs(api: EngineAPI, units: Mapping[str, str], *, tail: int) -> Iterator[LogLine]:
    """Give the last lines of containers; `units` is container id → unit."""
    with ExitStack() as stack:
        sources = []
        for container, unit in units.items():
            tty = bool(api.inspect(container).get("Config", {}).get("Tty"))
            stream = stack.enter_context(api.logs(container, tail=tail))
            sources.append(_lines(stream, unit, tty=tty))
        yield from heapq.merge(*sources, key=_when)


def follow_logs(api: EngineAPI, units: Mapping[str, str], *, tail: int) -> Iterator[LogLine]:
    """Give the last lines, then new ones, until every container has ended or nobody asks on."""
    following = _Following(api)
    try:
        for container, unit in units.items():
            following.add(container, unit, tail=tail)
        yield from following.run()
    finally:
        following.close()


def parse_line(text: str, *, unit: str, stream: str) -> LogLine:
    """Take a line and the time at its head apart."""
    head, _, rest = text.partition(" ")
    try:
        time = parse_time(head)
    except ValueError:
        return LogLine(unit=unit, text=text, stream=stream)
    return LogLine(unit=unit, text=rest, time=time, stream=stream)


def _lines(stream: Stream, unit: str, *, tty: bool) -> Iterator[LogLine]:
    for name, text in lines(demux(stream.pieces(), tty=tty)):
        yield parse_line(text, unit=unit, stream=name)


def _when(line: LogLine) -> datetime:
    return line.time or _NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """A container's stream has ended."""

    container: str


@dataclass(slots=True)
class _Following:
    """Reads each container in a thread; lines wait a moment so that they come in order.

    `silent`: containers whose stream has ended and that may speak again, because the engine
    restarts them.
    """

    api: EngineAPI
    inbox: queue.SimpleQueue[LogLine | _End] = field(default_factory=queue.SimpleQueue)
    streams: dict[str, Stream] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)

    def add(self, container: str, unit: str, *, tail: int | None, since: str = "") -> None:
        """Begin to read a container."""
        tty = bool(self.api.inspect(container).get("Config", {}).get("Tty"))
        stream = self.api.logs(container, tail=tail, follow=True, since=since)
        self.streams[container], self.units[container] = stream, unit
        read = partial(self._read, stream, container, unit, tty=tty)
        threading.Thread(target=read, name=f"logs-{unit}", daemon=True).start()

    def run(self) -> Iterator[LogLine]:
        """Give lines in order of time until every container has ended for good."""
        while self.streams or self.silent:
            batch = self._batch()
            for end in batch:
                if isinstance(end, _End):
                    self.streams.pop(end.container).close()
                    self.silent.add(end.container)
            fresh = sorted((one for one in batch if isinstance(one, LogLine)), key=_when)
            for line in fresh:
                self.last[line.unit] = _when(line)
            yield from fresh
            self._hear_again()

    def close(self) -> None:
        """End every stream; the threads end with them."""
        for stream in self.streams.values():
            stream.close()

    def _batch(self) -> list[LogLine | _End]:
        batch: list[LogLine | _End] = []
        left = RESTART_SECONDS if self.silent else None
        try:
            batch.append(self.inbox.get(timeout=left))
            deadline = time.monotonic() + SETTLE_SECONDS
            while (left := deadline - time.monotonic()) > 0:
                batch.append(self.inbox.get(timeout=left))
        except queue.Empty:
            return batch
        return batch

    def _hear_again(self) -> None:
        for container in tuple(self.silent):
            try:
                said = self.api.inspect(container).get("State", {})
            except EngineLacksError:
                said = {}
            if said.get("Restarting"):
                continue
            self.silent.discard(container)
            if said.get("Running"):
                unit = self.units[container]
                # One microsecond later, so that the last line does not come twice.
                since = f"{self.last.get(unit, _NEVER).timestamp() + 1e-6:.6f}"
                self.add(container, unit, tail=None, since=since if unit in self.last else "")

    def _read(self, stream: Stream, container: str, unit: str, *, tty: bool) -> None:
        # When the engine goes away its streams end; that it is gone is met at the next question.
        with contextlib.suppress(EngineUnavailableError):
            for line in _lines(stream, unit, tty=tty):
                self.inbox.put(line)
        self.inbox.put(_End(container=container))


def containers_of(found: Sequence[Json], units: Sequence[str], *, label: str) -> dict[str, str]:
    """Pick the containers of units: container id → unit; all where no unit is named."""
    named = {one["Id"]: str(one["Labels"].get(label, "")) for one in found}
    return {key: unit for key, unit in named.items() if not units or unit in units}
