"""`/api/v1/data`: what the stores keep for whoever asks. Each route is one tool."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from hearth_server.capabilities.data.model import DataPage, DataRow, Store, Stores
from hearth_server.capabilities.data.tools import MOST
from hearth_server.edge.http.calls import call_tool
from hearth_server.edge.http.parts import Parts
from hearth_server.edge.http.responses import JSONValue, problems

_READ = problems(400, 401, 403, 404, 422, 429, 503)


def add_data(router: APIRouter, parts: Parts) -> None:
    """Add the routes; the registry checks the scope and the arguments."""

    @router.get(
        "/api/v1/data",
        tags=["data"],
        summary="List what is stored",
        response_model=Stores,
        responses=_READ,
    )
    async def list_stores(request: Request) -> Response:
        return JSONValue(await call_tool(parts, request, "list_stores"))

    @router.get(
        "/api/v1/data/{store}",
        tags=["data"],
        summary="Look into a store",
        response_model=DataPage,
        responses=_READ,
    )
    async def view_data(
        request: Request,
        store: Store,
        collection: str = "",
        filters: Annotated[list[str] | None, Query(alias="filter")] = None,
        sort: str = "",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        cursor: str = "",
    ) -> Response:
        arguments = {
            "store": store.value,
            "collection": collection,
            "filters": filters,
            "sort": sort,
            "limit": limit,
            "cursor": cursor,
        }
        return JSONValue(await call_tool(parts, request, "view_data", arguments))

    # A key may be a path: that of an object.
    @router.get(
        "/api/v1/data/{store}/{collection}/{key:path}",
        tags=["data"],
        summary="Look at one row",
        response_model=DataRow,
        responses=_READ,
    )
    async def get_data_row(request: Request, store: Store, collection: str, key: str) -> Response:
        arguments = {"store": store.value, "collection": collection, "key": key}
        return JSONValue(await call_tool(parts, request, "get_data_row", arguments))
