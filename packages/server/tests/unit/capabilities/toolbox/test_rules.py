"""Which tools a few words find."""

from __future__ import annotations

import pytest
from hearth_server.capabilities.toolbox import rules
from hearth_server.capabilities.toolbox.model import FoundTool

pytestmark = pytest.mark.unit


def make(name: str, title: str, description: str, group: str = "knowledge") -> FoundTool:
    return FoundTool(
        name=name,
        title=title,
        description=description,
        group=group,
        effect="read",
        is_listed=False,
        input_schema={},
    )


TOOLS = (
    make("list_documents", "List my documents", "Pages of what you put in."),
    make("delete_document", "Delete a document", "Remove one and all found in it."),
    make("who_am_i", "Who am I", "Say what documents you have.", group="identity"),
)


@pytest.mark.parametrize(
    ("query", "group", "names"),
    [
        ("delete document", None, ["delete_document", "list_documents", "who_am_i"]),
        ("DELETES!", None, ["delete_document"]),
        ("documents", "identity", ["who_am_i"]),
        ("", "knowledge", ["list_documents", "delete_document"]),
        ("", None, ["list_documents", "delete_document", "who_am_i"]),
        ("weather", None, []),
        ("", "weather", []),
    ],
)
def test_words_find_tools(query: str, group: str | None, names: list[str]) -> None:
    assert [each.name for each in rules.rank(TOOLS, query=query, group=group)] == names
