"""The folder of files with secrets: open files behind a closed door."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.engine.compose.errors import RenderedNotWrittenError
from hearth_control.engine.compose.mounted import remove_mounted, write_mounted

pytestmark = pytest.mark.unit


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def test_files_are_open_behind_a_closed_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    folder.mkdir(mode=0o755)
    write_mounted(folder, {"key": "value"})
    assert (mode(folder), mode(folder / "key")) == ("0o700", "0o444")
    assert (folder / "key").read_bytes() == b"value"


def test_nothing_to_mount_makes_no_folder(tmp_path: Path) -> None:
    write_mounted(tmp_path / "mounted", {})
    assert not (tmp_path / "mounted").exists()


def test_what_nobody_reads_any_more_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    write_mounted(folder, {"old": "1", "kept": "2"})
    (folder / "made-by-docker").mkdir()
    before = (folder / "kept").stat().st_ino
    write_mounted(folder, {"kept": "2"})
    assert [path.name for path in folder.iterdir()] == ["kept"]
    assert (folder / "kept").stat().st_ino == before


def test_folder_that_docker_made_of_a_missing_file_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    (folder / "key").mkdir(parents=True)
    write_mounted(folder, {"key": "value"})
    assert (folder / "key").read_text() == "value"


def test_file_in_place_of_the_folder_is_an_error_without_values(tmp_path: Path) -> None:
    (tmp_path / "mounted").write_text("")
    with pytest.raises(RenderedNotWrittenError) as raised:
        write_mounted(tmp_path / "mounted", {"key": "s3cret"})
    assert "s3cret" not in f"{raised.value} {raised.value.hint}"


def test_removing_twice_is_harmless(tmp_path: Path) -> None:
    write_mounted(tmp_path / "mounted", {"key": "value"})
    remove_mounted(tmp_path / "mounted")
    remove_mounted(tmp_path / "mounted")
    assert not (tmp_path / "mounted").exists()
