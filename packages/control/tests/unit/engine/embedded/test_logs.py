"""Logs: lines with their time, rotated, read back over rotation."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from hearth_control.engine.embedded.logs import (
    LINE_BYTES,
    Entry,
    Follower,
    LineSplitter,
    LogWriter,
    follow,
    parse_line,
    read_tail,
    read_tails,
)

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 21, 3, 39, 51, 123456, tzinfo=UTC)


def at(second: int) -> datetime:
    return NOW.replace(second=second)


def test_line_has_time_and_stream(tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    LogWriter(path).write("e", "it: works", now=NOW)
    assert path.read_text() == "2026-11-21T03:39:51.123Z e it: works\n"
    assert read_tail(path, "one", 5) == [
        Entry("2026-11-21T03:39:51.123Z", "one", "stderr", "it: works")
    ]


def test_foreign_line_is_kept() -> None:
    assert parse_line("one", "no time here") == Entry("", "one", "stdout", "no time here")
    assert parse_line("one", "") == Entry("", "one", "stdout", "")


def test_rotation_keeps_four(tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    writer = LogWriter(path, rotate_bytes=60)
    for number in range(12):
        writer.write("o", f"line {number:02}", now=NOW)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "one.log",
        "one.log.1",
        "one.log.2",
        "one.log.3",
    ]
    assert [entry.text for entry in read_tail(path, "one", 4)] == [
        "line 08",
        "line 09",
        "line 10",
        "line 11",
    ]


def test_full_disk_loses_lines(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "no folder" / "one.log")
    writer.write("o", "lost")
    assert writer.lost == 1


def test_tails_merge_by_time(tmp_path: Path) -> None:
    for name, seconds in (("a", (1, 4)), ("b", (2, 3))):
        for second in seconds:
            LogWriter(tmp_path / name).write("o", f"{name}{second}", now=at(second))
    paths = [("a", tmp_path / "a"), ("b", tmp_path / "b"), ("c", tmp_path / "c")]
    assert [entry.text for entry in read_tails(paths, 9)] == ["a1", "b2", "b3", "a4"]


def test_follower_crosses_rotation(tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    writer = LogWriter(path, rotate_bytes=70)
    writer.write("o", "first", now=NOW)
    follower = Follower("one", path)
    assert [entry.text for entry in follower.start(5)] == ["first"]
    writer.write("o", "second", now=NOW)
    writer.write("o", "third", now=NOW)
    assert (tmp_path / "one.log.1").exists()
    assert [entry.text for entry in follower.read()] == ["second", "third"]
    assert follower.read() == []
    follower.close()


def test_follower_waits_for_file(tmp_path: Path) -> None:
    follower = Follower("one", tmp_path / "one.log")
    assert follower.start(5) == []
    LogWriter(tmp_path / "one.log").write("o", "at last", now=NOW)
    assert [entry.text for entry in follower.read()] == ["at last"]
    follower.close()


def test_follow_gives_tail_first(tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    writer = LogWriter(path)
    for number in range(3):
        writer.write("o", f"old {number}", now=NOW)
    lines = follow([("one", path)], tail=2, pause_seconds=0)
    assert [entry.text for entry in islice(lines, 2)] == ["old 1", "old 2"]
    writer.write("o", "new", now=NOW)
    assert next(lines).text == "new"
    lines.close()


def test_splitter_joins_pieces() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"on") == ()
    assert splitter.feed(b"e\r\ntwo\nthr") == ("one", "two")
    assert splitter.flush() == ("thr",)
    assert splitter.flush() == ()


def test_splitter_cuts_endless_line() -> None:
    splitter = LineSplitter()
    lines = splitter.feed(b"x" * (LINE_BYTES + 5))
    assert [len(line) for line in lines] == [LINE_BYTES]
    assert splitter.flush() == ("x" * 5,)
