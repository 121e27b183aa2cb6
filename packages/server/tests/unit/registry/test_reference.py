from __future__ import annotations

from typing import Literal

import pytest
from hearth_server.registry.declare import declare
from hearth_server.registry.reference import reference_page
from hearth_server.tool import Effect, tool

pytestmark = pytest.mark.unit


@tool(title="Find things", scope="knowledge:read", group="knowledge", effect=Effect.READ)
async def find_things(
    caller: object,
    *,
    query: str,
    count: int = 5,
    kinds: list[str] | None = None,
    order: Literal["new", "old"] = "new",
) -> str:
    """Find what is like a text.

    Use it first.

    Args:
        query: What to look for | anything.
        count: How many.
        kinds: Only of these kinds.
        order: Which first.
    """
    return f"{caller} {query} {count} {kinds} {order}"


def test_page_tells_tool() -> None:
    page = reference_page([declare(find_things)])
    assert page.endswith(
        """\
## `find_things`

Find things. Group `knowledge`, scope `knowledge:read`, effect `read`.

Find what is like a text.

Use it first.

| argument | type | default | is for |
| --- | --- | --- | --- |
| `query` | string | required | What to look for \\| anything. |
| `count` | integer | `5` | How many. |
| `kinds` | list of string |  | Only of these kinds. |
| `order` | `new` or `old` | `new` | Which first. |
"""
    )
