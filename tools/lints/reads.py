"""`reads`: each query on people's rows says whose they are; a read says `readable(owner, id)`.

Keeps out: a query that leans on row-level security alone, and one that finds a document by a rule
of its own and so misses, or gives away, what is shared.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from finding import Finding, Module

NAME = "reads"
_NAMED = re.compile(r"^-- (\w+) --$", re.MULTILINE)
_TABLE = re.compile(
    r"\b(from|join|update|into)\s+(?:knowledge|graph)\.(?!spaces\b)\w+(?!\w|\()"
    r"(?:\s+(?:as\s+)?(?!where\b|set\b|on\b|join\b|order\b|for\b|left\b|cross\b)(\w+)\b)?",
    re.IGNORECASE,
)
_RULE = re.compile(r"(?:readable\((?:(\w+)\.)?owner, |\b(?:(\w+)\.)?owner = %\(owner\)s)")
_ELSEWHERE = {"migrations", "neo4j", "testing"}
"""Here such words are a schema's, Cypher's, or those of a superuser who looks on."""
_RAW = re.compile(r"\b(?:from|join|update|into)\s+(?:knowledge|graph)\.\w+", re.IGNORECASE)


def check(module: Module) -> Iterator[Finding]:
    """Find queries on people's rows that stand outside the `.sql` files."""
    if not module.is_source or _ELSEWHERE & set(module.path.parts):
        return
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _RAW.search(node.value)
        ):
            text = "a query on people's rows stands in a `.sql` file, where its rule is checked"
            yield Finding(path=module.path, line=node.lineno, lint=NAME, text=text)


def check_queries(path: Path, text: str) -> Iterator[Finding]:
    """Find queries of a file that name rows without saying whose."""
    _, *parts = _NAMED.split(text)
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        bare = "\n".join(line for line in body.splitlines() if not line.startswith("--"))
        for fault in _faults(bare):
            line = text[: text.index(f"-- {name} --")].count("\n") + 1
            yield Finding(path=path, line=line, lint=NAME, text=f"`{name}`: {fault}")


def _faults(query: str) -> Iterator[str]:
    named: Counter[str] = Counter()
    for verb, alias in _TABLE.findall(query):
        if verb.lower() == "into":
            if "%(owner)s" not in query:
                yield "rows are written without an owner"
        else:
            named[alias or ""] += 1
    ruled = Counter(first or second for first, second in _RULE.findall(query))
    for alias, count in named.items():
        if ruled[alias] < count:
            whose = f"`{alias}`" if alias else "the rows"
            yield f"nothing says whose {whose} are: `readable(owner, id)`, `owner = %(owner)s`"
