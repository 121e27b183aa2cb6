"""What another program says in a line need not be an object."""

from __future__ import annotations

import pytest
from hearth_kit.lines import read_object

pytestmark = pytest.mark.unit


def test_object_is_read() -> None:
    assert read_object('{"event": "step"}\n') == {"event": "step"}
    assert read_object("{}") == {}


@pytest.mark.parametrize("line", ["", "{", "words", "[1]", "null", '"a"', '{"cut": "of'])
def test_other_lines_are_none(line: str) -> None:
    assert read_object(line) is None
