"""The state file: written whole, read with suspicion."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hearth_control.engine.embedded.observe import observed_unit
from hearth_control.engine.embedded.processes import start_mark
from hearth_control.engine.embedded.state import (
    EngineState,
    UnitRecord,
    dump_state,
    load_state,
    parse_state,
    save_state,
)
from hearth_control.engine.observed import Health, State

pytestmark = pytest.mark.unit

STATE = EngineState(
    boot="b",
    pid=7,
    start="99",
    socket="/s",
    units={"one": UnitRecord(service="one", hash="h", pid=8, start="100", needs=("two",))},
)


def test_running_unit_holds_port() -> None:
    start = start_mark(os.getpid()) or ""
    record = UnitRecord(
        service="one", hash="h", state="running", pid=os.getpid(), start=start, port=63010
    )
    assert observed_unit("one", record, supervised=True).ports == (63010,)
    assert observed_unit("one", record, supervised=False).ports == ()


def test_state_survives_text() -> None:
    assert parse_state(dump_state(STATE)) == STATE


def test_save_is_private(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    save_state(path, STATE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_state(path) == STATE


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"version": 99}', '{"version": 1}', '{"version": 1, "units": 3}'],
    ids=["empty", "torn", "list", "null", "newer", "bare", "shape"],
)
def test_bad_state_is_none(text: str) -> None:
    assert parse_state(text) is None


def test_binary_state_is_none(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert load_state(path) is None
    assert load_state(tmp_path / "nothing") is None


def test_unknown_unit_field_passes() -> None:
    values = json.loads(dump_state(STATE))
    values["units"]["one"]["colour"] = "red"
    assert parse_state(json.dumps(values)) == STATE


def test_unsupervised_unit_is_stopped() -> None:
    record = UnitRecord(service="one", hash="h", state="running", health="healthy", pid=8)
    seen = observed_unit("one", record, supervised=False)
    assert (seen.state, seen.health, seen.pid) == (State.STOPPED, Health.NONE, None)


def test_vanished_process_is_restarting() -> None:
    record = UnitRecord(
        service="one", hash="h", state="running", health="healthy", pid=2**22 + 1, start="1"
    )
    assert observed_unit("one", record, supervised=True).state is State.RESTARTING
