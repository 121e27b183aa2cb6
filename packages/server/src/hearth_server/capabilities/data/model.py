"""What a look into a store asks and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID


class Store(StrEnum):
    """What is looked into, by the kind of store; `served_by` says which program it is here."""

    STORAGE = "storage"
    SUPABASE = "supabase"
    NEO4J = "neo4j"
    MONGODB = "mongodb"


ColumnType = Literal["text", "uuid", "number", "time", "list"]
Operator = Literal["eq", "ne", "lt", "lte", "gt", "gte", "contains"]
Value = str | int | datetime | UUID
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column that may be seen, filtered and, unless it may be empty, sorted by."""

    name: str
    type: ColumnType
    sortable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A table, a collection or a label of a store."""

    name: str
    key: str
    """The column that tells rows apart."""
    sort: str
    """The order where none is asked for, as a person writes it: `-created_at`."""
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a row must be like; all of them must hold."""

    column: Column
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A look, checked: every name in it is one of ours."""

    collection: Collection
    conditions: tuple[Condition, ...]
    sort: Column
    descending: bool
    limit: int
    after: tuple[Value, Value] | None = None
    """The last row's value in the sorted column, and its key: rows after it follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreInfo:
    """What may be looked at in one store."""

    store: Store
    served_by: str
    collections: tuple[Collection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Everything that may be looked at."""

    stores: tuple[StoreInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPage:
    """Some of a person's rows."""

    store: Store
    served_by: str
    """The program that keeps them here: `postgres`, `neo4j`, `folder`, `s3`."""
    collection: str
    rows: tuple[dict[str, Any], ...]
    next_cursor: str
    """Gives the rows that follow; empty at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRow:
    """One of a person's rows."""

    store: Store
    served_by: str
    collection: str
    row: dict[str, Any]
