"""Secrets exchanged with a server that speaks Infisical's protocol over a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_infisical import CLIENT_ID, CLIENT_SECRET, PROJECT, FakeInfisical, fake_infisical
from hearth_control.catalog.model import SecretKind, SecretRule
from hearth_control.cli.app import make_app
from hearth_control.cli.failure import report_failure
from hearth_control.cli.session import Session
from hearth_control.secrets.infisical import Infisical, Place
from hearth_control.secrets.infisical_errors import InfisicalDownError
from hearth_kit.secret import Secret
from invented_world import InventedWorld, make_catalog, make_service

pytestmark = pytest.mark.integration

HEX = "0f" * 32
HOSTILE = "p@ss \"w\" 'x' $HOME %41 \\n / ü ☃"


def world_of(home: Path, fake: FakeInfisical) -> InventedWorld:
    """Make an installation that knows the place, with a key, a password and Infisical's own."""
    world = InventedWorld(home=home)
    made = make_catalog()
    infisical = make_service(
        "infisical",
        secrets={"client_secret": SecretRule(kind=SecretKind.GIVEN, optional=True)},
    )
    notes = make_service("notes", secrets={"password": SecretRule(kind=SecretKind.PASSWORD)})
    services = {**made.services, "infisical": infisical, "notes": notes}
    world.catalog = type(made)(services=services, presets=made.presets)
    world.write_env(
        f"PRESET=starter\nINFISICAL_ADDRESS={fake.address}\nINFISICAL_PROJECT={PROJECT}\n"
        f"INFISICAL_CLIENT_ID={CLIENT_ID}\nINFISICAL_PATH=/hearth\n"
    )
    put(world, "infisical_client_secret", CLIENT_SECRET)
    put(world, "store_key", HEX)
    return world


def put(world: InventedWorld, key: str, value: str) -> None:
    (world.home / "secrets").mkdir(exist_ok=True, mode=0o700)
    (world.home / "secrets" / key).write_text(value)


@pytest.fixture
def fake() -> Iterator[FakeInfisical]:
    with fake_infisical() as made:
        yield made


@pytest.fixture
def world(tmp_path: Path, fake: FakeInfisical) -> InventedWorld:
    return world_of(tmp_path / "home", fake)


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def hearth(world: InventedWorld, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: str) -> tuple[int, str, str]:
        session = Session(environment={"COLUMNS": "100"}, open_world=lambda _home: world)
        session.options.json = "--json" in arguments
        try:
            app = make_app()
            code = app.main(list(arguments), prog_name="hearth", standalone_mode=False, obj=session)
        except BaseException as error:  # noqa: BLE001  # as main does
            code = report_failure(error, session)
        said = capsys.readouterr()
        return (code if isinstance(code, int) else 0), said.out, said.err

    return call


def signs(said: str) -> dict[str, str]:
    document: dict[str, Any] = json.loads(said)
    return {line["secret"]: line["sign"] for line in document["secrets"]}


def test_push_then_pull_elsewhere_brings_the_same_values(
    world: InventedWorld, fake: FakeInfisical, hearth: Call
) -> None:
    put(world, "notes_password", HOSTILE)
    code, said, _ = hearth("secrets", "push", "--json")
    assert (code, signs(said)) == (0, {"store_key": "+", "notes_password": "+"})
    assert fake.secrets == {"STORE_KEY": HEX, "NOTES_PASSWORD": HOSTILE}
    assert set(signs(hearth("secrets", "push", "--json")[1]).values()) == {"="}
    (world.home / "secrets" / "notes_password").unlink()
    code, said, _ = hearth("secrets", "pull", "--json")
    assert (code, signs(said)) == (0, {"store_key": "=", "notes_password": "+"})
    assert world.secrets.load(["notes_password"])["notes_password"] == Secret(HOSTILE)


def test_dry_run_shows_and_changes_nothing(
    world: InventedWorld, fake: FakeInfisical, hearth: Call
) -> None:
    fake.secrets["STORE_KEY"] = "ab" * 32
    assert signs(hearth("secrets", "pull", "--dry-run", "--json")[1]) == {"store_key": "~"}
    assert signs(hearth("secrets", "push", "--dry-run", "--json")[1]) == {"store_key": "~"}
    assert world.secrets.load(["store_key"])["store_key"] == Secret(HEX)
    assert fake.secrets == {"STORE_KEY": "ab" * 32}
    assert {method for method, _path in fake.asked} == {"GET", "POST"}


def test_value_of_the_wrong_kind_is_refused_and_the_rest_is_taken(
    world: InventedWorld, fake: FakeInfisical, hearth: Call
) -> None:
    fake.secrets |= {"STORE_KEY": "not-hexadecimal-s3cret", "NOTES_PASSWORD": "a good password"}
    code, said, complaint = hearth("secrets", "pull")
    assert code == 1
    assert "pull: refused `store_key`; the others were taken" in complaint
    assert "is not made of hexadecimal digits alone" in said
    assert "not-hexadecimal-s3cret" not in said + complaint
    assert world.secrets.load(["store_key"])["store_key"] == Secret(HEX)
    assert world.secrets.load(["notes_password"])["notes_password"] == Secret("a good password")


