"""Backups without Docker: the real server, the real PostgreSQL and the machine's own restic."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from installed import Hearth
from lab.ports import free_base_port

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]

ENV = "ENGINE=embedded\nPRESET=none\nLAMBDA_SERVER_SOURCE=embedded\nBACKUP_SOURCE=embedded\n"
NO_RESTIC = "/usr/sbin:/sbin"


def require_restic() -> None:
    """Without it the test is skipped, or fails where all must be there."""
    if shutil.which("restic") is None:
        reason = "restic is not installed; sudo apt-get install restic"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="module")
def hearth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearth]:
    require_restic()
    made = Hearth(tmp_path_factory.mktemp("person") / "home")
    made.home.mkdir()
    (made.home / ".env").write_text(f"{ENV}BASE_PORT={free_base_port()}\n")
    done = made("up", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    yield made
    made("down", "--delete-data", "--yes")


def test_data_comes_back_as_it_was(hearth: Hearth) -> None:
    note = hearth.home / "data" / "files" / "note.txt"
    note.write_text("of then")
    taken = hearth.data("backup", "now")
    assert (taken["kind"], taken["databases"], taken["volumes"]) == ("whole", ["hearth"], ["files"])
    note.write_text("of later")
    (note.parent / "new").write_text("of later")
    told = hearth.data("backup", "restore", taken["snapshot"], "--yes")
    assert (note.read_text(), (note.parent / "new").exists()) == ("of then", False)
    assert [one["name"] for one in told["databases"]] == ["hearth"]
    assert told["databases"][0]["tables"] > 10
    assert "● all 3 services run" in hearth("status").stdout
    again = hearth.data("backup", "restore", told["copy"], "--yes", "--only", "files", "--no-copy")
    assert (again["databases"], note.read_text()) == ([], "of later")


def test_settings_come_back_beside_what_they_replace(hearth: Hearth) -> None:
    taken = hearth.data("backup", "now")["snapshot"]
    password = hearth.home / "secrets" / "postgres_password"
    before = password.read_text()
    (hearth.home / ".env").write_text(
        (hearth.home / ".env").read_text() + "BACKUP_AT=04:00\nLAMBDA_LOG_LEVEL=debug\n"
    )
    password.write_text("changed by hand")
    told = hearth.data("backup", "restore", taken, "--settings", "--yes")
    assert set(told["files"]) == {".env", "secrets/postgres_password"}
    assert password.read_text() == before
    assert password.stat().st_mode & 0o777 == 0o600
    text = (hearth.home / ".env").read_text()
    # Where and when backups are taken is what it is now, whatever it was then.
    assert ("LAMBDA_LOG_LEVEL" in text, "BACKUP_AT=04:00" in text) == (False, True)
    replaced = Path(told["replaced"]) / "secrets" / "postgres_password"
    assert replaced.read_text() == "changed by hand"


def test_refusals_say_what_to_do(hearth: Hearth, tmp_path: Path) -> None:
    absent = hearth("backup", "restore", "feedbeef", "--yes")
    assert absent.returncode == 1
    assert "error: feedbeef: no backup has this id" in absent.stderr
    unknown = hearth("backup", "restore", "latest", "--only", "nope", "--yes")
    assert "nope: this backup has no database and no volume of this name" in unknown.stderr
    assert "● all 3 services run" in hearth("status").stdout
    off = Hearth(tmp_path / "off")
    off.home.mkdir()
    (off.home / ".env").write_text("ENGINE=embedded\nPRESET=none\n")
    assert "hint: hearth up" in off("backup", "now").stderr


def test_missing_restic_is_named_with_its_command(tmp_path: Path) -> None:
    home = Hearth(tmp_path / "home")
    home.home.mkdir()
    (home.home / ".env").write_text(
        f"ENGINE=embedded\nPRESET=none\nBACKUP_SOURCE=embedded\nBASE_PORT={free_base_port()}\n"
    )
    try:
        assert home("up", "--yes", PATH=NO_RESTIC).returncode == 0
        said = home("backup", "now", PATH=NO_RESTIC)
        assert said.returncode == 1
        assert "error: backup: `restic` is not on this machine" in said.stderr
        assert "hint: apt-get install restic" in said.stderr
    finally:
        home("down", "--delete-data", "--yes")
