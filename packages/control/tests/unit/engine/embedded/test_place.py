"""Where PostgreSQL may lie, by the modes of folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hearth_control.engine.embedded.layout import Layout
from hearth_control.engine.embedded.observe import recorded_data
from hearth_control.engine.embedded.place import may_enter, record_data, wheel_folder
from hearth_control.engine.embedded.postgres import Place
from hearth_control.engine.embedded.prepare import place_as_json, place_from_json
from hearth_control.engine.embedded.spec import User

pytestmark = pytest.mark.unit

STRANGER = User(name="stranger", uid=54321, gid=54321)


def open_folders(tmp_path: Path) -> Path:
    """Give a folder whose parents up to the test's own are open."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    return folder


def test_stranger_needs_every_parent(tmp_path: Path) -> None:
    folder = open_folders(tmp_path)
    me = User(name="me", uid=os.geteuid(), gid=os.getegid())
    assert may_enter(folder, me)
    folder.parent.chmod(0o700)
    assert not may_enter(folder, STRANGER)


def test_root_folder_is_open() -> None:
    assert may_enter(Path("/"), STRANGER)


def test_symlink_is_followed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(closed)
    assert not may_enter(link, STRANGER)


def test_place_is_remembered(tmp_path: Path) -> None:
    layout = Layout(home=tmp_path)
    assert recorded_data(layout) is None
    record_data(layout, Path("/var/lib/x"))
    assert recorded_data(layout) == Path("/var/lib/x")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"data": 3}'], ids=str)
def test_torn_record_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "postgres.json").write_text(text)
    assert recorded_data(Layout(home=tmp_path)) is None


def test_wheel_has_newest() -> None:
    assert (wheel_folder() / "bin" / "postgres").exists()
    assert wheel_folder().name >= "pginstall18"


@pytest.mark.parametrize("user", [None, STRANGER], ids=["own", "other"])
def test_place_survives_json(user: User | None) -> None:
    place = Place(
        programs=Path("/p"), data=Path("/d"), socket_folder=Path("/s"), user=user, operator="root"
    )
    assert place_from_json(place_as_json(place)) == place
