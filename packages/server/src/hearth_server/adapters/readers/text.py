"""Plain text in whatever encoding it comes, some of it at a time, however long it is."""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from hearth_server.adapters.readers.parts import Part, RawBlock, ReadError, clean

_BLANK: Final = re.compile(r"\n\s*\n")
_BLOCKS_A_PART: Final = 1_000
_PIECE: Final = 1024 * 1024
"""Bytes or characters that are taken at a time; progress is told in pieces."""
_LONGEST: Final = 256 * 1024
"""Characters without a blank line after which a text is cut at a space."""
_HEAD: Final = 100_000
_OLD: Final = "cp1252"
_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def read(path: Path, max_pages: int) -> Iterator[Part]:  # noqa: ARG001  plain text has no pages
    """Give the paragraphs, some thousand at a time; what is done is counted in megabytes."""
    total = -(-path.stat().st_size // _PIECE)
    rest = ""
    for done, piece in enumerate(pieces(path)):
        whole, rest = _cut(rest + piece)
        paragraphs = paragraphs_of(whole)
        for start in range(0, len(paragraphs), _BLOCKS_A_PART):
            yield Part(_blocks(paragraphs[start : start + _BLOCKS_A_PART]), done, total)
    yield Part(_blocks(paragraphs_of(rest)), total, total)


def pieces(path: Path) -> Iterator[str]:
    """Give a file's text a megabyte at a time, decoded as `decode` does. Raises as that."""
    with open_text(path) as file:
        while text := file.read(_PIECE):
            yield text


def open_text(path: Path) -> IO[str]:
    """Open a file for reading, in its encoding and with the ends of its lines as they are.

    Raises:
        ReadError: it is no text.
    """
    file = path.open(encoding=_encoding_of(path), errors="replace", newline="")
    _check(file.read(_HEAD))
    file.seek(0)
    return file


def paragraphs_of(text: str) -> list[str]:
    """Give the paragraphs of a text: what stands between blank lines."""
    return [part for part in _BLANK.split(clean(text)) if part.strip()]


def decode(data: bytes) -> str:
    """Turn bytes into text: by the mark at the beginning, else UTF-8, UTF-16, Windows-1252.

    Raises:
        ReadError: it is no text.
    """
    encoding = _marked(data)
    try:
        text = data.decode(encoding, "replace") if encoding else data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode(_OLD, "replace")
    _check(text)
    return text


def _blocks(paragraphs: list[str]) -> list[RawBlock]:
    return [("text", 0, None, text) for text in paragraphs]


def _cut(text: str) -> tuple[str, str]:
    """Cut a text where a paragraph ends; where none does for long, at a line's end or a space."""
    for last in deque(_BLANK.finditer(text), maxlen=1):
        return text[: last.start()], text[last.end() :]
    if len(text) < _LONGEST:
        return "", text
    at = max(text.rfind("\n"), text.rfind(" ")) + 1
    at = at or len(text)
    return text[:at], text[at:]


def _encoding_of(path: Path) -> str:
    """Tell a file's encoding; one without a mark is looked through from beginning to end."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        head = file.read(_PIECE)
        encoding = _marked(head)
        if encoding:
            return encoding
        data = head
        try:
            while data:
                decoder.decode(data)
                data = file.read(_PIECE)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _OLD
    return "utf-8"


def _marked(data: bytes) -> str:
    found = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), "")
    return found or _wide(data[:10_000])


def _wide(sample: bytes) -> str:
    """Tell UTF-16 by its zeros, which stand in every other place."""
    if sample.count(0) <= len(sample) * 0.2:
        return ""
    return "utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be"


def _check(text: str) -> None:
    sample = text[:_HEAD]
    strange = sum(
        1 for character in sample if character < " " and character not in "\t\n\r\x0c\x1b"
    )
    if strange > max(2, len(sample) * 0.01):
        raise ReadError("unreadable", "is not text")
