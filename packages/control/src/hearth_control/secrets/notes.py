"""What a plan must say of secrets and the data that was made with them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from hearth_control.catalog.model import Catalog
from hearth_control.plan.model import Note, Plan, Severity
from hearth_control.secrets.initialised import Record
from hearth_control.secrets.rotation import data_volumes, seen_volumes
from hearth_control.secrets.rules import Recipe


class Standing(StrEnum):
    """How a secret stands to the data that was made with it."""

    FREE = "tied to no data"
    NONE = "no data yet"
    SAME = "as its data"
    OTHER = "not as its data"
    UNKNOWN = "unknown"


def standing(
    recipe: Recipe,
    mark: str | None,
    *,
    volumes: Iterable[str],
    seen: frozenset[str],
    record: Record,
) -> tuple[Standing, str]:
    """Compare a secret with what its volumes were made with; give the volume that decides.

    `volumes` are those whose data it made, `seen` those that are there.
    """
    if recipe.rule.change == "free":
        return Standing.FREE, ""
    there = [volume for volume in volumes if volume in seen]
    for volume in there:
        made_with = record.get(volume, {}).get(recipe.key)
        if made_with is not None and mark is not None and made_with != mark:
            return Standing.OTHER, volume
    if not there:
        return Standing.NONE, ""
    known = [volume for volume in there if recipe.key in record.get(volume, {})]
    return (Standing.SAME, known[0]) if known else (Standing.UNKNOWN, there[0])


def secret_notes(
    plan: Plan,
    catalog: Catalog,
    known: Mapping[str, Recipe],
    *,
    marks: Mapping[str, str],
    record: Record,
    volumes: Iterable[str],
    begun: Iterable[str],
) -> Iterator[Note]:
    """Say which secrets are not those that data was made with, and which rotations were cut off.

    `volumes` are those that the engine has, by its names.
    """
    unfinished = frozenset(begun)
    seen = seen_volumes(volumes, plan.project)
    for key in plan.secrets:
        recipe = known.get(key)
        if recipe is None or key in unfinished:
            continue
        own = data_volumes(recipe, catalog, plan.wires)
        found, volume = standing(recipe, marks.get(key), volumes=own, seen=seen, record=record)
        if found is Standing.OTHER:
            yield _other(recipe, volume)
    for key in sorted(unfinished):
        yield Note(
            code="rotation-unfinished",
            severity=Severity.WARNING,
            text=f"secrets/{key}: its rotation was cut off; both values are kept until it ends",
            service=known[key].service if key in known else None,
            hint=f"hearth secrets rotate {key}",
        )


def _other(recipe: Recipe, volume: str) -> Note:
    start = f"{recipe.service}: the secret `{recipe.key}` is not the one that the data in"
    can_tell = recipe.rule.change == "initial" and recipe.rule.rotate is not None
    then = "rotating gives the data a new one" if can_tell else "put that one back"
    verb = "rotate" if can_tell else "set"
    return Note(
        code="secret-changed",
        severity=Severity.ERROR,
        text=f"{start} `{volume}` was made with; {then}",
        service=recipe.service,
        hint=f"hearth secrets {verb} {recipe.key}",
    )
