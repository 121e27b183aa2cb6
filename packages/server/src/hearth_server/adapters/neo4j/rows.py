"""The port `Rows` over a graph in Neo4j: names from a table here, every value a parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, LiteralString
from uuid import UUID

from hearth_server.adapters.neo4j.graph import Neo4jGraph
from hearth_server.capabilities.data.model import (
    Collection,
    Condition,
    Operator,
    Query,
    Row,
    Value,
)

_MATCHES: Final[Mapping[str, tuple[LiteralString, Mapping[str, LiteralString]]]] = MappingProxyType(
    {
        "nodes": (
            "MATCH (:User {id: $owner})-[:OWNS]->(n:Thing)",
            MappingProxyType(
                {
                    name: f"n.{name}"
                    for name in ("id", "label", "name", "note", "created_at", "updated_at")
                }
            ),
        ),
        "edges": (
            (
                "MATCH (u:User {id: $owner})-[:OWNS]->(s:Thing)-[r:RELATES]->(t:Thing)"
                " MATCH (u)-[:OWNS]->(t)"
            ),
            MappingProxyType(
                {name: f"r.{name}" for name in ("id", "kind", "note", "valid_from", "valid_to")}
                | {"source": "s.id", "target": "t.id"}
            ),
        ),
    }
)
_COMPARISONS: Final[Mapping[Operator, LiteralString]] = MappingProxyType(
    {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
)


class Neo4jRows:
    """A person's nodes and edges."""

    served_by: Final = "neo4j"

    def __init__(self, graph: Neo4jGraph) -> None:
        self._graph = graph

    async def page(self, owner: UUID, query: Query) -> Sequence[Row]:
        """Give rows that fit, in order."""
        text, values = statement(query)
        rows = await self._graph.look(text, owner, values)
        return [_row(query.collection, row) for row in rows]

    async def find(self, owner: UUID, collection: Collection, key: Value) -> Row | None:
        """Give one row."""
        column = next(each for each in collection.columns if each.name == collection.key)
        condition = Condition(column=column, operator="eq", value=key)
        query = Query(
            collection=collection,
            conditions=(condition,),
            sort=column,
            descending=False,
            limit=1,
        )
        rows = await self.page(owner, query)
        return rows[0] if rows else None


def statement(query: Query) -> tuple[LiteralString, dict[str, Any]]:
    """Write a look as Cypher and its parameters; `$owner` is left to who runs it."""
    match, names = _MATCHES[query.collection.name]
    values: dict[str, Any] = {"limit": query.limit}
    conditions: list[LiteralString] = []
    for number, condition in enumerate(query.conditions):
        name = names[condition.column.name]
        values[f"value{number}"] = _parameter(condition.value)
        bound: LiteralString = f"$value{number}"
        if condition.operator == "contains":
            conditions.append(f"toLower({name}) CONTAINS toLower({bound})")
        else:
            conditions.append(f"{name} {_COMPARISONS[condition.operator]} {bound}")
    sort, key = names[query.sort.name], names[query.collection.key]
    way: LiteralString = "DESC" if query.descending else "ASC"
    if query.after is not None:
        sign: LiteralString = "<" if query.descending else ">"
        values["after"], values["after_key"] = map(_parameter, query.after)
        conditions.append(
            f"({sort} {sign} $after OR ({sort} = $after AND {key} {sign} $after_key))"
        )
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    shown = ", ".join([f"{names[name]} AS column_{name}" for name in names])
    order = f" ORDER BY {sort} {way}, {key} {way} LIMIT $limit"
    return f"{match}{where} RETURN {shown}{order}", values


def _parameter(value: Value) -> object:
    return str(value) if isinstance(value, UUID) else value


def _row(collection: Collection, row: Mapping[str, Any]) -> Row:
    return {each.name: _plain(row[f"column_{each.name}"], each.type) for each in collection.columns}


def _plain(value: Any, kind: str) -> Any:  # noqa: ANN401  whatever the driver gives
    if value is None:
        return None
    if kind == "uuid":
        return UUID(value)
    if kind == "time":
        native: datetime = value.to_native()
        return native.astimezone(UTC)
    return value
