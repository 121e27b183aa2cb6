from __future__ import annotations

from dataclasses import replace

import pytest
from hearth_control.cli.catalog_words import catalog_lines
from hearth_control.cli.table import width_of

pytestmark = pytest.mark.unit


def test_plan_before_set_up(hearth, world) -> None:
    said = hearth("plan")
    assert said.code == 0
    assert "create" in said.out
    assert "preset starter" in said.out
    assert not world.home.exists()


def test_plan_json_whole(hearth) -> None:
    found = hearth("plan", "--json").json
    assert {step["target"] for step in found["steps"]} >= {"app", "store"}
    assert found["noop"] is False


def test_plan_of_noop(hearth) -> None:
    hearth("up")
    assert "Nothing to do" in hearth("plan").out


def test_services_by_stack(hearth) -> None:
    said = hearth("services")
    assert said.code == 0
    assert said.out.startswith("01-data\n")
    assert "● store" in said.out
    assert "○ notes" in said.out
    assert "2 of 4 are on" in said.out


def test_narrow_services_fit(world, output) -> None:
    settings = world.load_settings(flags={})
    lines = {
        width: catalog_lines(world.catalog, settings, replace(output, width=width))
        for width in (40, 120)
    }
    assert max(width_of(line) for line in lines[40][:-1]) <= 40
    assert not any("preset starter" in line for line in lines[40])
    assert any("preset starter" in line for line in lines[120])


def test_services_json(hearth) -> None:
    found = hearth("services", "--json").json
    on = {service["name"] for service in found["services"] if service["on"]}
    assert on == {"app", "store"}
    assert [preset["name"] for preset in found["presets"]] == ["starter", "bare"]


def test_show_everything_derived(hearth) -> None:
    found = hearth("show", "app", "--json").json
    assert found["on"] is True
    assert found["uses"] == [
        {"role": "store", "provider": "store", "url": "http://127.0.0.1:63010", "required": True}
    ]
    assert found["ports"] == ["127.0.0.1:63042 app:8080/tcp"]


def test_show_names_secrets(hearth, world) -> None:
    hearth("up")
    value = (world.home / "secrets" / "store_key").read_text()
    said = hearth("show", "store", "--json")
    assert value not in said.out


def test_show_of_off(hearth) -> None:
    said = hearth("show", "notes")
    assert said.code == 0
    assert "off; shown as it would be" in said.out
    assert "sources" not in said.err


def test_version_names_places(hearth, world) -> None:
    found = hearth("version", "--json").json
    assert found["home"] == str(world.home)
    assert found["hearth"]


def test_init_writes_preset(hearth, world) -> None:
    said = hearth("init", "--preset", "bare", "--yes")
    assert said.code == 0
    assert (world.home / ".env").read_text().endswith("PRESET=bare\n")
    assert "hearth init --preset bare --yes" in said.err
    assert world.engine.observe().units == ()


def test_init_takes_none_for_a_start_with_nothing(hearth, world) -> None:
    said = hearth("init", "--preset", "none", "--yes")
    assert said.code == 0
    assert (world.home / ".env").read_text().endswith("PRESET=none\n")
    assert "Services  none yet; hearth enable NAME" in said.err


def test_init_keeps_settings(hearth, world) -> None:
    world.write_env("# mine\nBASE_PORT=64000\n")
    hearth("init", "--yes", "--engine", "embedded")
    assert (world.home / ".env").read_text() == (
        "# mine\nBASE_PORT=64000\nPRESET=starter\nENGINE=embedded\n"
    )


def test_init_shows_estimate(hearth) -> None:
    found = hearth("init", "--yes", "--json").json
    assert found["services"] == ["store", "app"]
    assert found["memory"] == 2 * 256 * 1024**2
    assert found["disk"] == 2 * 1024**3


def test_unknown_preset_named(hearth, world) -> None:
    said = hearth("init", "--preset", "startr", "--yes")
    assert said.err == (
        "error: startr: there is no preset with this name\n\nhint: hearth init --preset starter\n"
    )
    assert not world.home.exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell, hearth) -> None:
    said = hearth("completion", shell)
    assert said.code == 0
    assert "_HEARTH_COMPLETE" in said.out


def test_why_left_out(hearth) -> None:
    assert hearth("why", "heavy").out == (
        "○ heavy was asked for and is not run here\n"
        "  — heavy: left out, as it runs as a container and no Docker is used\n"
    )
