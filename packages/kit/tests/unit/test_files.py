"""Tests of `hearth_kit.files`."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from hearth_kit.files import make_private, write_atomic

pytestmark = pytest.mark.unit


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_write_replaces_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "lock.json"
    file.write_text("old and longer")
    write_atomic(file, "new")
    assert file.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["lock.json"]


def test_write_keeps_bytes_and_mode(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    write_atomic(file, b"\x00\r\n\xff", mode=0o600)
    assert file.read_bytes() == b"\x00\r\n\xff"
    assert mode_of(file) == 0o600


def test_full_disk_leaves_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("BASE_PORT=63000\n")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(file, "half")
    assert file.read_text() == "BASE_PORT=63000\n"
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "no" / "file", "text")


def test_private_folder_is_owners(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "secrets"
    make_private(folder)
    make_private(folder)
    assert mode_of(folder) == 0o700
