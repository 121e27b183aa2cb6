"""The OpenAPI document: FastAPI's own routes, and each tool with its own schemas. Pure."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from hearth_server.edge.errors import Problem
from hearth_server.edge.http.responses import problems
from hearth_server.registry.declare import Tool
from hearth_server.registry.registry import Registry

REFERENCE: Final = "#/components/schemas/{model}"

SECURITY: Final[list[dict[str, list[str]]]] = [{"token": []}, {"session": []}, {"access": []}]

SCHEMES: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token of yours, made on the page `/me`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "hearth_session",
        "description": "A signed-in browser; requests that change something prove by the header "
        "`X-CSRF-Token` that one of our pages made them.",
    },
    "access": {
        "type": "apiKey",
        "in": "header",
        "name": "Cf-Access-Jwt-Assertion",
        "description": "What Cloudflare Access asserts, where this server is told to believe it.",
    },
}

DESCRIPTION: Final = (
    "Each person's own documents, search and tools. Every tool is also served to agents at `/mcp`."
)


def openapi_document(app: FastAPI, registry: Registry) -> dict[str, Any]:
    """Build the document; the same routes and tools always give the same text."""
    document = get_openapi(
        title="Hearth",
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        tags=[
            {"name": "knowledge", "description": "Your documents, and what is found in them"},
            {"name": "identity", "description": "Who you are, and your API tokens"},
            {"name": "data", "description": "What the stores keep for you, as it is stored"},
            {"name": "code", "description": "The code of repositories"},
            {"name": "rag", "description": "Search and ingestion under addresses of their own"},
            {"name": "health", "description": "For whatever watches over the server"},
        ],
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    for operation in document["paths"].values():
        for each in operation.values():
            if "401" in each.get("responses", {}):
                each["security"] = SECURITY
    given, definitions = _schemas(registry)
    schemas.update(definitions)
    for tool in registry.all_tools():
        document["paths"][f"/api/v1/tools/{tool.name}"] = {"post": _operation(tool, given)}
    components["securitySchemes"] = SCHEMES
    components["schemas"] = dict(sorted(schemas.items()))
    return document


def _schemas(registry: Registry) -> tuple[dict[tuple[str, str], Any], dict[str, Any]]:
    wanted: list[tuple[Any, Any, TypeAdapter[Any]]] = []
    for tool in registry.all_tools():
        wanted.append((f"{tool.name} in", "validation", TypeAdapter(tool.arguments)))
        wanted.append((f"{tool.name} out", "serialization", tool.result))
    found, whole = TypeAdapter.json_schemas(wanted, ref_template=REFERENCE)
    return {(str(key), mode): schema for (key, mode), schema in found.items()}, whole.get(
        "$defs", {}
    )


def _operation(tool: Tool, given: dict[tuple[str, str], Any]) -> dict[str, Any]:
    arguments = given[f"{tool.name} in", "validation"]
    result = given[f"{tool.name} out", "serialization"]
    responses: dict[str, Any] = {
        "200": {"description": "Done", "content": {"application/json": {"schema": result}}}
    }
    failing = problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
    responses.update({str(status): answer for status, answer in failing.items()})
    return {
        "tags": [tool.spec.group],
        "summary": tool.spec.title,
        "description": tool.description,
        "operationId": tool.name,
        "security": SECURITY,
        "requestBody": {
            "required": any(each.is_required() for each in tool.arguments.model_fields.values()),
            "content": {"application/json": {"schema": arguments}},
        },
        "responses": responses,
        "x-hearth-scope": tool.spec.scope,
        "x-hearth-effect": tool.spec.effect.value,
    }
