"""With `NETWORKS=flat` everything must come up in the one network and reach what it was wired to.

Most of the catalog are placeholders: this proves names and addresses, not the services.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from journey import Installation
from lab.absent import leave_out
from lab.ports import free_base_port
from netns import Asked, Inside, ask_all, containers

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]

ASK_AGAIN = 3


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Bring the preset `full` up flat and give its plan; down with its data afterwards."""
    if os.geteuid() != 0 or shutil.which("nsenter") is None:
        leave_out("entering a container's network takes root and nsenter; sudo make e2e")
    home: Path = tmp_path_factory.mktemp("flat")
    (home / ".env").write_text(
        f"ENGINE=compose\nPRESET=full\nFIT=warn\nNETWORKS=flat\nBASE_PORT={free_base_port()}\n"
    )
    installation = Installation(home=home)
    try:
        installation.must("up", "--yes", timeout_seconds=350)
        yield json.loads(installation.must("plan", "--json"))
    finally:
        installation.run("down", "--delete-data", "--yes")


def test_flat_reaches_everything_that_was_asked_for(flat: dict[str, Any]) -> None:
    assert [network["kind"] for network in flat["networks"]] == ["flat"]
    assert not [step for step in flat["steps"] if step["kind"] != "keep"], "it is as planned"
    inside = containers(flat["project"])
    assert len(inside) > 55
    wires = {
        (unit["name"], wire["endpoint"]["host"], wire["endpoint"]["port"])
        for wire in flat["wires"]
        for unit in flat["units"]
        if unit["service"] == wire["consumer"] and unit["name"] in inside
    }
    assert len(wires) > 40
    for _ in range(ASK_AGAIN):
        # Sixty networks of neighbours at once fill the kernel's table of them, so one may be late.
        wires -= _hold(inside, wires)
        if not wires:
            break
    assert wires == set()


def _hold(inside: dict[str, Inside], wires: set[tuple[str, str, int]]) -> set[tuple[str, str, int]]:
    """Give the wires whose name is answered and leads to an open port."""
    askers = sorted({unit for unit, _host, _port in wires})
    names = {unit: sorted({host for each, host, _ in wires if each == unit}) for unit in askers}
    answered = ask_all({inside[unit].pid: Asked(names=names[unit]) for unit in askers}, seconds=3)
    doors = {
        (unit, host, port): [
            (address, port) for address in answered[inside[unit].pid].names.get(host) or ()
        ]
        for unit, host, port in wires
    }
    questions = {
        inside[unit].pid: Asked(
            tcp=[door for wire in wires if wire[0] == unit for door in doors[wire]]
        )
        for unit in askers
    }
    told = ask_all(questions, seconds=3)
    return {
        wire
        for wire in wires
        if any(told[inside[wire[0]].pid].tcp[door] == "open" for door in doors[wire])
    }
