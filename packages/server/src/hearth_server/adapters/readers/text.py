"""Plain text in whatever encoding it comes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hearth_server.adapters.readers.parts import Part, RawBlock, ReadError, clean

_BLANK: Final = re.compile(r"\n\s*\n")
_BLOCKS_A_PART: Final = 1_000
_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def read(path: Path, max_pages: int) -> Iterator[Part]:  # noqa: ARG001  plain text has no pages
    """Give the paragraphs, some thousand at a time."""
    paragraphs = paragraphs_of(decode(path.read_bytes()))
    for start in range(0, len(paragraphs), _BLOCKS_A_PART):
        chosen = paragraphs[start : start + _BLOCKS_A_PART]
        blocks: list[RawBlock] = [("text", 0, None, text) for text in chosen]
        yield Part(blocks, start + len(chosen), len(paragraphs))
    if not paragraphs:
        yield Part([], 0, 0)


def paragraphs_of(text: str) -> list[str]:
    """Give the paragraphs of a text: what stands between blank lines."""
    return [part for part in _BLANK.split(clean(text)) if part.strip()]


def decode(data: bytes) -> str:
    """Turn bytes into text: by the mark at the beginning, else UTF-8, UTF-16, Windows-1252.

    Raises:
        ReadError: it is no text.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = _guess(data)
    sample = text[:100_000]
    strange = sum(
        1 for character in sample if character < " " and character not in "\t\n\r\x0c\x1b"
    )
    if strange > max(2, len(sample) * 0.01):
        raise ReadError("unreadable", "is not text")
    return text


def _guess(data: bytes) -> str:
    sample = data[:10_000]
    zeros = sample.count(0)
    if zeros > len(sample) * 0.2:
        little = sample[1::2].count(0) >= sample[::2].count(0)
        return data.decode("utf-16-le" if little else "utf-16-be", "replace")
    return data.decode("cp1252", "replace")
