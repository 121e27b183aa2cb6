"""Settings in layers: which value holds, and where it came from.

Layers are given from strongest to weakest: flags, environment, file, preset, defaults. Nothing
here reads a file or the environment; a deployable's own `settings/load` does that once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Values from one place. `origin` is as a person would name it: `.env`, `environment`."""

    origin: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A value that holds, and the layers it came past."""

    key: str
    value: str
    origin: str
    overrides: tuple[tuple[str, str], ...] = ()
    """Weaker `(origin, value)` pairs that this one hides, strongest first."""


def merge(layers: Sequence[Layer]) -> Mapping[str, Setting]:
    """Fold layers, strongest first, into one setting a key, sorted by key."""
    found: dict[str, list[tuple[str, str]]] = {}
    for layer in layers:
        for key, value in layer.values.items():
            found.setdefault(key, []).append((layer.origin, value))
    return MappingProxyType(
        {
            key: Setting(key=key, origin=pairs[0][0], value=pairs[0][1], overrides=tuple(pairs[1:]))
            for key, pairs in sorted(found.items())
        }
    )


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Find the known name that a mistyped one most likely means."""
    import difflib

    folded = {candidate.casefold(): candidate for candidate in sorted(known)}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None
