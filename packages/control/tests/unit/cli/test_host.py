from __future__ import annotations

from dataclasses import replace

import pytest
from hearth_control.catalog.model import Hardware, Variable, Variant
from hearth_control.host.distribution import Distribution
from hearth_control.host.model import Gpu
from hearth_control.host.setup.model import Engine

pytestmark = pytest.mark.unit

GIB = 1024**3
READY = Engine(state="answers", compose=True, version="29.0.1")
CARD = Gpu(vendor="nvidia", name="RTX 4090", vram=24 * GIB, usable=True, driver="570.86")
LOCKED = replace(
    CARD,
    name="RTX 3060",
    usable=False,
    why_not="the NVIDIA Container Toolkit is not installed",
    fix="hearth host setup --gpu",
)


def test_machine_is_shown_with_its_cards(hearth, world) -> None:
    world.machine = replace(world.machine, engine=READY)
    world.host = replace(world.host, gpus=(CARD, LOCKED), swap=2 * GIB, engine_disk_free=50 * GIB)
    said = hearth("host")
    assert said.code == 0
    assert "Debian 12, x86_64" in said.out
    assert "29.0.1 answers, with the compose plugin" in said.out
    assert "RTX 4090, 24 GB, driver 570.86: containers can use it" in said.out
    assert "RTX 3060, 24 GB: the NVIDIA Container Toolkit is not installed" in said.out
    assert "hearth host setup --gpu" in said.out


def test_missing_docker_leads_to_set_up(hearth) -> None:
    said = hearth("host")
    assert "is not installed" in said.out
    assert "hearth host setup\n" in said.out
    assert "no graphics card" in said.out


def test_room_for_models_and_what_does_not_fit_is_shown(hearth, world) -> None:
    sizes = {"qwen3": {"4b": 3 * GIB, "8b": 5 * GIB, "14b": 10 * GIB}}
    pull = Variable(about="x", models=sizes)
    variants = {Hardware.NVIDIA: Variant(vram=4 * GIB)}
    services = world.catalog.services
    chat = replace(
        services["notes"],
        variables={"PULL": pull},
        containers=tuple(replace(one, variants=variants) for one in services["notes"].containers),
    )
    world.catalog = replace(world.catalog, services={**services, "notes": chat})
    world.machine = replace(world.machine, engine=READY)
    world.host = replace(world.host, gpus=(replace(CARD, vram=8 * GIB),))
    world.home.mkdir()
    (world.home / ".env").write_text("PRESET=none\nNOTES_SOURCE=container\nPULL=qwen3:14b\n")
    said = hearth("host")
    assert "largest models that fit: qwen3:8b\n" in said.out
    assert "`notes` with `qwen3:14b` 12.0 GiB" in said.out
    assert "hearth settings set PULL=qwen3:8b" in said.out
    data = hearth("host", "--json").json
    assert data["largest_models"] == {"nvidia": ["qwen3:8b"]}
    assert [one["code"] for one in data["notes"]] == ["vram-short"]


def test_facts_are_data(hearth, world) -> None:
    world.host = replace(world.host, gpus=(LOCKED,))
    said = hearth("host", "--json")
    assert said.json["gpus"][0]["fix"] == "hearth host setup --gpu"
    assert said.json["docker"] == {"state": "missing", "compose": False, "version": ""}


def test_dry_run_is_a_script(hearth, world) -> None:
    said = hearth("host", "setup", "--dry-run")
    assert said.code == 0
    assert said.out.startswith("#!/bin/sh\n# For Debian 12, amd64\nset -e\n")
    assert "sudo systemctl enable --now docker\n" in said.out
    assert world.taken == []


def test_nobody_is_asked_twice_without_a_terminal(hearth, world) -> None:
    said = hearth("host", "setup", "--gpu")
    assert said.code == 2
    assert said.err.endswith(
        "error: hearth: this changes the machine, and there is no terminal to ask at\n\n"
        "hint: hearth host setup --gpu --yes\n"
    )
    assert world.taken == []


def test_steps_are_taken_in_order(hearth, world) -> None:
    said = hearth("host", "setup", "--yes")
    assert said.code == 0
    assert world.taken[0] == ("sudo", "apt-get", "update")
    assert world.taken[-1][:2] == ("sudo", "usermod")
    assert f"{len(world.taken)} steps done" in said.out
    assert "Log out and in again" in said.out


def test_first_failure_stops_and_says_what_was_done(hearth, world) -> None:
    world.failing_step = "fetch Docker's key"
    said = hearth("host", "setup", "--yes")
    assert said.code == 1
    assert said.err.endswith(
        "error: fetch Docker's key: it failed\n"
        "  it said nothing\n"
        "  done before it: read the package lists, install what fetches keys,"
        " make /etc/apt/keyrings\n\n"
        "hint: hearth host setup\n"
    )
    assert len(world.taken) == 3


def test_root_without_sudo_is_refused_before_anything(hearth, world) -> None:
    world.machine = replace(world.machine, has_sudo=False)
    said = hearth("host", "setup", "--yes", "--json")
    assert said.code == 12
    assert said.error["message"] == "host setup: this needs root, and there is no `sudo` here"
    assert said.error["hint"] == "su -c 'hearth host setup'"
    assert world.taken == []


def test_ready_machine_has_nothing_to_do(hearth, world) -> None:
    world.machine = replace(world.machine, engine=READY)
    said = hearth("host", "setup")
    assert said.code == 0
    assert "nothing to do" in said.out


def test_unknown_system_is_told_what_to_do_by_hand(hearth, world) -> None:
    other = Distribution(name="Arch Linux", family="other")
    world.machine = replace(world.machine, distribution=other)
    said = hearth("host", "setup", "--json")
    assert said.code == 3
    assert said.json["steps"] == []
    assert "https://docs.docker.com/engine/install/" in said.json["by_hand"][0]
