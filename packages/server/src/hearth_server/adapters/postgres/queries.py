"""Load the named queries of a `.sql` file.

Example of one query in such a file:

    -- add_document --
    -- What it is for, in a sentence or two.
    insert into … values (%(id)s, …)

A query that reads rows says `readable(owner, id)` of the columns that hold the row's owner and its
document: the one statement of what somebody may read, put in where the file is loaded. In the same
way `{{name}}` puts in what stands under that name further up in the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

_NAME: Final = re.compile(r"^-- (\w+) --$", re.MULTILINE)
_PIECE: Final = re.compile(r"\{\{(\w+)\}\}")
_READABLE: Final = re.compile(r"\breadable\(([a-z_.]+), ([a-z_.]+)\)")
# The sub-select is evaluated once a query, and its result can be looked up in an index.
_STATEMENT: Final = (
    r"(\1 = %(owner)s or \2 = any ((select knowledge.shared_with(%(owner)s))::uuid[]))"
)


@cache
def load_queries(file: str) -> Mapping[str, bytes]:
    """Read each query of a file beside this module, by name."""
    text = (resources.files("hearth_server.adapters.postgres") / file).read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    found: dict[str, str] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        whole = _PIECE.sub(lambda piece: found[piece[1]], _without_comments(body))
        found[name] = _READABLE.sub(_STATEMENT, whole)
    return MappingProxyType({name: query.encode() for name, query in found.items()})


def _without_comments(body: str) -> str:
    """Drop comment lines, in which a percent sign would count as a placeholder."""
    return "\n".join(line for line in body.splitlines() if not line.startswith("--")).strip()
