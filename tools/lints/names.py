"""`names`: a module is a noun of the domain, never a drawer.

Keeps out: the `utils` where a second copy of a function is written, since nobody looks for the
first one there.
"""

from __future__ import annotations

from collections.abc import Iterator

from finding import Finding, Module

NAME = "names"
_DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "managers"}


def check(module: Module) -> Iterator[Finding]:
    """Find folders and modules that are named for nothing."""
    if not module.is_source:
        return
    for part in (*module.path.parts[:-1], module.path.stem):
        if part in _DRAWERS:
            text = f"`{part}` says nothing; name it for what it holds"
            yield Finding(path=module.path, line=0, lint=NAME, text=text)
