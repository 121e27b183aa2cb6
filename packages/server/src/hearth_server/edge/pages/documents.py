"""The pages of documents: all of them, one of them, and what can be done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from hearth_kit.errors import HearthError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearth_server.capabilities.knowledge.errors import DocumentNotFoundError
from hearth_server.capabilities.knowledge.model import Passage
from hearth_server.capabilities.knowledge.videos import YOUTUBE, address_at, find_video
from hearth_server.edge.errors import Problem, problem_of
from hearth_server.edge.http.uploads import Form, Refused, receive_files
from hearth_server.edge.pages.site import Site, redirect

PAGE_SIZE: Final = 25
PASSAGES_SHOWN: Final = 100
STATES: Final = ("queued", "running", "ready", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """The passages that begin on one page; `page` is None where a format has none."""

    page: int | None
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What the form for addresses says; `problem` where it was refused."""

    url: str = ""
    is_site: bool = False
    problem: Problem | None = None


class DocumentPages:
    """Pages over the knowledge tools; each form does what the tool of its name does."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Give the routes of these pages."""
        one = "/documents/{document_id}"
        return [
            Route("/documents", self._list, methods=["GET"]),
            Route("/documents", self._upload, methods=["POST"]),
            Route("/documents/address", self._add_address, methods=["POST"]),
            Route(one, self._show, methods=["GET"]),
            Route(f"{one}/row", self._row, methods=["GET"]),
            Route(f"{one}/delete", self._ask, methods=["GET"]),
            Route(f"{one}/delete", self._delete, methods=["POST"]),
            Route(f"{one}/retry", self._retry, methods=["POST"]),
            Route(f"{one}/cancel", self._cancel, methods=["POST"]),
        ]

    async def _list(
        self,
        request: Request,
        refused: tuple[Refused, ...] = (),
        address: Address = Address(),
    ) -> Response:
        caller = await self._site.caller(request)
        text = request.query_params.get("text", "").strip()[:200]
        status = request.query_params.get("status", "")
        status = status if status in STATES else ""
        whose = "shared" if request.query_params.get("whose") == "shared" else ""
        offset = whole_number(request.query_params.get("offset", ""))
        wanted: dict[str, object] = {"limit": PAGE_SIZE, "offset": offset}
        wanted |= {"title": text} if text else {}
        wanted |= {"status": status} if status else {}
        wanted |= {"whose": whose} if whose else {}
        documents = await self._site.registry.call(caller, "list_documents", wanted)

        def at(place: int) -> str:
            named = {"text": text, "status": status, "whose": whose, "offset": place or ""}
            query = urlencode({key: value for key, value in named.items() if value})
            return f"/documents?{query}" if query else "/documents"

        is_more = offset + len(documents["documents"]) < documents["total"]
        return self._site.page(
            request,
            "documents.html",
            caller=caller,
            here="/documents",
            status=address.problem.status if address.problem else 400 if refused else 200,
            address=address,
            documents=documents,
            refused=refused,
            text=text,
            offset=offset,
            earlier=at(max(0, offset - PAGE_SIZE)) if offset else None,
            later=at(offset + PAGE_SIZE) if is_more else None,
            upload_limit=self._site.parts.upload_limit,
            state=status,
            whose=whose,
        )

    async def _upload(self, request: Request) -> Response:
        caller = await self._site.caller(request)
        await self._site.registry.enter(
            caller, "upload_documents", scope="knowledge:write", group="knowledge"
        )
        form = Form(caller=caller, is_page=True)
        received = await receive_files(request, self._site.parts, form)
        if received.refused:
            return await self._list(request, tuple(received.refused))
        return redirect("/documents")

    async def _add_address(self, request: Request) -> Response:
        caller, sent = await self._site.form(request)
        url = "".join(sent.get("url", [])).strip()
        is_site = sent.get("extent") == ["site"]
        tool = "ingest_site" if is_site else "ingest_url"
        if find_video(url) is not None:
            tool = "ingest_youtube"
        try:
            await self._site.registry.call(caller, tool, {"url": url})
        except HearthError as error:
            refused = Address(url=url, is_site=is_site, problem=problem_of(error))
            return await self._list(request, address=refused)
        return redirect("/documents")

    async def _show(self, request: Request) -> Response:
        caller = await self._site.caller(request)
        each = await self._get(request)
        wanted = whole_number(request.query_params.get("from", ""))
        first = wanted // PASSAGES_SHOWN * PASSAGES_SHOWN
        after = min(first + PASSAGES_SHOWN, each["passages"])
        passages = await self._site.parts.files.passages(
            caller, document_id_of(request), ordinals=range(first, after)
        )
        return self._site.page(
            request,
            "document.html",
            caller=caller,
            here="/documents",
            each=each,
            groups=leaves_of(passages),
            at=address_at if each["source_type"] == YOUTUBE else None,
            earlier=f"?from={first - PASSAGES_SHOWN}" if first else None,
            more=f"?from={after}" if after < each["passages"] else None,
        )

    async def _row(self, request: Request) -> Response:
        caller = await self._site.caller(request)
        each = await self._get(request)
        return self._site.page(request, "document_row.html", caller=caller, each=each)

    async def _ask(self, request: Request) -> Response:
        caller = await self._site.caller(request)
        each = await self._get(request)
        return self._site.page(
            request, "document_delete.html", caller=caller, here="/documents", each=each
        )

    async def _delete(self, request: Request) -> Response:
        return await self._act(request, "delete_document")

    async def _retry(self, request: Request) -> Response:
        return await self._act(request, "retry_document")

    async def _cancel(self, request: Request) -> Response:
        return await self._act(request, "cancel_document")

    async def _act(self, request: Request, tool: str) -> Response:
        caller, _ = await self._site.form(request)
        document_id = document_id_of(request)
        await self._site.registry.call(caller, tool, {"document_id": str(document_id)})
        return redirect("/documents")

    async def _get(self, request: Request) -> Any:  # noqa: ANN401 - JSON, for a template
        caller = await self._site.caller(request)
        arguments = {"document_id": str(document_id_of(request))}
        return await self._site.registry.call(caller, "get_document", arguments)


def document_id_of(request: Request) -> UUID:
    """Read the id in a page's address.

    Raises:
        DocumentNotFoundError: it is no id at all.
    """
    text = str(request.path_params["document_id"])
    try:
        return UUID(text)
    except ValueError as cause:
        msg = "document: there is none at this address"
        raise DocumentNotFoundError(msg) from cause


def whole_number(text: str) -> int:
    """Read a number out of an address; anything else counts as 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def leaves_of(passages: tuple[Passage, ...]) -> tuple[Leaf, ...]:
    """Put passages that follow each other on one page together."""
    leaves: list[Leaf] = []
    for passage in passages:
        if leaves and leaves[-1].page == passage.page:
            leaves[-1] = Leaf(page=passage.page, passages=(*leaves[-1].passages, passage))
        else:
            leaves.append(Leaf(page=passage.page, passages=(passage,)))
    return tuple(leaves)
