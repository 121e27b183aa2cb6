"""Originals in a real folder."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
from hearth_server.adapters.obstore.folder import open_folder
from hearth_server.capabilities.knowledge.errors import ObjectsDownError
from hearth_server.testing.conformance import check_objects

pytestmark = pytest.mark.integration


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_folder_conforms(tmp_path: Path) -> None:
    await check_objects(open_folder(tmp_path), pytest.raises)


async def test_broken_stream_leaves_no_file(tmp_path: Path) -> None:
    objects = open_folder(tmp_path)

    async def broken():
        yield b"x" * 5_000_000
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        await objects.put("user-1/documents/a", broken())
    assert files_below(tmp_path) == []


async def test_folder_is_private(tmp_path: Path) -> None:
    open_folder(tmp_path / "new")
    assert (tmp_path / "new" / "objects").stat().st_mode & 0o077 == 0


def test_unusable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ObjectsDownError) as caught:
        open_folder(tmp_path / "file")
    expected = f"objects: the folder `{tmp_path / 'file' / 'objects'}` cannot be made"
    assert str(caught.value) == expected


async def test_unwritable_place_is_named(tmp_path: Path) -> None:
    objects = open_folder(tmp_path)
    (tmp_path / "objects" / "incoming").mkdir()
    (tmp_path / "objects" / "user-1").write_text("in the way")

    async def some():
        yield b"x"

    with pytest.raises(ObjectsDownError) as caught:
        await objects.put("user-1/documents/a", some())
    assert str(caught.value) == f"objects: `{tmp_path / 'objects'}` cannot be written"
    assert files_below(tmp_path / "objects" / "incoming") == []


async def test_full_disk_is_named(tmp_path: Path) -> None:
    """No file may grow past a megabyte, as on a disk that has no more room."""
    objects = open_folder(tmp_path)

    async def much():
        for _ in range(8):
            yield b"x" * 1_000_000

    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, old[1]))
    try:
        with pytest.raises(ObjectsDownError) as caught:
            await objects.put("user-1/documents/a", much())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert str(caught.value) == f"objects: `{tmp_path / 'objects'}` cannot be written"
    assert files_below(tmp_path) == []


def test_remains_are_swept(tmp_path: Path) -> None:
    staging = tmp_path / "objects" / "incoming"
    staging.mkdir(parents=True)
    old, new = staging / "old", staging / "new"
    old.write_text("x")
    new.write_text("x")
    os.utime(old, (0, 0))
    open_folder(tmp_path)
    assert files_below(tmp_path) == [new]


async def test_stream_that_breaks_off_leaves_nothing_while_its_error_is_looked_at(
    tmp_path: Path,
) -> None:
    """An error holds the frames that it came through, and with them an unfinished file."""

    async def broken():
        yield b"x" * 3_000_000
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError) as caught:
        await open_folder(tmp_path).put("user-1/documents/a", broken())
    assert files_below(tmp_path) == []
    assert caught.value.__traceback__ is not None
