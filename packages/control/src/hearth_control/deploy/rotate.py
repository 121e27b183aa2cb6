"""Changing secrets: what may change, the store told first, the file last, children with parents."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hearth_kit.secret import REDACTED, Secret

from hearth_control.deploy.errors import writing
from hearth_control.deploy.situation import Situation, plan_for
from hearth_control.plan.model import Plan
from hearth_control.secrets.checks import find_fault
from hearth_control.secrets.errors import (
    SecretFixedError,
    SecretNotTakenError,
    SecretValueError,
    UnknownSecretError,
)
from hearth_control.secrets.generate import generate
from hearth_control.secrets.initialised import load_record, save_record
from hearth_control.secrets.rotation import (
    Ask,
    Verdict,
    Way,
    children_of,
    data_volumes,
    judge,
    seen_volumes,
)
from hearth_control.secrets.rules import Recipe, recipes
from hearth_control.secrets.staging import Staging
from hearth_control.settings.model import EngineName

if TYPE_CHECKING:
    from hearth_control.deploy.world import World
    from hearth_control.engine.port import Executed

STORE_SECONDS: Final = 120.0
OLD, NEW = "HEARTH_OLD", "HEARTH_NEW"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One secret that will change, with what is derived from it, and the volumes it made."""

    recipe: Recipe
    way: Way
    value: Secret
    children: tuple[tuple[str, Secret], ...] = ()
    volumes: tuple[str, ...] = ()

    @property
    def values(self) -> Mapping[str, Secret]:
        """Give every new value by key, the parent's first."""
        return {self.recipe.key: self.value, **dict(self.children)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What would change, what may not, and what that starts anew."""

    changes: tuple[Change, ...]
    refused: tuple[Verdict, ...]
    services: tuple[str, ...] = ()
    """Services whose containers start anew."""
    units: tuple[str, ...] = ()


def check_keys(known: Mapping[str, Recipe], keys: Iterable[str]) -> None:
    """Refuse names that no service has.

    Raises:
        UnknownSecretError: its hint is the nearest name.
    """
    from hearth_kit.settings import nearest

    for key in keys:
        if key not in known:
            near = nearest(key, known)
            msg = f"{key}: no service has a secret of this name"
            raise UnknownSecretError(
                msg, hint=f"hearth secrets show {near}" if near else "hearth secrets list"
            )


def prepare(
    world: World,
    situation: Situation,
    keys: Sequence[str],
    *,
    given: Mapping[str, Secret] | None = None,
) -> Prepared:
    """Decide on each secret and make the new values; nothing is written.

    A rotation that was cut off goes on with the value that was kept.

    Raises:
        UnknownSecretError: a name that no service has.
        SecretValueError: a given value does not fit.
        SecretDamagedError, SecretsClosedError: as reading secrets.
    """
    known = recipes(situation.catalog)
    check_keys(known, keys)
    plan = plan_for(world, situation)
    seen = seen_volumes(situation.observed.volumes, plan.project)
    record = load_record(world.home)
    begun = Staging(world.home).load()
    changes: list[Change] = []
    refused: list[Verdict] = []
    for key in dict.fromkeys(keys):
        recipe = known[key]
        said = (given or {}).get(key)
        _check_value(recipe, said)
        volumes = tuple(
            name for name in data_volumes(recipe, situation.catalog, plan.wires) if name in seen
        )
        ask = Ask(
            recipe=recipe,
            holds_data=bool(volumes),
            is_fresh=plan.engine is EngineName.EMBEDDED,
            given=said is not None,
            restores=said is not None and _restores(world, key, said, record, volumes),
        )
        verdict = judge(ask)
        if verdict.way is Way.REFUSED:
            refused.append(verdict)
            continue
        value = said or begun.get(key) or _generated(world, recipe)
        changes.append(
            Change(
                recipe=recipe,
                way=verdict.way,
                value=value,
                children=_children(world, recipe, value, known),
                volumes=volumes,
            )
        )
    units, services = _anew(world, situation, plan, changes)
    return Prepared(changes=tuple(changes), refused=tuple(refused), units=units, services=services)


def check_refused(prepared: Prepared) -> None:
    """Raise for the first secret that may not change.

    Raises:
        SecretFixedError: always names the reason and what to type instead.
    """
    if prepared.refused:
        first = prepared.refused[0]
        raise SecretFixedError(f"secrets/{first.key}: {first.why}", hint=first.hint)


def carry_out_changes(world: World, situation: Situation, prepared: Prepared) -> None:
    """Tell the stores, then write the files, one secret after the other.

    Raises:
        SecretNotTakenError: a store refused; its secret is as it was, those before it are changed.
        UnitNotRunningError: the store does not run; nothing of its secret was changed.
        DeployLockedError, HomeNotWritableError, DiskFullError.
    """
    staging = Staging(world.home)
    with writing(world.home), world.deploy_lock():
        for change in prepared.changes:
            for key, value in change.values.items():
                staging.put(key, value)
            if change.way is Way.STORE:
                _tell_store(world, situation, change, staging)
            _remember(world, change)
            for key in change.values:
                staging.settle(key)


def _remember(world: World, change: Change) -> None:
    record = load_record(world.home)
    if change.recipe.rule.change == "free":
        return
    mark = world.secrets.fingerprint_of(change.recipe.key, change.value)
    for volume in change.volumes:
        record.setdefault(volume, {})[change.recipe.key] = mark
    save_record(world.home, record)


def _tell_store(world: World, situation: Situation, change: Change, staging: Staging) -> None:
    """Have the store take the new value, unless it has it already, and see that it did."""
    rotation = change.recipe.rule.rotate
    service = situation.catalog.services[change.recipe.service]
    if rotation is None:
        return
    unit = rotation.container or service.main
    environment = {NEW: change.value.reveal(), OLD: _old(world, change.recipe.key)}

    def run(argv: tuple[str, ...]) -> Executed:
        return situation.engine.execute(
            unit, argv, timeout_seconds=STORE_SECONDS, environment=environment
        )

    # Where one of these raises, whether the store heard it is not known: both values stay.
    if rotation.check and run(rotation.check).exit_code == 0:
        return
    done = run(rotation.command)
    if done.exit_code != 0:
        for key in change.values:
            staging.drop(key)
        raise _not_taken(unit, change, done, hidden=tuple(environment.values()))
    if rotation.check and (checked := run(rotation.check)).exit_code != 0:
        raise _not_taken(unit, change, checked, hidden=tuple(environment.values()))


def _not_taken(
    unit: str, change: Change, done: Executed, *, hidden: Sequence[str]
) -> SecretNotTakenError:
    lines = [line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
    said = lines[-1] if lines else f"exit code {done.exit_code}"
    for value in sorted(hidden, key=len, reverse=True):
        said = said.replace(value, REDACTED) if value else said
    msg = f"{unit}: did not take a new value of `{change.recipe.key}`: {said}"
    return SecretNotTakenError(msg, hint=f"hearth logs {unit}")


def _old(world: World, key: str) -> str:
    return world.secrets.load([key])[key].reveal() if world.secrets.made_at(key) else ""


def _check_value(recipe: Recipe, value: Secret | None) -> None:
    if value is None:
        return
    fault = find_fault(recipe.rule, value.reveal())
    if fault:
        msg = f"secrets/{recipe.key}: the value {fault}"
        raise SecretValueError(msg, hint=f"hearth secrets set {recipe.key}")


def _restores(
    world: World,
    key: str,
    value: Secret,
    record: Mapping[str, Mapping[str, str]],
    volumes: Sequence[str],
) -> bool:
    """Whether a given value is what the data was made with, or may be because none is there."""
    marks = {record[name][key] for name in volumes if key in record.get(name, {})}
    if marks:
        return world.secrets.fingerprint_of(key, value) in marks
    return world.secrets.made_at(key) is None


def _generated(world: World, recipe: Recipe) -> Secret:
    return Secret(generate(recipe.rule, random=os.urandom, parents={}, now=_now(world)))


def _now(world: World) -> int:
    return int(world.clock.now().timestamp())


def _children(
    world: World, recipe: Recipe, value: Secret, known: Mapping[str, Recipe]
) -> tuple[tuple[str, Secret], ...]:
    made = {recipe.key: value}
    for key in children_of(recipe.key, known):
        child = known[key]
        name, parent = child.parent or ("", "")
        text = generate(
            child.rule,
            random=os.urandom,
            parents={name: made[parent].reveal()},
            now=_now(world),
        )
        made[key] = Secret(text)
    return tuple((key, secret) for key, secret in made.items() if key != recipe.key)


def _anew(
    world: World, situation: Situation, before: Plan, changes: Sequence[Change]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name the units that the changes start anew, and their services."""
    marks = {
        key: world.secrets.fingerprint_of(key, value)
        for change in changes
        for key, value in change.values.items()
    }
    if not marks:
        return (), ()
    hashes = {unit.name: unit.hash for unit in before.units}
    after = plan_for(world, situation, marks=marks)
    anew = [unit for unit in after.units if unit.hash != hashes.get(unit.name)]
    return tuple(unit.name for unit in anew), tuple(dict.fromkeys(unit.service for unit in anew))
