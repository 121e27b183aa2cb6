"""The units' logs: one line a line, with its time, rotated by size, read back across rotation.

Format: `2026-11-21T03:39:51.123Z o text`, where the letter is the stream: `o` standard output,
`e` standard error, `h` Hearth itself.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

KEEP_FILES: Final = 3
ROTATE_BYTES: Final = 10 * 1024**2
LINE_BYTES: Final = 16 * 1024
STREAMS: Final = {"o": "stdout", "e": "stderr", "h": "hearth"}


class Entry(NamedTuple):
    """One line of a log. `time` is RFC 3339 in UTC as it stands in the file."""

    time: str
    unit: str
    stream: str
    text: str


@dataclass(slots=True)
class LogWriter:
    """Appends a unit's lines; a full disk loses lines, never the unit."""

    path: Path
    rotate_bytes: int = ROTATE_BYTES
    lost: int = 0

    def write(self, letter: str, *lines: str, now: datetime | None = None) -> None:
        """Add lines that came together, rotating before them if the file is large."""
        moment = (now or datetime.now(UTC)).isoformat(timespec="milliseconds")[:-6]
        data = "".join(f"{moment}Z {letter} {line}\n" for line in lines).encode(errors="replace")
        try:
            if self.path.exists() and self.path.stat().st_size + len(data) > self.rotate_bytes:
                rotate(self.path)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError:
            self.lost += len(lines)
            return
        try:
            os.write(descriptor, data)
        except OSError:
            self.lost += len(lines)
        finally:
            os.close(descriptor)


@dataclass(slots=True)
class LineSplitter:
    """Cuts what comes through a pipe into lines; very long ones are cut where they are."""

    rest: bytes = b""

    def feed(self, data: bytes) -> tuple[str, ...]:
        """Take more bytes and give the lines that are whole."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        while len(self.rest) >= LINE_BYTES:
            lines.append(self.rest[:LINE_BYTES])
            self.rest = self.rest[LINE_BYTES:]
        return tuple(line.rstrip(b"\r").decode(errors="replace") for line in lines)

    def flush(self) -> tuple[str, ...]:
        """Give what is left when the pipe is closed."""
        return self.feed(b"\n") if self.rest else ()


def rotate(path: Path) -> None:
    """Move a log and its older ones back by one; the oldest goes."""
    for number in range(KEEP_FILES, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        newer = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
        if newer.exists():
            newer.replace(older)


def parse_line(unit: str, line: str) -> Entry:
    """Read one line of a log; one that is torn keeps its text and has no time."""
    head, _, rest = line.partition(" ")
    letter, _, text = rest.partition(" ")
    if letter not in STREAMS or not head.endswith("Z"):
        return Entry("", unit, "stdout", line)
    return Entry(head, unit, STREAMS[letter], text)


def read_tail(path: Path, unit: str, count: int) -> list[Entry]:
    """Give the last lines of a unit, from older files where the newest is too short."""
    lines: list[str] = []
    files = (path, *(path.with_name(f"{path.name}.{n}") for n in range(1, KEEP_FILES + 1)))
    for file in files:
        if len(lines) >= count:
            break
        lines = _last_lines(file, count - len(lines)) + lines
    return [parse_line(unit, line) for line in lines]


def _last_lines(path: Path, count: int) -> list[str]:
    try:
        with path.open("rb") as file:
            return [line.decode(errors="replace").rstrip("\n") for line in deque(file, count)]
    except OSError:
        return []


def read_tails(paths: Sequence[tuple[str, Path]], count: int) -> Iterator[Entry]:
    """Give the last lines of several units in the order of time."""
    return merge(*(read_tail(path, unit, count) for unit, path in paths))


@dataclass(slots=True)
class Follower:
    """Reads what is added to one log, over rotation."""

    unit: str
    path: Path
    file: BinaryIO | None = None
    rest: bytes = b""

    def start(self, tail: int) -> list[Entry]:
        """Give the last lines that are there, and stand behind them."""
        found = self._drain() if self._open() else []
        if len(found) < tail:
            older = self.path.with_name(f"{self.path.name}.1")
            lines = _last_lines(older, tail - len(found))
            found = [parse_line(self.unit, line) for line in lines] + found
        return found[-tail:] if tail > 0 else []

    def read(self) -> list[Entry]:
        """Give what was added since the last time; empty when nothing was."""
        if self.file is None and not self._open():
            return []
        entries = self._drain()
        if self._was_rotated():
            entries += self._drain()
            self.close()
            entries += self._drain() if self._open() else []
        return entries

    def close(self) -> None:
        """Let go of the file."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def _open(self) -> bool:
        try:
            self.file = self.path.open("rb")
        except OSError:
            return False
        return True

    def _drain(self) -> list[Entry]:
        data = b"" if self.file is None else self.file.read()
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [parse_line(self.unit, line.decode(errors="replace")) for line in lines]

    def _was_rotated(self) -> bool:
        try:
            return self.file is not None and (
                os.fstat(self.file.fileno()).st_ino != self.path.stat().st_ino
            )
        except OSError:
            return False


def follow(
    paths: Sequence[tuple[str, Path]], *, tail: int, pause_seconds: float = 0.1
) -> Iterator[Entry]:
    """Give the last lines of several units, then what they add, for ever."""
    followers = [Follower(unit, path) for unit, path in paths]
    try:
        yield from merge(*[follower.start(tail) for follower in followers])
        while True:
            entries = sorted(entry for follower in followers for entry in follower.read())
            yield from entries
            if not entries:
                time.sleep(pause_seconds)
    finally:
        for follower in followers:
            follower.close()
