"""The port `Rows` over PostgreSQL's tables: every name comes from here, every value is bound.

The owner stands in each statement, and row-level security says it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import sql
from psycopg.rows import dict_row

from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.data.model import (
    Collection,
    Column,
    Condition,
    Operator,
    Query,
    Row,
    Value,
)

_TABLES: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "documents": ("knowledge", "documents", "owner"),
        "chunks": ("knowledge", "passages", "owner"),
        "tokens": ("identity", "tokens", "user_id"),
        "links": ("identity", "links", "user_id"),
        "events": ("identity", "events", "user_id"),
        "nodes": ("graph", "nodes", "owner"),
        "edges": ("graph", "edges", "owner"),
    }
)
_COMPUTED: Final[Mapping[tuple[str, str], LiteralString]] = MappingProxyType(
    {("chunks", "id"): "(document_id::text || ':' || lpad(ordinal::text, 8, '0'))"}
)
_COMPARISONS: Final[Mapping[Operator, LiteralString]] = MappingProxyType(
    {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
)
_TYPES: Final[Mapping[str, LiteralString]] = MappingProxyType(
    {"text": "text", "uuid": "uuid", "number": "bigint", "time": "timestamptz", "list": "text"}
)

Part = sql.SQL | sql.Composed


class PostgresRows:
    """Rows of tables; names the database as what serves them."""

    served_by: Final = "postgres"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, owner: UUID, query: Query) -> Sequence[Row]:
        """Give rows that fit, in order."""
        collection = query.collection
        conditions = [_fits(collection, each) for each in query.conditions]
        values: list[Any] = [each.value for each in query.conditions]
        sort, key = _ordered(collection, query.sort), _ordered(collection, _key(collection))
        if query.after is not None:
            sign = sql.SQL("<") if query.descending else sql.SQL(">")
            conditions.append(
                sql.SQL("({sort}, {key}) {sign} ({first}, {second})").format(
                    sort=sort,
                    key=key,
                    sign=sign,
                    first=_bound(query.sort),
                    second=_bound(_key(collection)),
                )
            )
            values += query.after
        way = sql.SQL("desc") if query.descending else sql.SQL("asc")
        end = sql.SQL(" order by {sort} {way}, {key} {way} limit %s").format(
            sort=sort, key=key, way=way
        )
        return await self._rows(owner, collection, conditions, end, [*values, query.limit])

    async def find(self, owner: UUID, collection: Collection, key: Value) -> Row | None:
        """Give one row."""
        condition = Condition(column=_key(collection), operator="eq", value=key)
        rows = await self._rows(
            owner, collection, [_fits(collection, condition)], sql.SQL(" limit 1"), [key]
        )
        return rows[0] if rows else None

    async def _rows(
        self,
        owner: UUID,
        collection: Collection,
        conditions: Sequence[Part],
        end: Part,
        values: Sequence[Any],
    ) -> list[dict[str, Any]]:
        schema, table, of = _TABLES[collection.name]
        shown = sql.SQL(", ").join(
            sql.SQL("{} as {}").format(_expression(collection, each), sql.Identifier(each.name))
            for each in collection.columns
        )
        owned = sql.SQL("{} = %s").format(sql.Identifier(of))
        statement = sql.SQL("select {shown} from {table} where {conditions}{end}").format(
            shown=shown,
            table=sql.Identifier(schema, table),
            conditions=sql.SQL(" and ").join([owned, *conditions]),
            end=end,
        )
        async with self._database.as_user(owner) as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(statement, [owner, *values])
            return await cursor.fetchall()


def _key(collection: Collection) -> Column:
    return next(each for each in collection.columns if each.name == collection.key)


def _expression(collection: Collection, column: Column) -> sql.Composable:
    computed = _COMPUTED.get((collection.name, column.name))
    return sql.SQL(computed) if computed else sql.Identifier(column.name)


def _ordered(collection: Collection, column: Column) -> sql.Composable:
    """Order text by its bytes, which is the same on every machine and in every locale."""
    expression = _expression(collection, column)
    if column.type != "text":
        return expression
    return sql.SQL('{} collate "C"').format(expression)


def _bound(column: Column) -> Part:
    return sql.SQL("%s::{}").format(sql.SQL(_TYPES[column.type]))


def _fits(collection: Collection, condition: Condition) -> Part:
    column = condition.column
    expression = _expression(collection, column)
    if condition.operator == "contains":
        if column.type == "list":
            return sql.SQL("%s::text = any ({})").format(expression)
        return sql.SQL("strpos(lower({}), lower(%s::text)) > 0").format(expression)
    return sql.SQL("{} {} {}").format(
        _ordered(collection, column),
        sql.SQL(_COMPARISONS[condition.operator]),
        _bound(column),
    )
