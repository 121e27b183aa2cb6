"""What the format modules give and raise; plain tuples, as they cross a pipe."""

from __future__ import annotations

import unicodedata
from typing import Any, NamedTuple

RawBlock = tuple[str, int, int | None, str]
"""Kind, heading level, page, text."""


class Part(NamedTuple):
    """Some blocks, and how many of how many units are done."""

    blocks: list[RawBlock]
    done: int
    total: int


class ReadError(Exception):
    """The file cannot be read; the text completes the sentence "file x …"."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def clean(text: str) -> str:
    """Compose characters, join soft hyphens and drop what no store takes: NUL and surrogates."""
    text = unicodedata.normalize("NFC", text)
    text = text.replace("\x00", "").replace("\u00ad", "").replace("\ufeff", "")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n")
    return text.encode("utf-8", "replace").decode("utf-8").strip()


def text_of(value: Any) -> str:  # noqa: ANN401  parsers give None, str or their own string types
    """Give a parser's value as text."""
    return "" if value is None else str(value)
