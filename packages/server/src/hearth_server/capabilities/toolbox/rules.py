"""Which tools a few words mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hearth_server.capabilities.toolbox.model import FoundTool

_WORD = re.compile(r"[a-z0-9]+")
_IN_NAME, _IN_TITLE, _IN_TEXT = 4, 3, 1


def rank(tools: Iterable[FoundTool], *, query: str, group: str | None) -> tuple[FoundTool, ...]:
    """Give the tools of a group that have a word of the query, best first.

    A word in the name counts most, then in the title, then in the description; without a query
    each tool of the group counts the same and they keep their order.
    """
    wanted = set(_WORD.findall(query.lower()))
    inside = [each for each in tools if group is None or each.group == group]
    if not wanted:
        return tuple(inside)
    scored = [(_score(each, wanted), each) for each in inside]
    kept = [(score, each) for score, each in scored if score]
    return tuple(each for _, each in sorted(kept, key=lambda one: -one[0]))


def _score(tool: FoundTool, wanted: set[str]) -> int:
    name = _stems(tool.name)
    title = _stems(f"{tool.title} {tool.group}")
    text = _stems(tool.description)
    return sum(
        _IN_NAME * (word in name) + _IN_TITLE * (word in title) + _IN_TEXT * (word in text)
        for word in map(_stem, wanted)
    )


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(text.lower())}


def _stem(word: str) -> str:
    return word.removesuffix("s") if len(word) > 3 else word
