"""What may become of each kind of secret."""

from __future__ import annotations

import pytest
from builders import small_catalog
from hearth_control.catalog.model import Rotation, SecretKind, SecretRule
from hearth_control.secrets.rotation import Ask, Way, children_of, data_volumes, judge, seen_volumes
from hearth_control.secrets.rules import Recipe

pytestmark = pytest.mark.unit


def ask(rule: SecretRule, **how: bool) -> Ask:
    parents = {rule.parent: f"svc_{rule.parent}"} if rule.parent else {}
    return Ask(recipe=Recipe(key="svc_key", service="svc", rule=rule, parents=parents), **how)


FREE = SecretRule(kind=SecretKind.HEX)
NEVER = SecretRule(kind=SecretKind.HEX, change="never")
INITIAL = SecretRule(kind=SecretKind.HEX, change="initial")
TOLD = SecretRule(kind=SecretKind.HEX, change="initial", rotate=Rotation(command=("x",)))
GIVEN = SecretRule(kind=SecretKind.GIVEN)


@pytest.mark.parametrize(
    ("asked", "way"),
    [
        (ask(FREE, holds_data=True), Way.FILE),
        (ask(NEVER), Way.FILE),
        (ask(NEVER, holds_data=True), Way.REFUSED),
        (ask(NEVER, holds_data=True, given=True), Way.REFUSED),
        (ask(NEVER, holds_data=True, given=True, restores=True), Way.FILE),
        (ask(INITIAL, holds_data=True), Way.REFUSED),
        (ask(INITIAL), Way.FILE),
        (ask(TOLD, holds_data=True), Way.STORE),
        (ask(TOLD, holds_data=True, is_fresh=True), Way.FILE),
        (ask(TOLD), Way.FILE),
        (ask(GIVEN), Way.REFUSED),
        (ask(GIVEN, given=True), Way.FILE),
        (ask(SecretRule(kind=SecretKind.BCRYPT, parent="password")), Way.REFUSED),
    ],
)
def test_way_follows_from_rule_and_data(asked: Ask, way: Way) -> None:
    verdict = judge(asked)
    assert verdict.way is way
    assert (verdict.hint is not None) is (way is Way.REFUSED)


def test_what_is_derived_changes_with_its_parent_down_to_grandchildren() -> None:
    rules = {
        "a": SecretRule(kind=SecretKind.HEX),
        "b": SecretRule(kind=SecretKind.JWT, parent="a"),
        "c": SecretRule(kind=SecretKind.BCRYPT, parent="b"),
        "d": SecretRule(kind=SecretKind.HEX),
    }
    parents = {name: name for name in rules}
    known = {
        name: Recipe(key=name, service="svc", rule=rule, parents=parents)
        for name, rule in rules.items()
    }
    assert children_of("a", known) == ("b", "c")


def test_volumes_are_the_rules_else_the_services_own() -> None:
    catalog = small_catalog()
    rule = SecretRule(kind=SecretKind.HEX, change="never")
    own = Recipe(key="postgres_x", service="postgres", rule=rule, parents={})
    assert data_volumes(own, catalog, ()) == tuple(catalog.services["postgres"].volumes)
    named = SecretRule(kind=SecretKind.HEX, change="initial", volume="there")
    assert data_volumes(
        Recipe(key="k", service="postgres", rule=named, parents={}), catalog, ()
    ) == ("there",)


def test_volumes_are_told_apart_by_the_files_name() -> None:
    assert seen_volumes(["hearth-1_data", "other"], "hearth-1") == {"data", "other"}
