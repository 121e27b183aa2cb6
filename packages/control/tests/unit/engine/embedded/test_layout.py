"""Where things lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.engine.embedded.layout import Layout

pytestmark = pytest.mark.unit


def test_layout_names_files() -> None:
    layout = Layout(home=Path("/h"))
    assert layout.state == Path("/h/run/state.json")
    assert layout.log("one") == Path("/h/logs/one.log")
    assert layout.files == Path("/h/data/files")


def test_digest_tells_homes_apart() -> None:
    assert Layout(home=Path("/a")).digest != Layout(home=Path("/b")).digest
