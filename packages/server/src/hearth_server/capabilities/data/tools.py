"""Looking into what is stored for oneself: each method is a tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from hearth_server.capabilities.data.collections import COLLECTIONS
from hearth_server.capabilities.data.errors import RowNotFoundError
from hearth_server.capabilities.data.model import (
    DataPage,
    DataRow,
    Store,
    StoreInfo,
    Stores,
)
from hearth_server.capabilities.data.ports import Rows
from hearth_server.capabilities.data.rules import (
    find_collection,
    make_cursor,
    read_key,
    read_query,
)
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

GROUP: Final = "data"
READ: Final = "data:read"
MOST: Final = 200


class DataTools:
    """The views of data. Whose rows they are is always the caller."""

    def __init__(self, rows: Mapping[Store, Rows]) -> None:
        self._rows = rows

    @tool(title="List what is stored", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def list_stores(self, caller: Principal) -> Stores:  # noqa: ARG002  names are for all
        """List the stores and collections that you may look into, with their columns."""
        return Stores(
            stores=tuple(
                StoreInfo(
                    store=store,
                    served_by=self._rows[store].served_by,
                    collections=collections,
                )
                for store, collections in COLLECTIONS.items()
            )
        )

    @tool(title="Look into a store", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def view_data(
        self,
        caller: Principal,
        *,
        store: Store,
        collection: str = "",
        filters: list[str] | None = None,
        sort: str = "",
        limit: Annotated[int, Field(ge=1, le=MOST)] = 50,
        cursor: Annotated[str, Field(max_length=4_000)] = "",
    ) -> DataPage:
        """Look at what a store keeps for you, a page at a time.

        Args:
            store: `storage` for files, `supabase` for tables, `neo4j` for the graph, `mongodb`
                for documents and their chunks.
            collection: What to look at in it, as `list_stores` names it; its first one when empty.
            filters: What rows must be like, each as `column:operator:value`. Operators are `eq`,
                `ne`, `lt`, `lte`, `gt`, `gte` and `contains`.
            sort: A column, or `-column` for the greatest first.
            limit: How many rows at most.
            cursor: `next_cursor` of the page before.
        """
        chosen = find_collection(store, collection)
        query = read_query(chosen, filters=filters or (), sort=sort, limit=limit, cursor=cursor)
        rows = self._rows[store]
        # One more than asked for tells whether there is another page.
        found = await rows.page(caller.user_id, replace(query, limit=limit + 1))
        shown = found[:limit]
        return DataPage(
            store=store,
            served_by=rows.served_by,
            collection=chosen.name,
            rows=tuple(dict(row) for row in shown),
            next_cursor=make_cursor(query, shown[-1]) if len(found) > limit else "",
        )

    @tool(title="Look at one row", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def get_data_row(
        self, caller: Principal, *, store: Store, collection: str, key: str
    ) -> DataRow:
        """Look at one row that a store keeps for you.

        Args:
            store: As for `view_data`.
            collection: As for `view_data`.
            key: Its key: the column that `list_stores` names as `key`.
        """
        chosen = find_collection(store, collection)
        value = read_key(chosen, key)
        rows = self._rows[store]
        row = None if value is None else await rows.find(caller.user_id, chosen, value)
        if row is None:
            msg = f"key: there is no `{key[:200]}` among your {chosen.name}"
            raise RowNotFoundError(msg)
        return DataRow(store=store, served_by=rows.served_by, collection=chosen.name, row=dict(row))
