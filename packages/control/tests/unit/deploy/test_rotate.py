"""Rotating: the store first, the file last, and nothing lost in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hearth_control.catalog.model import Catalog, Rotation, SecretKind, SecretRule
from hearth_control.deploy.rotate import (
    NEW,
    OLD,
    Prepared,
    carry_out_changes,
    check_refused,
    prepare,
)
from hearth_control.deploy.situation import look, plan_for
from hearth_control.deploy.up import Deploy
from hearth_control.engine.port import Executed
from hearth_control.secrets.errors import (
    SecretFixedError,
    SecretNotTakenError,
    SecretValueError,
    UnknownSecretError,
)
from hearth_control.secrets.initialised import load_record
from hearth_control.secrets.staging import Staging
from hearth_control.settings.model import EngineName
from hearth_kit.secret import Secret
from invented_world import Chosen, InventedWorld, make_catalog

pytestmark = pytest.mark.unit

GIVEN_KEY = "0f" * 32


def catalog_of_a_store() -> Catalog:
    """Let the store keep a password, a key for ever, and a hash of the password."""
    made = make_catalog()
    store = made.services["store"]
    rules = {
        "password": SecretRule(
            kind=SecretKind.PASSWORD,
            change="initial",
            volume="store-data",
            rotate=Rotation(command=("tell",), check=("sign-in",)),
        ),
        "hash": SecretRule(kind=SecretKind.BCRYPT, parent="password"),
        "key": SecretRule(kind=SecretKind.HEX, change="never", volume="store-data"),
        "free": SecretRule(kind=SecretKind.HEX),
    }
    container = replace(
        store.containers[0],
        spec={
            **store.containers[0].spec,
            "environment": {name.upper(): f"${{STORE_{name.upper()}}}" for name in rules},
            "volumes": ["store-data:/data"],
        },
    )
    changed = replace(
        store, containers=(container,), secrets=rules, volumes={"store-data": {}}, embedded=None
    )
    return replace(made, services={**made.services, "store": changed})


@dataclass(slots=True, kw_only=True)
class StoreWorld(InventedWorld):
    """A world with containers, whose store holds a password."""

    catalog: Catalog = field(default_factory=catalog_of_a_store)
    held: str = ""
    refuses: bool = False
    dies: bool = False

    def choose_engine(self, settings: object) -> Chosen:
        return Chosen(EngineName.COMPOSE, "this is a test")

    def answer(self, unit: str, argv: Sequence[str]) -> Executed:
        """Take a password as a store does."""
        environment = self.engine.executed[-1][2]
        if argv[0] == "sign-in":
            return Executed(exit_code=int(self.held != environment[NEW]), stdout="", stderr="")
        if self.refuses:
            said = f"no: '{environment[NEW]}' for '{environment[OLD]}'"
            return Executed(exit_code=1, stdout="", stderr=said)
        self.held = environment[NEW]
        if self.dies:
            raise KeyboardInterrupt
        return Executed(exit_code=0, stdout="", stderr="")


@pytest.fixture
def world(tmp_path: Path) -> StoreWorld:
    made = StoreWorld(home=tmp_path / "home")
    made.write_env("PRESET=none\nSTORE_SOURCE=container\n")
    made.engine.name = EngineName.COMPOSE
    made.engine.answer = made.answer
    situation = look(made)
    deploy = Deploy(world=made, situation=situation, plan=plan_for(made, situation))
    list(deploy.run())
    made.engine.volumes.setdefault("store-data", {})
    made.held = value(made, "store_password")
    return made


def value(world: InventedWorld, key: str) -> str:
    return world.secrets.load([key])[key].reveal()


def rotate(world: InventedWorld, *keys: str, **given: str) -> Prepared:
    situation = look(world)
    values = {key: Secret(text) for key, text in given.items()}
    prepared = prepare(world, situation, keys or tuple(given), given=values)
    check_refused(prepared)
    carry_out_changes(world, situation, prepared)
    return prepared


def test_store_and_file_hold_the_same_new_password_and_the_hash_follows(world: StoreWorld) -> None:
    before, hash_before = value(world, "store_password"), value(world, "store_hash")
    prepared = rotate(world, "store_password")
    assert value(world, "store_password") == world.held != before
    assert value(world, "store_hash") != hash_before
    assert prepared.units == ("store",)
    assert Staging(world.home).keys() == ()
    assert plan_for(world, look(world)).errors == ()


def test_new_value_is_in_no_command(world: StoreWorld) -> None:
    rotate(world, "store_password")
    assert world.held not in str([argv for _unit, argv, _env in world.engine.executed])


def test_store_that_refuses_changes_nothing_and_its_words_hide_the_values(
    world: StoreWorld,
) -> None:
    world.refuses = True
    before = value(world, "store_password")
    with pytest.raises(SecretNotTakenError) as raised:
        rotate(world, "store_password")
    assert raised.value.message == (
        "store: did not take a new value of `store_password`: no: '********' for '********'"
    )
    assert (value(world, "store_password"), Staging(world.home).keys()) == (before, ())


def test_rotation_cut_off_after_the_store_took_it_is_ended_by_the_next(world: StoreWorld) -> None:
    world.dies = True
    before = value(world, "store_password")
    with pytest.raises(KeyboardInterrupt):
        rotate(world, "store_password")
    taken = world.held
    assert value(world, "store_password") == before != taken
    assert [note.code for note in plan_for(world, look(world)).notes] == [
        "rotation-unfinished",
        "rotation-unfinished",
    ]
    world.dies = False
    rotate(world, "store_password")
    assert value(world, "store_password") == world.held == taken
    assert [argv for _unit, argv, _env in world.engine.executed[-1:]] == [("sign-in",)]


def test_password_changed_by_hand_over_old_data_is_found_and_rotating_heals_it(
    world: StoreWorld,
) -> None:
    (world.home / "secrets" / "store_password").write_text("changed-by-hand")
    (note,) = plan_for(world, look(world)).errors
    assert (note.code, note.hint) == ("secret-changed", "hearth secrets rotate store_password")
    rotate(world, "store_password")
    assert plan_for(world, look(world)).errors == ()
    assert value(world, "store_password") == world.held


def test_key_of_stored_data_may_not_change_but_may_be_put_back(world: StoreWorld) -> None:
    good = value(world, "store_key")
    with pytest.raises(SecretFixedError) as raised:
        rotate(world, "store_key")
    assert raised.value.message == (
        "secrets/store_key: may never change: what is stored could not be read any more"
    )
    (world.home / "secrets" / "store_key").write_text(GIVEN_KEY)
    assert [note.code for note in plan_for(world, look(world)).errors] == ["secret-changed"]
    with pytest.raises(SecretFixedError):
        rotate(world, store_key="ab" * 32)
    rotate(world, store_key=good)
    assert plan_for(world, look(world)).errors == ()


def test_secrets_folder_deleted_over_old_data_is_found(world: StoreWorld) -> None:
    for path in (world.home / "secrets").rglob("*"):
        if path.is_file():
            path.unlink()
    found = {(note.code, note.service) for note in plan_for(world, look(world)).errors}
    assert found == {("secret-lost", "store")}


def test_key_that_was_lost_may_be_brought_back(world: StoreWorld) -> None:
    good = value(world, "store_key")
    (world.home / "secrets" / "store_key").unlink()
    rotate(world, store_key=good)
    assert value(world, "store_key") == good


def test_value_of_the_wrong_kind_changes_nothing(world: StoreWorld) -> None:
    before = value(world, "store_free")
    with pytest.raises(SecretValueError) as raised:
        rotate(world, store_free="no hex at all")
    assert raised.value.message == (
        "secrets/store_free: the value is not made of hexadecimal digits alone"
    )
    assert value(world, "store_free") == before


def test_unknown_name_gets_the_nearest(world: StoreWorld) -> None:
    with pytest.raises(UnknownSecretError) as raised:
        rotate(world, "store_pasword")
    assert raised.value.hint == "hearth secrets show store_password"


def test_record_says_which_value_the_data_was_made_with(world: StoreWorld) -> None:
    rotate(world, "store_password")
    marks = world.secrets.fingerprints()
    assert load_record(world.home) == {
        "store-data": {key: marks[key] for key in ("store_key", "store_password")}
    }