def test_server_without_v4_is_asked_as_before(fake: FakeInfisical, hearth: Call) -> None:
    fake.has_v4 = False
    assert signs(hearth("secrets", "push", "--json")[1]) == {"store_key": "+"}
    assert fake.secrets == {"STORE_KEY": HEX}
    assert ("POST", "/api/v3/secrets/raw/STORE_KEY") in fake.asked


@pytest.mark.parametrize(
    ("how", "code", "text"),
    [
        ({"status": 503}, 1, "Infisical answers with status 503"),
        ({"status": 429}, 1, "Infisical answers with status 429"),
        ({"status": 401}, 12, "Infisical refuses the machine identity, or this project to it"),
        ({"status": 302}, 1, "Infisical refuses with status 302"),
        ({"status": 200, "body": b"<html>"}, 1, "Infisical gave no JSON object"),
        ({"status": 200, "body": b"{}"}, 1, "Infisical gave no access token"),
    ],
)
def test_refusals_are_told_and_change_nothing(
    world: InventedWorld, fake: FakeInfisical, hearth: Call, how: Any, code: int, text: str
) -> None:
    for name, value in how.items():
        setattr(fake, name, value)
    for direction in ("pull", "push"):
        found, _, complaint = hearth("secrets", direction)
        assert (found, f"{fake.address}: {text}" in complaint) == (code, True), complaint
        assert CLIENT_SECRET not in complaint
    assert world.secrets.load(["store_key"])["store_key"] == Secret(HEX)


def test_secret_that_the_identity_may_not_read_is_told_by_name(
    fake: FakeInfisical, hearth: Call
) -> None:
    fake.secrets["STORE_KEY"] = "*****"
    fake.hidden = frozenset({"STORE_KEY"})
    code, _, complaint = hearth("secrets", "pull")
    assert code == 12
    assert "the identity may list `STORE_KEY` and not read it" in complaint


def test_slow_server_is_given_up(fake: FakeInfisical) -> None:
    fake.seconds = 1.0
    place = Place(
        address=fake.address,
        project=PROJECT,
        environment="prod",
        path="/hearth",
        client_id=CLIENT_ID,
        client_secret=Secret(CLIENT_SECRET),
    )
    with pytest.raises(InfisicalDownError) as raised:
        Infisical(place, timeout_seconds=0.1).load()
    assert raised.value.message == f"{fake.address}: Infisical took too long"


def test_up_goes_on_with_the_files_while_infisical_is_down(
    world: InventedWorld, hearth: Call, tmp_path: Path
) -> None:
    with fake_infisical() as gone:
        address = gone.address
    env = (world.home / ".env").read_text().replace("PRESET=starter", "PRESET=bare")
    env = "\n".join(line for line in env.splitlines() if "ADDRESS" not in line)
    world.write_env(f"{env}\nINFISICAL_ADDRESS={address}\nSECRETS_FROM=infisical\n")
    code, _, said = hearth("up", "--yes")
    assert code == 0, said
    assert f"{address}: Infisical does not answer; going on with the secrets that are here" in said


def test_up_takes_newer_values_first_where_it_is_told_to(
    world: InventedWorld, fake: FakeInfisical, hearth: Call
) -> None:
    fake.secrets["NOTES_PASSWORD"] = "newer than here"
    env = (world.home / ".env").read_text().replace("PRESET=starter", "PRESET=bare")
    world.write_env(f"{env}SECRETS_FROM=infisical\n")
    assert hearth("up", "--yes")[0] == 0
    assert world.secrets.load(["notes_password"])["notes_password"] == Secret("newer than here")


def test_address_that_would_carry_secrets_in_the_clear_is_refused(
    world: InventedWorld, hearth: Call
) -> None:
    env = (world.home / ".env").read_text()
    lines = [line for line in env.splitlines() if "ADDRESS" not in line]
    world.write_env("\n".join([*lines, "INFISICAL_ADDRESS=http://vault.example.org", ""]))
    code, _, complaint = hearth("secrets", "pull")
    assert code == 1
    assert (
        "INFISICAL_ADDRESS: `http://vault.example.org` would carry secrets in the clear; it must be"
        " https"
    ) in complaint


def test_missing_setting_is_named(world: InventedWorld, hearth: Call) -> None:
    world.write_env("PRESET=starter\n")
    code, _, complaint = hearth("secrets", "push")
    assert code in {1, 2}
    assert "INFISICAL_ADDRESS: is not set, so Infisical cannot be asked" in complaint
