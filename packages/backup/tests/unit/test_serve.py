"""What the runner does by the clock, and what it remembers of it."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hearth_backup.errors import RepositoryError
from hearth_backup.place import Last, cancel, load_last, save_last, working
from hearth_backup.serve import INTERRUPTED, begin, health, turn
from hearth_backup.settings import Settings
from hearth_backup.telling import Teller

pytestmark = pytest.mark.unit

DUE = datetime(2026, 11, 21, 3, 31, tzinfo=UTC)


def settings(tmp_path: Path) -> Settings:
    return Settings(
        listing=tmp_path / "listing.json",
        base=tmp_path,
        installation=tmp_path,
        repository="/repository",
    )


def test_failed_backup_is_remembered_until_the_next_goes_well(tmp_path: Path) -> None:
    said, taken = io.StringIO(), []
    given = {"started": DUE - timedelta(hours=1), "teller": Teller(said)}

    def fail() -> None:
        taken.append("failed")
        raise RepositoryError("/repository: no room")

    turn(settings(tmp_path), take=fail, now=DUE, **given)
    assert health(settings(tmp_path)) == "/repository: no room"
    assert json.loads(said.getvalue())["message"] == "/repository: no room"
    turn(settings(tmp_path), take=fail, now=DUE + timedelta(minutes=1), **given)
    assert taken == ["failed"]
    turn(settings(tmp_path), take=lambda: taken.append("done"), now=DUE + timedelta(1), **given)
    assert (taken, health(settings(tmp_path))) == (["failed", "done"], "")


def test_first_backup_waits_for_its_time(tmp_path: Path) -> None:
    taken: list[str] = []
    started = DUE + timedelta(hours=1)
    for now in (started, started + timedelta(hours=22)):
        turn(
            settings(tmp_path),
            take=lambda: taken.append("taken"),
            now=now,
            started=started,
            teller=Teller(io.StringIO()),
        )
    assert taken == []


def test_interrupted_backup_is_due_at_the_next_start(tmp_path: Path) -> None:
    save_last(settings(tmp_path), Last(began=DUE, error=INTERRUPTED))
    begin(settings(tmp_path))
    taken: list[str] = []
    now = DUE + timedelta(minutes=5)
    turn(
        settings(tmp_path),
        take=lambda: taken.append("taken"),
        now=now,
        started=now,
        teller=Teller(io.StringIO()),
    )
    assert taken == ["taken"]
    assert load_last(settings(tmp_path)) == Last(began=now)


def test_nothing_is_cancelled_where_nothing_runs(tmp_path: Path) -> None:
    assert not cancel(settings(tmp_path))


def test_stage_is_empty_afterwards_whatever_happened(tmp_path: Path) -> None:
    stage = settings(tmp_path).stage
    with suppress(ValueError), working(settings(tmp_path)):
        (stage / "deep").mkdir()
        (stage / "deep" / "dump").write_text("secret")
        raise ValueError("broken")
    assert list(stage.iterdir()) == []
