"""`hearth-server openapi` and `hearth-server tools`: what the generated files are made by."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from hearth_kit.secret import Secret

from hearth_server.adapters.postgres.pool import Database
from hearth_server.edge.http.app import build_routes
from hearth_server.edge.http.openapi import openapi_document
from hearth_server.edge.http.parts import Parts
from hearth_server.edge.mcp.wire import tool_of
from hearth_server.main import build_parts
from hearth_server.registry.reference import reference_page
from hearth_server.settings.model import Settings

Made = TypeVar("Made")


def run_openapi(arguments: Sequence[str]) -> int:
    """Print the OpenAPI document."""
    argparse.ArgumentParser(
        prog="hearth-server openapi", description="Print the OpenAPI document."
    ).parse_args(arguments)
    print(openapi_text(), end="")
    return 0


def run_tools(arguments: Sequence[str]) -> int:
    """Print every tool as MCP describes it, or as a page for people."""
    parser = argparse.ArgumentParser(
        prog="hearth-server tools", description="Print the tools as agents see them."
    )
    parser.add_argument("--page", action="store_true", help="print the reference page instead")
    print(page_text() if parser.parse_args(arguments).page else tools_text(), end="")
    return 0


def openapi_text() -> str:
    """Give the OpenAPI document as it is committed."""
    return _as_json(asyncio.run(_with_parts(_openapi)))


def tools_text() -> str:
    """Give the list of tools as it is committed."""
    return _as_json(asyncio.run(_with_parts(_tools)))


def page_text() -> str:
    """Give the reference page of the tools as it is committed."""
    return asyncio.run(_with_parts(lambda parts: reference_page(parts.registry.all_tools())))


def _as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


async def _with_parts(make: Callable[[Parts], Made]) -> Made:
    # The same wiring as the real server's, over a database that is never opened.
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            database_url=Secret("postgresql://nobody@localhost/none"), data_dir=Path(folder)
        )
        database = Database(settings.database_url)
        return make(build_parts(settings, database, stopping=asyncio.Event()))


def _openapi(parts: Parts) -> dict[str, Any]:
    return openapi_document(build_routes(parts), parts.registry)


def _tools(parts: Parts) -> list[dict[str, Any]]:
    return [
        tool_of(each).model_dump(mode="json", by_alias=True, exclude_none=True)
        for each in parts.registry.all_tools()
    ]
