"""Putting things in the order of what they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def ordered(names: Iterable[str], needs: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Sort names so that each comes after what it needs; otherwise as they were given.

    A cycle does not stop it: the first of it that is met comes last. Needs of no known name are
    passed over.
    """
    wanted = dict.fromkeys(names)
    done: dict[str, None] = {}
    open_: set[str] = set()

    def visit(name: str) -> None:
        if name in done or name in open_ or name not in wanted:
            return
        open_.add(name)
        for needed in needs.get(name, ()):
            visit(needed)
        open_.discard(name)
        done[name] = None

    for name in wanted:
        visit(name)
    return tuple(done)
