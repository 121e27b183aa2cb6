"""Which models a person chose, what they take loaded, and the smaller ones that fit. Pure.

Sizes are facts of the catalog (`models` of a variable): what a model's file takes. Loaded it takes
about a fifth more, for the context and for intermediate results.

Source: measured use beside file sizes, as people list them for Ollama (`llama3.1:8b` 4.9 GB and
6 GB, `qwen3:32b` 20 GB and 24 GB; read 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hearth_control.catalog.model import Service, Variable

_MORE = 5
"""Loaded, a model takes one part in this many more than its file."""
DEFAULT_TAG = "latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A variable that names models, and its value as it is set."""

    key: str
    variable: Variable
    value: str

    @property
    def names(self) -> tuple[str, ...]:
        """Name the models, as they were written."""
        return tuple(name.strip() for name in self.value.split(",") if name.strip())

    @property
    def largest(self) -> tuple[str, int] | None:
        """Give the one that takes the most of those whose size is known, with its bytes loaded.

        Models are loaded one at a time where they do not fit together, so only this one counts.
        """
        known = [(name, loaded) for name in self.names if (loaded := loaded_size(name, self))]
        return max(known, key=lambda one: one[1], default=None)

    def within(self, room: int) -> str | None:
        """Give the value with each model that is too large replaced by a smaller of its family.

        None where one has no smaller that fits, or where nothing has to change.
        """
        names = list(self.names)
        for at, name in enumerate(names):
            if loaded_size(name, self) > room:
                smaller = next(iter(smaller_ones(name, self, room)), None)
                if smaller is None:
                    return None
                names[at] = smaller
        value = ",".join(dict.fromkeys(names))
        return value if tuple(names) != self.names else None


def chosen_models(service: Service, variables: Mapping[str, str]) -> Iterator[Chosen]:
    """Find the variables by which a person chose models for a service; `variables` are set."""
    for key, variable in sorted(service.variables.items()):
        value = variables.get(key, variable.default)
        if variable.models and value:
            yield Chosen(key=key, variable=variable, value=value)


def loaded_size(name: str, chosen: Chosen) -> int:
    """Say how many bytes a model takes when it is loaded; 0 where its size is not known."""
    family, _, tag = name.partition(":")
    size = chosen.variable.models.get(family, {}).get(tag or DEFAULT_TAG, 0)
    return size + size // _MORE


def smaller_ones(name: str, chosen: Chosen, room: int) -> Iterator[str]:
    """Name the models of the same family that take at most `room` bytes, the largest first."""
    family = name.partition(":")[0]
    tags = chosen.variable.models.get(family, {})
    named = sorted((tag for tag in tags if tag != DEFAULT_TAG), key=lambda tag: (-tags[tag], tag))
    for tag in named:
        if loaded_size(f"{family}:{tag}", chosen) <= room:
            yield f"{family}:{tag}"


def fitting(variables: Iterable[Variable], room: int) -> tuple[str, ...]:
    """Name the largest model of each family that takes at most `room` bytes, in their order."""
    found = []
    for variable in variables:
        chosen = Chosen(key="", variable=variable, value="")
        for family in variable.models:
            best = next(smaller_ones(family, chosen, room), None)
            if best is not None:
                found.append(best)
    return tuple(found)
