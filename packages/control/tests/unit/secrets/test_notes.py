"""A secret that is not the one its data was made with is found before anything starts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import plan, settings, small_catalog
from hearth_control.catalog.model import Catalog, Rotation, SecretKind, SecretRule
from hearth_control.plan.model import Note
from hearth_control.secrets.notes import Standing, secret_notes, standing
from hearth_control.secrets.rules import Recipe, recipes

pytestmark = pytest.mark.unit

RULE = SecretRule(kind=SecretKind.HEX, change="initial", volume="data")
RECIPE = Recipe(key="db_password", service="db", rule=RULE, parents={})
RECORD = {"data": {"db_password": "mark-1"}}


@pytest.mark.parametrize(
    ("change", "mark", "seen", "record", "expected"),
    [
        ("initial", "mark-1", {"data"}, RECORD, (Standing.SAME, "data")),
        ("initial", "mark-2", {"data"}, RECORD, (Standing.OTHER, "data")),
        ("never", "mark-2", {"data"}, RECORD, (Standing.OTHER, "data")),
        ("initial", "mark-2", set(), RECORD, (Standing.NONE, "")),
        ("initial", "mark-2", {"data"}, {}, (Standing.UNKNOWN, "data")),
        ("initial", None, {"data"}, RECORD, (Standing.SAME, "data")),
        ("free", "mark-2", {"data"}, RECORD, (Standing.FREE, "")),
    ],
)
def test_secret_stands_to_its_data(change, mark, seen, record, expected) -> None:
    recipe = replace(RECIPE, rule=replace(RULE, change=change))
    found = standing(recipe, mark, volumes=("data",), seen=frozenset(seen), record=record)
    assert found == expected


def catalog_with(rule: SecretRule) -> Catalog:
    small = small_catalog()
    postgres = replace(small.services["postgres"], secrets={"admin": rule})
    return replace(small, services={**small.services, "postgres": postgres})


def notes(rule: SecretRule, *, mark: str, begun: tuple[str, ...] = ()) -> list[Note]:
    catalog = catalog_with(rule)
    made = plan(catalog, said=settings(services={"n8n": "container"}))
    volume = next(iter(catalog.services["postgres"].volumes))
    return list(
        secret_notes(
            made,
            catalog,
            recipes(catalog),
            marks={"postgres_admin": mark},
            record={volume: {"postgres_admin": "mark-1"}},
            volumes=[f"{made.project}_{volume}"],
            begun=begun,
        )
    )


INITIAL = SecretRule(kind=SecretKind.HEX, change="initial", rotate=Rotation(command=("true",)))


def test_changed_password_over_old_data_is_an_error_with_the_way_out() -> None:
    (note,) = notes(INITIAL, mark="mark-2")
    assert (note.code, note.severity) == ("secret-changed", "error")
    assert note.text.startswith("postgres: the secret `postgres_admin` is not the one that the")
    assert note.hint == "hearth secrets rotate postgres_admin"


def test_changed_key_that_may_never_change_is_to_be_put_back() -> None:
    (note,) = notes(SecretRule(kind=SecretKind.HEX, change="never"), mark="mark-2")
    assert note.text.endswith("was made with; put that one back")
    assert note.hint == "hearth secrets set postgres_admin"


def test_same_secret_is_not_worth_a_word() -> None:
    assert notes(INITIAL, mark="mark-1") == []


def test_rotation_that_was_cut_off_is_told_instead_of_a_difference() -> None:
    (note,) = notes(INITIAL, mark="mark-2", begun=("postgres_admin",))
    assert (note.code, note.severity) == ("rotation-unfinished", "warning")
    assert note.hint == "hearth secrets rotate postgres_admin"
