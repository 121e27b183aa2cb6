"""`/api/me` and what belongs to it. Each route is one tool under an address of its own."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from hearth_server.capabilities.identity.model import (
    AccountEvent,
    ApiToken,
    Link,
    Me,
    NewApiToken,
    NewLinkCode,
    ProvisioningState,
    Redeemed,
)
from hearth_server.edge.http.calls import body_of, call_tool, call_with_body
from hearth_server.edge.http.parts import Parts
from hearth_server.edge.http.responses import JSONValue, problems

_READ = problems(401, 403, 429, 503)
_WRITE = problems(400, 401, 403, 409, 413, 415, 422, 429, 503)
_REMOVE = problems(401, 403, 404, 422, 429, 503)


def add_identity(router: APIRouter, parts: Parts) -> None:
    """Add the routes; the registry checks scopes and arguments, here as everywhere."""
    _add_me(router, parts)
    _add_tokens(router, parts)
    _add_links(router, parts)


def _add_me(router: APIRouter, parts: Parts) -> None:
    @router.get(
        "/api/me",
        tags=["identity"],
        summary="Who am I",
        response_model=Me,
        responses=_READ,
    )
    async def get_me(request: Request) -> Response:
        return JSONValue(await call_tool(parts, request, "who_am_i"))

    @router.get(
        "/api/me/provisioning",
        tags=["identity"],
        summary="What is set up for you",
        response_model=list[ProvisioningState],
        responses=_READ,
    )
    async def get_provisioning(request: Request) -> Response:
        me = await call_tool(parts, request, "who_am_i")
        return JSONValue(me["provisioning"])

    @router.get(
        "/api/me/events",
        tags=["identity"],
        summary="What services did in your name",
        response_model=list[AccountEvent],
        responses=_READ,
    )
    async def get_events(request: Request) -> Response:
        return JSONValue(await call_tool(parts, request, "list_account_events"))


def _add_tokens(router: APIRouter, parts: Parts) -> None:
    @router.get(
        "/api/me/tokens",
        tags=["identity"],
        summary="List your API tokens",
        response_model=list[ApiToken],
        responses=_READ,
    )
    async def list_tokens(request: Request) -> Response:
        return JSONValue(await call_tool(parts, request, "list_api_tokens"))

    @router.post(
        "/api/me/tokens",
        tags=["identity"],
        summary="Create an API token",
        status_code=201,
        response_model=NewApiToken,
        responses=_WRITE,
        openapi_extra=body_of("create_api_token"),
    )
    async def create_token(request: Request) -> Response:
        return JSONValue(await call_with_body(parts, request, "create_api_token"), status_code=201)

    @router.delete(
        "/api/me/tokens/{token_id}",
        tags=["identity"],
        summary="Revoke an API token",
        status_code=204,
        responses=_REMOVE,
    )
    async def revoke_token(request: Request, token_id: UUID) -> Response:
        await call_tool(parts, request, "revoke_api_token", {"token_id": str(token_id)})
        return Response(status_code=204)


def _add_links(router: APIRouter, parts: Parts) -> None:
    @router.get(
        "/api/me/links",
        tags=["identity"],
        summary="List the services that may act for you",
        response_model=list[Link],
        responses=_READ,
    )
    async def list_links(request: Request) -> Response:
        return JSONValue(await call_tool(parts, request, "list_links"))

    @router.post(
        "/api/me/link-codes",
        tags=["identity"],
        summary="Create a code for a service that shall act for you",
        status_code=201,
        response_model=NewLinkCode,
        responses=_WRITE,
        openapi_extra=body_of("create_link_code"),
    )
    async def create_code(request: Request) -> Response:
        return JSONValue(await call_with_body(parts, request, "create_link_code"), status_code=201)

    @router.delete(
        "/api/me/links/{link_id}",
        tags=["identity"],
        summary="Stop a service from acting for you",
        status_code=204,
        responses=_REMOVE,
    )
    async def revoke_link(request: Request, link_id: UUID) -> Response:
        await call_tool(parts, request, "revoke_link", {"link_id": str(link_id)})
        return Response(status_code=204)

    @router.post(
        "/api/v1/links",
        tags=["identity"],
        summary="Redeem a person's code, as a service",
        status_code=201,
        response_model=Redeemed,
        responses=_WRITE,
        openapi_extra=body_of("redeem_link_code"),
    )
    async def redeem_code(request: Request) -> Response:
        return JSONValue(await call_with_body(parts, request, "redeem_link_code"), status_code=201)
