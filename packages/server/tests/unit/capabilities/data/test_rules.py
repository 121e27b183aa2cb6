"""Looks that name what is not there, or say what cannot be, are refused in words that help."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hearth_server.capabilities.data.collections import COLLECTIONS, DOCUMENTS, LINKS, OBJECTS
from hearth_server.capabilities.data.errors import BadLookError, UnknownNameError
from hearth_server.capabilities.data.model import Store
from hearth_server.capabilities.data.rules import (
    find_collection,
    make_cursor,
    read_key,
    read_query,
    select,
)
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit


def read(*filters: str, sort: str = "", limit: int = 5, cursor: str = "", collection=DOCUMENTS):
    return read_query(collection, filters=filters, sort=sort, limit=limit, cursor=cursor)


REFUSED = {
    "no operator": (("title",), "filters: `title` is no `column:operator:value`"),
    "unknown column": (
        ("titel:eq:x",),
        "filters: `documents` has no column `titel`, the nearest known one is `title`",
    ),
    "another's column": (("owner:eq:x",), "filters: `documents` has no column `owner`"),
    "sql": (
        ("id = id or true --:eq:x",),
        "filters: `documents` has no column `id = id or true --`",
    ),
    "unknown operator": (
        ("pages:contains:1",),
        "filters: `pages` takes `eq`, `gt`, `gte`, `lt`, `lte`, `ne`, found `contains`",
    ),
    "list": (("tags:eq:a",), "filters: `tags` takes `contains`, found `eq`"),
    "number": (("pages:gt:many",), "pages: expected a whole number, found `'many'`"),
    "large": (("pages:gt:9223372036854775808",), None),
    "time": (("created_at:gt:yesterday",), None),
    "nothing": (("title:eq:a\x00",), None),
    "many": (("pages:eq:1",) * 11, "filters: are 11, at most 10 are allowed"),
}


@pytest.mark.parametrize(("filters", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_filter_is_refused(filters: tuple[str, ...], told: str | None) -> None:
    with pytest.raises(BadLookError) as caught:
        read(*filters)
    assert told is None or str(caught.value) == told


def test_order_of_what_may_be_empty_is_refused() -> None:
    with pytest.raises(BadLookError) as caught:
        read(sort="-last_used_at", collection=LINKS)
    assert str(caught.value) == (
        "sort: `last_used_at` has no order, expected one of `id`, `service`, `created_at`"
    )


def test_unknown_collection_is_named() -> None:
    with pytest.raises(UnknownNameError) as caught:
        find_collection(Store.SUPABASE, "pg_shadow")
    assert str(caught.value) == (
        "collection: there is no `pg_shadow` in supabase, there is "
        "`documents`, `tokens`, `links`, `events`"
    )


def test_value_may_have_colons_and_times_any_zone() -> None:
    (first, second) = read(
        "source:eq:https://a:1/b", "created_at:lt:2026-05-01T02:00+02:00"
    ).conditions
    assert first.value == "https://a:1/b"
    assert second.value == datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("cursor", ["x", "W10", "====", "é", "W1sxLDJdLDMsNF0", "A" * 3_999])
def test_cursor_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(BadLookError, match=r"^cursor: is not of this collection and order"):
        read(cursor=cursor)


def test_cursor_of_another_order_is_refused() -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    row = {"key": "a", "size_bytes": 1, "modified_at": now}
    cursor = make_cursor(read(collection=OBJECTS, sort="-modified_at"), row)
    assert read(collection=OBJECTS, sort="-modified_at", cursor=cursor).after == (now, "a")
    with pytest.raises(BadLookError):
        read(collection=OBJECTS, sort="modified_at", cursor=cursor)


def test_key_of_no_row_is_no_error() -> None:
    assert read_key(DOCUMENTS, "not an id") is None
    assert read_key(OBJECTS, "documents/a") == "documents/a"


@given(
    names=st.lists(st.text(max_size=3), unique=True, max_size=12),
    size=st.integers(1, 4),
    descending=st.booleans(),
)
def test_pages_together_are_the_whole(names: list[str], size: int, descending: bool) -> None:
    rows = [
        {"key": name, "size_bytes": len(name), "modified_at": datetime(2026, 5, 1, tzinfo=UTC)}
        for name in names
        if "\x00" not in name and name.isprintable()
    ]
    sort = "-size_bytes" if descending else "size_bytes"
    found: list[object] = []
    cursor = ""
    while True:
        query = read(collection=OBJECTS, sort=sort, limit=size, cursor=cursor)
        page = select(rows, query)
        found += [row["key"] for row in page]
        if len(page) < size:
            break
        cursor = make_cursor(query, page[-1])
    expected = sorted(rows, key=lambda row: (row["size_bytes"], row["key"]), reverse=descending)
    assert found == [row["key"] for row in expected]


def test_no_collection_shows_secrets_or_owners() -> None:
    """Digests, keys of objects and whose a row is stay inside."""
    shown = {
        column.name for known in COLLECTIONS.values() for each in known for column in each.columns
    }
    assert not shown & {"owner", "user_id", "digest", "object_key", "content_sha256", "token_id"}
    for known in COLLECTIONS.values():
        for each in known:
            names = {column.name: column for column in each.columns}
            assert names[each.key].sortable
            assert names[each.sort.removeprefix("-")].sortable
