from __future__ import annotations

import pytest
from hearth_control.cli.table import Cell, align, cut, width_of, wrap

pytestmark = pytest.mark.unit


def test_align_pads_columns() -> None:
    rows = [[Cell("a"), Cell("first")], [Cell("long"), Cell("second")]]
    assert align(rows, width=40) == ["a     first", "long  second"]


def test_align_cuts_last() -> None:
    rows = [[Cell("name"), Cell("a summary that is far too long for the line")]]
    assert align(rows, width=30) == ["name  a summary that is far t…"]


def test_align_keeps_addresses() -> None:
    url = "http://127.0.0.1:63050/a/very/long/path"
    assert align([[Cell("name"), Cell(url)]], width=20) == [f"name  {url}"]


def test_align_paints_after_padding() -> None:
    rows = [[Cell("a", lambda text: f"<{text}>"), Cell("x")], [Cell("bb"), Cell("y")]]
    assert align(rows, width=40) == ["<a >  x", "bb  y"]


def test_painted_line_ends_bare() -> None:
    rows = [[Cell("a", lambda text: f"<{text}>"), Cell()], [Cell("long"), Cell("c")]]
    assert align(rows, width=40) == ["<a>", "long  c"]


def test_align_fills_short_rows() -> None:
    assert align([[Cell("a")], [Cell("b"), Cell("c")]], width=40) == ["a", "b  c"]


def test_width_counts_wide_letters() -> None:
    assert width_of("日本") == 4


def test_cut_leaves_short_text() -> None:
    assert cut("short", 10) == "short"


def test_wrap_keeps_long_words() -> None:
    assert wrap("see catalog/01-data/postgres/compose.yaml", width=20, indent="  ") == [
        "  see",
        "  catalog/01-data/postgres/compose.yaml",
    ]
