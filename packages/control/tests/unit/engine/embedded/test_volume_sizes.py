from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.engine.embedded.layout import Layout
from hearth_control.engine.embedded.volume_sizes import volume_sizes

pytestmark = pytest.mark.unit


def test_volume_sizes_adds_up_files(tmp_path: Path) -> None:
    deep = tmp_path / "data" / "files" / "deep"
    deep.mkdir(parents=True)
    (tmp_path / "data" / "postgres").mkdir()
    (deep / "one").write_bytes(b"x" * 700)
    (deep.parent / "two").write_bytes(b"y" * 300)
    (deep / "gone").symlink_to(tmp_path / "nothing")
    sizes = volume_sizes(Layout(home=tmp_path))
    assert sizes["postgres"] == 0
    assert 1000 < sizes["files"] < 1400, "the link counts as itself"


def test_volume_sizes_of_no_home(tmp_path: Path) -> None:
    assert volume_sizes(Layout(home=tmp_path / "none")) == {}
