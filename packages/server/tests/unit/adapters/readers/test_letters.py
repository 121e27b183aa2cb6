from __future__ import annotations

import pytest
from hearth_server.adapters.readers.letters import Line, with_levels

pytestmark = pytest.mark.unit

BODY = Line(text="A plain sentence of the body of the page, long enough to count.", size=10)


@pytest.mark.parametrize(
    ("text", "size", "level"),
    [
        ("Chapter", 16.0, 1),
        ("Section", 13.0, 2),
        ("Paragraph", 11.2, 3),
        ("Barely larger", 11.0, 0),
        ("1984", 16.0, 0),
        ("x" * 151, 16.0, 0),
        ("", 0.0, 0),
    ],
    ids=["chapter", "section", "paragraph", "too-small", "number", "too-long", "blank"],
)
def test_level_follows_size(text: str, size: float, level: int) -> None:
    found = with_levels([BODY, Line(text=text, size=size), BODY])
    assert [line.level for line in found] == [0, level, 0]


def test_empty_page_has_none() -> None:
    assert with_levels([]) == ()


def test_sizes_unknown_give_none() -> None:
    assert [line.level for line in with_levels([Line(text="a", size=0)])] == [0]
