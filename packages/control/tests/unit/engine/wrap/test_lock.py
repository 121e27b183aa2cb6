from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hearth_control.engine.errors import DeployLockedError
from hearth_control.engine.wrap.lock import FILE, Holder, deploy_lock, find_holder
from hearth_kit.clock import ManualClock

pytestmark = pytest.mark.unit

CLOCK = ManualClock(time_of_day=datetime(2026, 11, 21, 4, 5, 6, tzinfo=UTC))


def test_second_is_told_who_holds_it(tmp_path: Path) -> None:
    home = tmp_path / "new home"
    with deploy_lock(home, command="hearth up", clock=CLOCK):
        assert find_holder(home) == Holder(
            pid=os.getpid(), command="hearth up", since="2026-11-21T04:05:06+00:00"
        )
        with pytest.raises(DeployLockedError) as caught, deploy_lock(home):
            pytest.fail("held twice")
    assert str(caught.value) == (
        f"{home}: `hearth up` (pid {os.getpid()}) deploys since 2026-11-21T04:05:06+00:00"
    )
    assert caught.value.hint == f"ps -fp {os.getpid()}"


def test_lock_is_free_after_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="half way"), deploy_lock(tmp_path):
        raise RuntimeError("half way")
    with deploy_lock(tmp_path) as holder:
        assert holder.pid == os.getpid()
    assert find_holder(tmp_path) is None


def test_dead_holders_note_is_no_lock(tmp_path: Path) -> None:
    note = {"pid": 1, "command": "hearth up", "since": "2026-01-01T00:00:00+00:00"}
    (tmp_path / FILE).write_text(json.dumps(note))
    with deploy_lock(tmp_path, command="hearth down") as holder:
        assert holder.command == "hearth down"


def test_torn_note_is_no_holder(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"pid": 1, "comm')
    assert find_holder(tmp_path) is None


def test_command_tells_the_verb_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["/x/hearth", "--json", "up", "WORD=secret"])
    with deploy_lock(tmp_path) as holder:
        assert holder.command == "hearth up"
