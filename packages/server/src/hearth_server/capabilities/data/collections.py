"""The names that may be looked at. What is not here cannot be asked for, in whatever spelling."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hearth_server.capabilities.data.model import Collection, Column, ColumnType, Store


def _columns(**types: ColumnType) -> tuple[Column, ...]:
    return tuple(
        Column(name=name, type=kind, sortable=kind != "list") for name, kind in types.items()
    )


def _may_be_empty(**types: ColumnType) -> tuple[Column, ...]:
    return tuple(Column(name=name, type=kind, sortable=False) for name, kind in types.items())


OBJECTS: Final = Collection(
    name="objects",
    key="key",
    sort="key",
    columns=_columns(key="text", size_bytes="number", modified_at="time"),
)
DOCUMENTS: Final = Collection(
    name="documents",
    key="id",
    sort="-created_at",
    columns=_columns(
        id="uuid",
        title="text",
        source_type="text",
        source="text",
        media_type="text",
        size_bytes="number",
        language="text",
        tags="list",
        status="text",
        stage="text",
        reason="text",
        pages="number",
        passages="number",
        created_at="time",
        updated_at="time",
    ),
)
CHUNKS: Final = Collection(
    name="chunks",
    key="id",
    sort="id",
    columns=(
        *_columns(
            id="text",
            document_id="uuid",
            ordinal="number",
            headings="list",
            tokens="number",
            content="text",
        ),
        *_may_be_empty(page="number"),
    ),
)
TOKENS: Final = Collection(
    name="tokens",
    key="id",
    sort="-created_at",
    columns=(
        *_columns(id="uuid", name="text", scopes="list", created_at="time", expires_at="time"),
        *_may_be_empty(last_used_at="time"),
    ),
)
LINKS: Final = Collection(
    name="links",
    key="id",
    sort="-created_at",
    columns=(
        *_columns(id="uuid", service="text", scopes="list", created_at="time"),
        *_may_be_empty(last_used_at="time"),
    ),
)
EVENTS: Final = Collection(
    name="events",
    key="id",
    sort="-id",
    columns=_columns(id="number", at="time", event="text", by="text", detail="text"),
)
NODES: Final = Collection(
    name="nodes",
    key="id",
    sort="name",
    columns=_columns(
        id="uuid", label="text", name="text", note="text", created_at="time", updated_at="time"
    ),
)
EDGES: Final = Collection(
    name="edges",
    key="id",
    sort="-valid_from",
    columns=(
        *_columns(
            id="uuid", source="uuid", target="uuid", kind="text", note="text", valid_from="time"
        ),
        *_may_be_empty(valid_to="time"),
    ),
)

COLLECTIONS: Final[Mapping[Store, tuple[Collection, ...]]] = MappingProxyType(
    {
        Store.STORAGE: (OBJECTS,),
        Store.SUPABASE: (DOCUMENTS, TOKENS, LINKS, EVENTS),
        Store.NEO4J: (NODES, EDGES),
        Store.MONGODB: (DOCUMENTS, CHUNKS),
    }
)
"""The first of a store is the one that is meant where none is named."""
