"""Where things lie, and where sockets go when a home lies too deep."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.engine.embedded.layout import SOCKET_PATH_LIMIT, Layout, socket_place

pytestmark = pytest.mark.unit


def test_layout_names_files() -> None:
    layout = Layout(home=Path("/h"))
    assert layout.state == Path("/h/run/state.json")
    assert layout.log("one") == Path("/h/logs/one.log")
    assert layout.files == Path("/h/data/files")


def test_digest_tells_homes_apart() -> None:
    assert Layout(home=Path("/a")).digest != Layout(home=Path("/b")).digest


def test_long_socket_path_falls_back() -> None:
    short, long = Path("/short"), Path("/" + "x" * SOCKET_PATH_LIMIT)
    assert socket_place(short, Path("/other")) == short
    assert socket_place(long, Path("/other")) == Path("/other")
    assert socket_place(Path("/" + "é" * 60), Path("/other")) == Path("/other")
