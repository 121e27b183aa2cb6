"""Every secret of an installation, told without its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hearth_control.deploy.rotate import check_keys
from hearth_control.deploy.situation import Situation, load_choices, look, plan_for, resolve_engine
from hearth_control.engine.errors import EngineUnavailableError
from hearth_control.engine.observed import Observed
from hearth_control.secrets.initialised import load_record
from hearth_control.secrets.notes import standing
from hearth_control.secrets.rotation import data_volumes, seen_volumes
from hearth_control.secrets.rules import Recipe, recipes
from hearth_control.secrets.staging import Staging

if TYPE_CHECKING:
    from datetime import datetime

    from hearth_kit.secret import Secret

    from hearth_control.deploy.world import World

NOT_MADE, UNUSED, CUT_OFF = "not made yet", "not used", "rotation was cut off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One secret: whose it is, what reads it, how it stands to the data that it made.

    `made_at` None: it is not there. `by_file` are the readers that are given a file.
    """

    key: str
    service: str
    kind: str
    change: str
    used_by: tuple[str, ...]
    by_file: tuple[str, ...]
    made_at: datetime | None
    state: str


def list_secrets(world: World) -> tuple[Listed, ...]:
    """List what the services that are on need, and what lies in the folder besides.

    Raises:
        SecretDamagedError, SecretsClosedError: as reading secrets.
    """
    situation = _look(world)
    plan = plan_for(world, situation)
    known = recipes(situation.catalog)
    marks, record = world.secrets.fingerprints(), load_record(world.home)
    seen = seen_volumes(situation.observed.volumes, plan.project)
    begun = frozenset(Staging(world.home).keys())
    found = []
    for key in sorted({*plan.secrets, *world.secrets.keys()}):
        recipe = known.get(key)
        uses = [(unit.name, use) for unit in plan.units for use in unit.secrets if use.key == key]
        state = _state(recipe, marks.get(key), planned=key in plan.secrets)
        if recipe is not None and not state:
            volumes = data_volumes(recipe, situation.catalog, plan.wires)
            state = standing(recipe, marks[key], volumes=volumes, seen=seen, record=record)[0]
        found.append(
            Listed(
                key=key,
                service=recipe.service if recipe else "",
                kind=recipe.rule.kind.value if recipe else "",
                change=recipe.rule.change if recipe else "",
                used_by=tuple(dict.fromkeys(name for name, _use in uses)),
                by_file=tuple(dict.fromkeys(name for name, use in uses if use.file)),
                made_at=world.secrets.made_at(key),
                state=CUT_OFF if key in begun else state,
            )
        )
    return tuple(found)


def reveal(world: World, key: str) -> Secret:
    """Give one secret's value.

    Raises:
        UnknownSecretError: there is none of this name, in the catalog or the folder.
        SecretMissingError: it was never made.
    """
    if world.secrets.made_at(key) is None:
        catalog, _settings = load_choices(world)
        check_keys(recipes(catalog), [key])
    return world.secrets.load([key])[key]


def _look(world: World) -> Situation:
    try:
        return look(world)
    except EngineUnavailableError:
        catalog, said = load_choices(world)
        settings = resolve_engine(world, said)
        return Situation(
            catalog=catalog,
            settings=settings,
            choice=world.choose_engine(said),
            engine=world.open_engine(settings.engine, settings.project),
            observed=Observed(engine=settings.engine.value),
        )


def _state(recipe: Recipe | None, mark: str | None, *, planned: bool) -> str:
    if recipe is None or not planned:
        return UNUSED
    if mark is None:
        return NOT_MADE
    return ""
