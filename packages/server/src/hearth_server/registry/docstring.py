"""Read a google-form docstring: the text, and what it says of each argument. Pure."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_SECTION: Final = re.compile(
    r"(Args|Returns|Raises|Yields|Shape|Units|Source|Example|Examples|Note|Notes):.*"
)
_ENTRY: Final = re.compile(r"\*{0,2}(\w+)(?:\s*\([^)]*\))?:\s*(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Docstring:
    """A docstring taken apart."""

    summary: str
    """The first line."""
    text: str
    """All before the first section, paragraphs kept apart by an empty line."""
    arguments: Mapping[str, str]


def read_docstring(raw: str | None) -> Docstring:
    r"""Take a docstring apart; other sections than `Args` are for the code's readers, left out.

    Example:
        >>> read_docstring("Find it.\n\nArgs:\n    query: What to find.").arguments
        {'query': 'What to find.'}
    """
    lines = inspect.cleandoc(raw or "").splitlines()
    starts = [index for index, line in enumerate(lines) if _SECTION.fullmatch(line)]
    body = lines[: starts[0]] if starts else lines
    return Docstring(
        summary=body[0].strip() if body else "",
        text="\n".join(body).strip(),
        arguments=_entries(lines, starts),
    )


def _entries(lines: list[str], starts: list[int]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start, end in pairwise([*starts, len(lines)]):
        if not lines[start].startswith("Args:"):
            continue
        name = ""
        for line in lines[start + 1 : end]:
            entry = _ENTRY.fullmatch(line.strip())
            is_entry = entry and len(line) - len(line.lstrip()) <= 4
            if is_entry and entry:
                name = entry[1]
                found[name] = entry[2].strip()
            elif name and line.strip():
                found[name] = f"{found[name]} {line.strip()}".strip()
    return found
