"""A document as Docling describes it, to blocks. Pure.

Source: DoclingDocument, docling-core's `types/doc/document.py` (version 1.x of the schema): `body`
refers to texts, tables, pictures and groups, which refer to further ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from hearth_server.capabilities.knowledge.split import Block, BlockKind

_MAX_DEPTH: Final = 50
_LEFT_OUT: Final = frozenset({"page_header", "page_footer", "document_index"})
_COLLECTIONS: Final = frozenset({"texts", "tables", "groups", "pictures"})


def blocks_of(document: Mapping[str, Any]) -> list[Block]:
    """Give the blocks in reading order, each with its page where Docling knows it.

    What does not look like the schema is left out.
    """
    return list(_children(document, document.get("body"), _MAX_DEPTH))


def _children(document: Mapping[str, Any], item: Any, depth: int) -> Iterator[Block]:  # noqa: ANN401  JSON
    children = item.get("children") if isinstance(item, dict) else None
    for reference in children if isinstance(children, list) else ():
        kind, child = _find(document, reference)
        if child is None or child.get("content_layer") == "furniture":
            continue
        block = _table(child) if kind == "tables" else _text(child)
        if block is not None:
            yield block
        if depth:
            yield from _children(document, child, depth - 1)


def _find(document: Mapping[str, Any], reference: Any) -> tuple[str, dict[str, Any] | None]:  # noqa: ANN401  JSON
    path = reference.get("$ref", "") if isinstance(reference, dict) else ""
    parts = path.split("/") if isinstance(path, str) else []
    if len(parts) != 3 or parts[1] not in _COLLECTIONS or not parts[2].isdecimal():
        return "", None
    items = document.get(parts[1])
    number = int(parts[2])
    if not isinstance(items, list) or number >= len(items) or not isinstance(items[number], dict):
        return "", None
    return parts[1], items[number]


def _text(item: Mapping[str, Any]) -> Block | None:
    text, label = item.get("text"), item.get("label")
    if not isinstance(text, str) or not text.strip() or label in _LEFT_OUT:
        return None
    text = text.replace("\x00", "").strip()
    match label:
        case "title":
            return Block(text=text, kind=BlockKind.HEADING, level=0, page=_page(item))
        case "section_header":
            level = item.get("level")
            depth = level if isinstance(level, int) and 1 <= level <= 9 else 1
            return Block(text=text, kind=BlockKind.HEADING, level=depth, page=_page(item))
        case "code":
            return Block(text=text, kind=BlockKind.CODE, page=_page(item))
        case "list_item":
            return Block(text=f"- {text}", page=_page(item))
        case _:
            return Block(text=text, page=_page(item))


def _table(item: Mapping[str, Any]) -> Block | None:
    data = item.get("data")
    grid = data.get("grid") if isinstance(data, dict) else None
    lines = []
    for row in grid if isinstance(grid, list) else ():
        cells = [cell.get("text") for cell in row if isinstance(cell, dict)]
        line = " | ".join(" ".join(str(cell or "").split()) for cell in cells)
        if line.strip(" |"):
            lines.append(line)
    text = "\n".join(lines)
    return Block(text=text, kind=BlockKind.TABLE, page=_page(item)) if text else None


def _page(item: Mapping[str, Any]) -> int | None:
    places = item.get("prov")
    first = places[0] if isinstance(places, list) and places else None
    page = first.get("page_no") if isinstance(first, dict) else None
    return page if isinstance(page, int) and page > 0 else None
