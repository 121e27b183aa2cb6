"""What a name really means: one that is passed on by imports is the one where it stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hearth_server.capabilities.code.model import Symbol, Use
from hearth_server.capabilities.code.resolving import Index


def trace_uses(uses: Iterable[Use], index: Index) -> list[Use]:
    """Give uses with each target by the name under which it is defined, as far as that is known."""
    known: dict[str, str] = {}
    traced = []
    for use in uses:
        if use.target not in known:
            meaning = index.resolve(use.target)
            known[use.target] = meaning.name if isinstance(meaning, Symbol) else use.target
        traced.append(replace(use, target=known[use.target]))
    return list(dict.fromkeys(traced))


def trace_bases(symbols: Iterable[Symbol], index: Index) -> list[Symbol]:
    """Give symbols, the bases of classes by the name under which each is defined."""

    def traced(base: str) -> str:
        meaning = index.resolve(base)
        return meaning.name if isinstance(meaning, Symbol) else base

    return [
        replace(each, bases=tuple(map(traced, each.bases))) if each.bases else each
        for each in symbols
    ]
