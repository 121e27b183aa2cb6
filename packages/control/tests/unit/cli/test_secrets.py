"""`hearth secrets`, as a person types it."""

from __future__ import annotations

import io

import pytest
from hearth_kit.secret import Secret

pytestmark = pytest.mark.unit


@pytest.fixture
def up(hearth, world):
    world.write_env("PRESET=starter\n")
    assert hearth("up", "--yes").code == 0


def typed(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))


def value(world) -> str:
    return world.secrets.load(["store_key"])["store_key"].reveal()


@pytest.mark.usefixtures("up")
def test_list_tells_everything_but_the_value(hearth, world) -> None:
    said = hearth("secrets", "list", "--json")
    (found,) = said.json["secrets"]
    assert found["secret"] == "store_key"
    assert (found["service"], found["kind"], found["change"]) == ("store", "hex", "free")
    assert found["state"] == "tied to no data"
    assert value(world) not in said.out + hearth("secrets").out


@pytest.mark.usefixtures("up")
def test_show_prints_the_value_alone(hearth, world) -> None:
    said = hearth("secrets", "show", "store_key")
    assert (said.code, said.out) == (0, value(world) + "\n")


@pytest.mark.usefixtures("up")
def test_show_of_an_unknown_name_gives_the_nearest(hearth) -> None:
    said = hearth("secrets", "show", "store_kex", "--json")
    assert said.code == 1
    assert said.error["message"] == "store_kex: no service has a secret of this name"
    assert said.error["hint"] == "hearth secrets show store_key"


@pytest.mark.usefixtures("up")
def test_set_reads_standard_input_and_keeps_what_does_not_fit_out(
    hearth, world, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = value(world)
    typed(monkeypatch, b"no hex\n")
    said = hearth("secrets", "set", "store_key", "--yes")
    assert said.code == 1
    assert "the value is not made of hexadecimal digits alone" in said.err
    typed(monkeypatch, b"\xff\xfe\n")
    assert hearth("secrets", "set", "store_key", "--yes").code == 2
    assert value(world) == before
    typed(monkeypatch, b"ab" * 32 + b"\n")
    said = hearth("secrets", "set", "store_key", "--yes")
    assert (said.code, value(world)) == (0, "ab" * 32)
    assert "ab" * 32 not in said.out + said.err


@pytest.mark.usefixtures("up")
def test_rotate_makes_anew_and_never_prints(hearth, world) -> None:
    before = value(world)
    said = hearth("secrets", "rotate", "store_key", "--yes")
    assert said.code == 0
    assert value(world) != before
    assert value(world) not in said.out + said.err
    assert "store_key changed" in said.out


@pytest.mark.usefixtures("up")
def test_dry_run_says_what_would_change_and_changes_nothing(hearth, world) -> None:
    before = value(world)
    said = hearth("secrets", "rotate", "--all", "--dry-run", "--json")
    assert said.json["changed"] == [{"secret": "store_key", "in_store": False}]
    assert (said.json["done"], value(world)) == (False, before)


def test_rotate_must_say_which(hearth, world) -> None:
    world.write_env("PRESET=starter\n")
    said = hearth("secrets", "rotate")
    assert said.code == 2
    assert "say which: NAME, --service NAME or --all" in said.err


@pytest.mark.usefixtures("up")
def test_damaged_secret_is_told_without_a_traceback(hearth, world) -> None:
    (world.home / "secrets" / "store_key").write_bytes(b"\xff\xfe")
    said = hearth("secrets", "list")
    assert said.code == 1
    assert "secrets/store_key: is no text" in said.err
    assert "Traceback" not in said.err


def test_value_never_shows_in_its_own_representation() -> None:
    assert "s3cret" not in f"{Secret('s3cret')!r} {Secret('s3cret')}"
