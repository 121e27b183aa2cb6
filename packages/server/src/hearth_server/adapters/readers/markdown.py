"""Markdown by the CommonMark rules, with tables; front matter is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from hearth_server.adapters.readers.parts import Part, RawBlock, clean
from hearth_server.adapters.readers.text import decode

_FRONT: Final = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def read(path: Path, max_pages: int) -> Iterator[Part]:  # noqa: ARG001  Markdown has no pages
    """Give all blocks at once."""
    source = _FRONT.sub("", clean(decode(path.read_bytes())) + "\n")
    tokens = MarkdownIt("commonmark", {"maxNesting": 40}).enable("table").parse(source)
    blocks: list[RawBlock] = [block for block in _blocks(tokens) if block[3]]
    # Past its limit of nesting the parser drops text; better plain than lost.
    yield Part(blocks or [("text", 0, None, source.strip())], 1, 1)


def _blocks(tokens: Sequence[Token]) -> Iterator[RawBlock]:  # noqa: C901  one case a token
    level = 0
    item = ""
    rows: list[list[str]] = []
    in_table = False
    for token in tokens:
        match token.type:
            case "heading_open":
                level = int(token.tag[1])
            case "heading_close":
                level = 0
            case "list_item_open":
                item = "- "
            case "table_open":
                in_table, rows = True, []
            case "tr_open":
                rows.append([])
            case "table_close":
                in_table = False
                yield ("table", 0, None, "\n".join(" | ".join(row) for row in rows))
            case "inline" if in_table:
                rows[-1].append(_plain(token))
            case "inline":
                kind = "heading" if level else "text"
                yield (kind, level, None, item + _plain(token))
                item = ""
            case "fence" | "code_block":
                yield ("code", 0, None, token.content.rstrip())
            case _:
                continue


def _plain(token: Token) -> str:
    """Give the text that a reader would see, with code as it is and images by their names."""
    parts: list[str] = []
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            parts.append("\n" if child.type == "hardbreak" else " ")
        elif child.type != "html_inline":
            parts.append(child.content)
    return "".join(parts).strip()
