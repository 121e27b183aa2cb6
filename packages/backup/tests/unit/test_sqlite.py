"""SQLite files are copied by SQLite while they are in use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hearth_backup import sqlite
from hearth_backup.errors import StoreError

pytestmark = pytest.mark.unit


def rows(path: Path) -> list[tuple[int]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT a FROM t ORDER BY a").fetchall()


def test_copy_holds_what_only_the_log_holds(tmp_path: Path) -> None:
    volume, stage = tmp_path / "volume", tmp_path / "stage"
    (volume / "sub").mkdir(parents=True)
    live = volume / "sub" / "app.db"
    with closing(sqlite3.connect(live)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t(a)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        assert list(sqlite.find_files(volume)) == [live]
        copied = sqlite.copy(live, volume=volume, stage=stage, name="v")
        connection.execute("INSERT INTO t VALUES (2)")
        connection.commit()
    assert rows(stage / copied.file) == [(1,)]
    live.with_name("app.db-wal").write_bytes(b"of a later time")
    sqlite.put_back(copied, volume=volume, stage=stage)
    assert rows(live) == [(1,)]
    assert not live.with_name("app.db-wal").exists()


def test_other_files_and_links_are_no_databases(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("no database")
    with closing(sqlite3.connect(tmp_path / "real.sqlite3")) as connection:
        connection.execute("CREATE TABLE t(a)")
        connection.commit()
    (tmp_path / "link.db").symlink_to("real.sqlite3")
    assert [path.name for path in sqlite.find_files(tmp_path)] == ["real.sqlite3"]


def test_broken_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 200)
    with pytest.raises(StoreError) as caught:
        sqlite.copy(tmp_path / "a.db", volume=tmp_path, stage=tmp_path / "stage", name="v")
    assert caught.value.message.startswith("v/a.db: SQLite cannot copy it: ")
