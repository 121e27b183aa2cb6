"""From what a person writes to a checked look, and the order of rows. Pure."""

from __future__ import annotations

import base64
import json
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, get_args
from uuid import UUID

from hearth_kit.settings import nearest

from hearth_server.capabilities.data.collections import COLLECTIONS
from hearth_server.capabilities.data.errors import BadLookError, UnknownNameError
from hearth_server.capabilities.data.model import (
    Collection,
    Column,
    Condition,
    Operator,
    Query,
    Row,
    Store,
    Value,
)

MOST_CONDITIONS: Final = 10
_LARGEST: Final = 2**63 - 1
_OPERATORS: Final = frozenset(get_args(Operator))
_FOR_LISTS: Final = frozenset({"contains"})
_FOR_TEXTS: Final = _OPERATORS
_FOR_OTHERS: Final = _OPERATORS - {"contains"}


def find_collection(store: Store, name: str) -> Collection:
    """Give a collection by its name, the first of the store where the name is empty.

    Raises:
        UnknownNameError: the store has none of that name.
    """
    known = {each.name: each for each in COLLECTIONS[store]}
    if not name:
        return COLLECTIONS[store][0]
    if name not in known:
        listed = ", ".join(f"`{each}`" for each in known)
        msg = f"collection: there is no `{name[:60]}` in {store.value}, there is {listed}"
        raise UnknownNameError(msg)
    return known[name]


def read_query(
    collection: Collection, *, filters: Sequence[str], sort: str, limit: int, cursor: str
) -> Query:
    """Check a look; a filter is `column:operator:value`, an order `column` or `-column`.

    Raises:
        BadLookError: a name is unknown, or a value is not of its column's type.
    """
    if len(filters) > MOST_CONDITIONS:
        msg = f"filters: are {len(filters)}, at most {MOST_CONDITIONS} are allowed"
        raise BadLookError(msg)
    wished = sort or collection.sort
    column = _column("sort", collection, wished.removeprefix("-"))
    if not column.sortable:
        msg = f"sort: `{column.name}` has no order, expected one of {_sortable(collection)}"
        raise BadLookError(msg)
    query = Query(
        collection=collection,
        conditions=tuple(_condition(collection, text) for text in filters),
        sort=column,
        descending=wished.startswith("-"),
        limit=limit,
    )
    return query if not cursor else _continued(query, cursor)


def read_key(collection: Collection, text: str) -> Value | None:
    """Give a key as its column has it; None where no row can have it."""
    try:
        return _value(_column("key", collection, collection.key), text)
    except BadLookError:
        return None


def make_cursor(query: Query, last: Row) -> str:
    """Say where a page ended, so that the next one begins there whatever came in between."""
    key = last[query.collection.key]
    parts = [_order(query), _text(last[query.sort.name]), _text(key)]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def select(rows: Iterable[Row], query: Query) -> list[Row]:
    """Filter, sort and cut rows as a store would that can do neither."""
    key = query.collection.key
    fitting = [row for row in rows if all(_fits(row, condition) for condition in query.conditions)]
    fitting.sort(key=lambda row: (row[query.sort.name], row[key]), reverse=query.descending)
    if query.after is not None:
        beyond = operator.lt if query.descending else operator.gt
        fitting = [row for row in fitting if beyond((row[query.sort.name], row[key]), query.after)]
    return fitting[: query.limit]


_COMPARISONS: Final[Mapping[Operator, Callable[[Any, Any], bool]]] = MappingProxyType(
    {
        "eq": operator.eq,
        "ne": operator.ne,
        "lt": operator.lt,
        "lte": operator.le,
        "gt": operator.gt,
        "gte": operator.ge,
    }
)


def _fits(row: Row, condition: Condition) -> bool:
    found = row[condition.column.name]
    if found is None:
        return False
    if condition.operator != "contains":
        return _COMPARISONS[condition.operator](found, condition.value)
    if condition.column.type == "list":
        return condition.value in found
    return str(condition.value).lower() in str(found).lower()


def _condition(collection: Collection, text: str) -> Condition:
    name, _, rest = text.partition(":")
    wished, colon, value = rest.partition(":")
    if not colon:
        msg = f"filters: `{text[:60]}` is no `column:operator:value`"
        raise BadLookError(msg)
    column = _column("filters", collection, name)
    allowed = {"list": _FOR_LISTS, "text": _FOR_TEXTS}.get(column.type, _FOR_OTHERS)
    for each in get_args(Operator):
        if each == wished and each in allowed:
            return Condition(column=column, operator=each, value=_value(column, value))
    listed = ", ".join(f"`{each}`" for each in sorted(allowed))
    msg = f"filters: `{column.name}` takes {listed}, found `{wished[:20]}`"
    raise BadLookError(msg)


def _column(where: str, collection: Collection, name: str) -> Column:
    known = {each.name: each for each in collection.columns}
    if name not in known:
        close = nearest(name[:60], known)
        meant = f", the nearest known one is `{close}`" if close else ""
        msg = f"{where}: `{collection.name}` has no column `{name[:60]}`{meant}"
        raise BadLookError(msg)
    return known[name]


def _sortable(collection: Collection) -> str:
    return ", ".join(f"`{each.name}`" for each in collection.columns if each.sortable)


def _value(column: Column, text: str) -> Value:
    try:
        match column.type:
            case "uuid":
                return UUID(text)
            case "number":
                return _number(text)
            case "time":
                time = datetime.fromisoformat(text)
                return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
            case _:
                return _plain(text)
    except (ValueError, OverflowError) as error:
        expected = {"uuid": "an id", "number": "a whole number", "time": "a time like 2026-05-01"}
        what = expected.get(column.type, "text without control characters")
        msg = f"{column.name}: expected {what}, found `{text[:60]!r}`"
        raise BadLookError(msg) from error


def _number(text: str) -> int:
    number = int(text) if len(text) <= 20 else _LARGEST + 1
    if abs(number) > _LARGEST:
        raise ValueError(text)
    return number


def _plain(text: str) -> str:
    if len(text) > 1_000 or "\x00" in text or any("\ud800" <= each <= "\udfff" for each in text):
        raise ValueError(text)
    return text


def _continued(query: Query, cursor: str) -> Query:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        order, value, key = json.loads(base64.urlsafe_b64decode(padded))
        if order != _order(query) or not isinstance(value, str) or not isinstance(key, str):
            raise ValueError(order)
        key_column = _column("cursor", query.collection, query.collection.key)
        after = (_value(query.sort, value), _value(key_column, key))
    except (ValueError, TypeError, BadLookError) as error:
        msg = "cursor: is not of this collection and order, expected `next_cursor` of a page of it"
        raise BadLookError(msg) from error
    return Query(
        collection=query.collection,
        conditions=query.conditions,
        sort=query.sort,
        descending=query.descending,
        limit=query.limit,
        after=after,
    )


def _order(query: Query) -> str:
    sign = "-" if query.descending else ""
    return f"{query.collection.name}:{sign}{query.sort.name}"


def _text(value: Value) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
