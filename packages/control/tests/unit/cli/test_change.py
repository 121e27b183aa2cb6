from __future__ import annotations

from dataclasses import replace

import pytest

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _set_up(world) -> None:
    world.write_env("# mine\nPRESET=starter\n")


def env(world) -> str:
    return (world.home / ".env").read_text()


def test_enable_writes_source(hearth, world) -> None:
    said = hearth("enable", "notes")
    assert said.code == 0
    assert "notes is on" in said.out
    assert env(world) == "# mine\nPRESET=starter\nNOTES_SOURCE=embedded\n"


def test_enable_names_needs(hearth, world) -> None:
    world.write_env("PRESET=bare\n")
    assert "and store: app needs store" in hearth("enable", "app").out


def test_enable_undoes_disable(hearth, world) -> None:
    hearth("disable", "app")
    assert "APP_SOURCE=disabled" in env(world)
    hearth("enable", "app")
    assert env(world) == "# mine\nPRESET=starter\n"


def test_disable_refuses_needed(hearth, world) -> None:
    said = hearth("disable", "store")
    assert said.code == 1
    assert "  app cannot run without store\n" in said.err
    assert "error: store: `app` cannot run without it" in said.err
    assert "hint: hearth disable store --yes" in said.err
    assert env(world) == "# mine\nPRESET=starter\n"


def test_disable_yes_writes(hearth, world) -> None:
    assert hearth("disable", "store", "--yes").code == 0
    assert "STORE_SOURCE=disabled" in env(world)


def test_disable_names_losers(hearth) -> None:
    hearth("enable", "notes")
    losses = hearth("disable", "store", "--yes", "--json").json["losses"]
    assert {"service": "notes", "role": "store", "required": False, "instead": None} in losses


def test_source_external(hearth, world) -> None:
    said = hearth("source", "store", "external", "--url", "http://nas:9000")
    assert said.code == 0
    assert env(world).endswith("STORE_SOURCE=external\nSTORE_URL=http://nas:9000\n")


def test_external_needs_url(hearth, world) -> None:
    said = hearth("source", "store", "external")
    assert said.err == (
        "error: store: an external source needs the URL where it answers\n\n"
        "hint: hearth source store external --url http://host:port\n"
    )


def test_wrong_source_named(hearth) -> None:
    said = hearth("source", "notes", "localhost")
    assert said.err == (
        "error: notes: `localhost` is no source of it; it has `container`, `embedded`, "
        "`disabled`\n\nhint: hearth show notes\n"
    )


def test_unknown_service_named(hearth) -> None:
    assert "hint: hearth enable notes" in hearth("enable", "nots").err


def test_settings_set_both_ways(hearth, world) -> None:
    hearth("settings", "set", "BASE_PORT", "64000")
    hearth("settings", "set", "MODE=private")
    assert env(world).endswith("BASE_PORT=64000\nMODE=private\n")


def test_wrong_value_changes_nothing(hearth, world) -> None:
    said = hearth("settings", "set", "BASE_PORT", "many")
    assert said.code == 1
    assert said.err.startswith("error: BASE_PORT: should be a whole number")
    assert said.err.endswith("hint: hearth settings explain BASE_PORT\n")
    assert env(world) == "# mine\nPRESET=starter\n"


def test_certificates_that_are_not_there_are_refused_before_they_are_written(hearth, world) -> None:
    before = (world.home / ".env").read_text()
    said = hearth("settings", "set", "CA_FILE", "/nowhere/ca.pem")
    assert said.code == 1
    assert said.err == (
        "error: CA_FILE: `/nowhere/ca.pem` cannot be read: no such file or directory\n\n"
        "hint: hearth settings explain CA_FILE\n"
    )
    assert (world.home / ".env").read_text() == before


def test_unknown_key_named(hearth) -> None:
    said = hearth("settings", "set", "BASE_PROT", "1")
    assert said.err == (
        "error: BASE_PROT: there is no such setting\n\nhint: hearth settings explain BASE_PORT\n"
    )


def test_unset_mends_env(hearth, world) -> None:
    world.write_env("PRESET=starter\nNOPE=1\n")
    assert hearth("plan").code == 1
    assert hearth("settings", "unset", "NOPE").code == 0
    assert hearth("plan").code == 0


def test_explain_names_origin(hearth) -> None:
    found = hearth("settings", "explain", "PRESET", "--json").json
    assert (found["value"], found["origin"]) == ("starter", ".env")


def test_settings_list_chosen(hearth) -> None:
    said = hearth("settings")
    assert said.out.startswith("PRESET  starter  .env\n")


def test_settings_list_all(hearth) -> None:
    said = hearth("settings", "list", "--all")
    assert "BASE_PORT" in said.out
    assert "NOTES_SOURCE" in said.out


@pytest.fixture
def later(world) -> None:
    """Put a service into the catalog that this version has no image for."""
    heavy = replace(world.catalog.services["heavy"], absent=("docker/heavy.Dockerfile",))
    world.catalog = replace(world.catalog, services={**world.catalog.services, "heavy": heavy})


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("words", [("enable", "heavy"), ("source", "heavy", "container")])
def test_absent_cannot_be_enabled(hearth, world, words) -> None:
    said = hearth(*words)
    assert said.code == 1
    assert said.err == (
        "error: heavy: is not in this version, which has no `docker/heavy.Dockerfile`\n\n"
        "hint: hearth services\n"
    )
    assert env(world) == "# mine\nPRESET=starter\n"


@pytest.mark.usefixtures("later")
def test_absent_is_shown_as_such(hearth) -> None:
    assert "not in this version" in hearth("services").out
    listed = hearth("services", "--json").json["services"]
    assert [one["name"] for one in listed if not one["in_this_version"]] == ["heavy"]
    assert "not in this version; shown as it would be" in hearth("show", "heavy").out
