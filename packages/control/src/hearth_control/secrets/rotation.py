"""What may become of a secret, and by which way. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hearth_control.catalog.model import Catalog, SecretKind
from hearth_control.plan.model import Wire
from hearth_control.secrets.checks import DERIVED
from hearth_control.secrets.rules import Recipe

WORTHLESS: Final = "worthless"
"""The backup recipe of volumes that hold nothing which a secret could have made."""


class Way(StrEnum):
    """How a new value gets to where it is used."""

    FILE = "file"
    """The file changes; whatever reads it starts anew."""
    STORE = "store"
    """The store is told first."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a secret may change, how, and if not, why and what to type instead."""

    key: str
    way: Way
    why: str = ""
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked for one secret.

    `holds_data`: data was made with it and is there · `is_fresh`: every start tells the store
    (the embedded engine) · `given`: the person brings the value · `restores`: that value is the
    one that the data was made with.
    """

    recipe: Recipe
    holds_data: bool = False
    is_fresh: bool = False
    given: bool = False
    restores: bool = False


def judge(ask: Ask) -> Verdict:
    """Say what may become of one secret."""
    recipe, rule = ask.recipe, ask.recipe.rule
    key = recipe.key
    if rule.kind in DERIVED:
        parent = recipe.parent[1] if recipe.parent else key
        hint = f"hearth secrets rotate {parent}"
        return _refused(key, f"is derived from `{parent}`, which can be rotated", hint)
    if rule.kind is SecretKind.GIVEN and not ask.given:
        return _refused(
            key, "comes from you, so only you can change it", f"hearth secrets set {key}"
        )
    if ask.restores or not ask.holds_data or rule.change == "free" or ask.is_fresh:
        return Verdict(key=key, way=Way.FILE)
    if rule.change == "never":
        why = "may never change: what is stored could not be read any more"
        return _refused(key, why, f"hearth show {recipe.service}")
    if rule.rotate is not None:
        return Verdict(key=key, way=Way.STORE)
    why = (
        f"holds since {recipe.service} was first started; it is changed in {recipe.service} itself"
    )
    return _refused(key, why, f"hearth open {recipe.service}")


def children_of(key: str, known: Mapping[str, Recipe]) -> tuple[str, ...]:
    """Name what is derived from a secret, and what is derived from that, parents first."""
    found: list[str] = []
    for name in sorted(known):
        parent = known[name].parent
        if parent is not None and parent[1] == key:
            found += [name, *children_of(name, known)]
    return tuple(dict.fromkeys(found))


def data_volumes(recipe: Recipe, catalog: Catalog, wires: Sequence[Wire]) -> tuple[str, ...]:
    """Name the volumes whose data a secret made, as the catalog names them.

    The one that the rule says; else the service's own; else those of who keeps its database.
    """
    if recipe.rule.volume is not None:
        return (recipe.rule.volume,)
    own = _lasting(catalog, recipe.service)
    if own:
        return own
    keepers = {wire.provider for wire in wires if wire.consumer == recipe.service and wire.database}
    return tuple(volume for keeper in sorted(keepers) for volume in _lasting(catalog, keeper))


def seen_volumes(names: Iterable[str], project: str) -> frozenset[str]:
    """Give volumes as the catalog names them, however the engine does."""
    return frozenset(name.removeprefix(f"{project}_") for name in names)


def _lasting(catalog: Catalog, name: str) -> tuple[str, ...]:
    service = catalog.services.get(name)
    if service is None:
        return ()
    return tuple(volume for volume in service.volumes if service.backup.get(volume) != WORTHLESS)


def _refused(key: str, why: str, hint: str) -> Verdict:
    return Verdict(key=key, way=Way.REFUSED, why=why, hint=hint)
