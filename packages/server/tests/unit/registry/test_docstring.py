"""Google-form docstrings, taken apart."""

from __future__ import annotations

import pytest
from hearth_server.registry.docstring import read_docstring

pytestmark = pytest.mark.unit

WHOLE = """Find passages.

    They answer a question.

    Args:
        query: What to look for:
            a question.
        count (int): How many.

    Raises:
        ValueError: never.
    """


def test_text_ends_at_section() -> None:
    doc = read_docstring(WHOLE)
    assert doc.summary == "Find passages."
    assert doc.text == "Find passages.\n\nThey answer a question."


def test_arguments_are_joined() -> None:
    assert read_docstring(WHOLE).arguments == {
        "query": "What to look for: a question.",
        "count": "How many.",
    }


@pytest.mark.parametrize("raw", [None, "", "   "])
def test_nothing_gives_nothing(raw: str | None) -> None:
    doc = read_docstring(raw)
    assert (doc.summary, doc.text, doc.arguments) == ("", "", {})
