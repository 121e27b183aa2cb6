"""What comes over the engine's streams, taken apart: JSON lines and multiplexed output. Pure.

Source: Docker Engine API v1.41, "Attach to a container", stream format: frames of an 8-byte
header (stream, three zeros, length as big-endian 32-bit) and a payload; a TTY's output is raw.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

STREAMS = {0: "stdin", 1: "stdout", 2: "stderr"}
HEADER_BYTES = 8


def demux(pieces: Iterable[bytes], *, tty: bool = False) -> Iterator[tuple[str, bytes]]:
    """Give `(stream, payload)` of each frame, however the bytes were cut on their way."""
    if tty:
        yield from (("stdout", piece) for piece in pieces)
        return
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= HEADER_BYTES:
            end = HEADER_BYTES + int.from_bytes(buffer[4:HEADER_BYTES], "big")
            if len(buffer) < end:
                break
            yield STREAMS.get(buffer[0], "stdout"), bytes(buffer[HEADER_BYTES:end])
            del buffer[:end]


def lines(frames: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, str]]:
    """Give `(stream, line)`, each stream's lines whole; what has no line end comes last."""
    left: dict[str, bytes] = {}
    for stream, payload in frames:
        *whole, rest = (left.get(stream, b"") + payload).split(b"\n")
        left[stream] = rest
        yield from ((stream, _text(line)) for line in whole)
    yield from ((stream, _text(rest)) for stream, rest in sorted(left.items()) if rest)


class Lines:
    """Gives each whole line of what comes in pieces; what ends without a line end is not given."""

    def __init__(self, tell: Callable[[str], None] | None) -> None:
        self._tell = tell
        self._left = b""

    def take(self, payload: bytes) -> None:
        """Take a piece."""
        if self._tell is None:
            return
        *whole, self._left = (self._left + payload).split(b"\n")
        for line in whole:
            self._tell(_text(line))


def json_lines(pieces: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Give each JSON object of a stream that has one a line."""
    for _, line in lines(("stdout", piece) for piece in pieces):
        if line.strip():
            value = json.loads(line)
            if isinstance(value, dict):
                yield value


def _text(line: bytes) -> str:
    return line.rstrip(b"\r").decode("utf-8", "replace")
