"""What a person or an agent may do with their knowledge: each method is a tool."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from hearth_server.capabilities.knowledge.errors import BadLabelError, EmptyTextError
from hearth_server.capabilities.knowledge.model import (
    Deleted,
    Document,
    DocumentEvent,
    DocumentPage,
    DocumentSort,
    Filter,
    Found,
    Fusion,
    SearchType,
    Sources,
    SourceType,
    Status,
    Whose,
)
from hearth_server.capabilities.knowledge.ports import Announcements, Documents
from hearth_server.capabilities.knowledge.rules import (
    clean_label,
    clean_tags,
    clean_text,
    in_utc,
    project_tags,
)
from hearth_server.capabilities.knowledge.search import Question, Searcher
from hearth_server.capabilities.knowledge.uploads import Uploads
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

TextFormat = Literal["markdown", "text", "html"]

GROUP: Final = "knowledge"
READ: Final = "knowledge:read"
WRITE: Final = "knowledge:write"
MAX_PAGE: Final = 200


class KnowledgeTools:
    """The knowledge tools. The reader is always the caller; no tool takes another's id."""

    def __init__(
        self,
        documents: Documents,
        uploads: Uploads,
        searcher: Searcher,
        announcements: Announcements,
    ) -> None:
        self._documents = documents
        self._uploads = uploads
        self._searcher = searcher
        self._announcements = announcements

    def watch(self, caller: Principal) -> AsyncIterator[DocumentEvent]:
        """Give each change of the caller's documents from now on, until the caller stops."""
        return self._announcements.watch(caller.user_id)

    @tool(title="Search my documents", scope=READ, group=GROUP, effect=Effect.READ)
    async def search_knowledge_base(  # noqa: PLR0913  a tool's parameters are flat
        self,
        caller: Principal,
        *,
        query: str,
        match_count: int = 5,
        search_type: SearchType = "hybrid",
        source_type: SourceType | None = None,
        source: str = "",
        tags: list[str] | None = None,
        project: str = "",
        document_id: UUID | None = None,
        whose: Whose = "all",
        since: datetime | None = None,
        until: datetime | None = None,
        fusion: Fusion = "weighted",
        neighbours: int = 0,
        left_out: int = 0,
        rerank: bool = True,
    ) -> Found:
        """Find passages in your documents that answer a question or have its words.

        Documents that others share with you are searched too.

        Each hit has its text, where it stands (document, page, headings) for a citation, and the
        score of each leg of the search. Quote from the text and cite the document and page.

        Args:
            query: What to look for: a question or a few words, in any language.
            match_count: How many passages to give, 1 to 100.
            search_type: `hybrid` for meaning and words, `vector` for meaning, `text` for words.
            source_type: Only documents that came in this way: `web` for pages of a site, too.
            source: Only documents whose source begins so: an address, or a file's name.
            tags: Only documents that have all of these tags.
            project: Only documents of this project: those with the tag `project/` and its name.
            document_id: Only this document.
            whose: `mine` for your own documents, `shared` for those of others, or `all`.
            since: Only documents put in at this time or later, such as `2026-01-31`.
            until: Only documents put in before this time.
            fusion: How the legs are joined: `weighted` scores, or `rrf` for ranks only.
            neighbours: How many passages before and after each hit to give along, 0 to 3.
            left_out: How many passages after the hits to tell of, with the reason, 0 to 20.
            rerank: Let the reranker order the first ones of a `hybrid` search, where there is one.
        """
        only = Filter(
            source_type=source_type,
            source=clean_text(source),
            tags=clean_tags((*(tags or ()), *project_tags(project))),
            document_ids=(document_id,) if document_id else (),
            whose=whose,
            since=in_utc(since),
            until=in_utc(until),
        )
        question = Question(
            query=clean_text(query),
            count=match_count,
            search_type=search_type,
            fusion=fusion,
            only=only,
            neighbours=neighbours,
            left_out=left_out,
            rerank=rerank,
        )
        return await self._searcher.search(caller.user_id, question)

    @tool(title="Add a text", scope=WRITE, group=GROUP, effect=Effect.WRITE)
    async def ingest_text(
        self,
        caller: Principal,
        *,
        text: str,
        title: str = "",
        text_format: TextFormat = "markdown",
        tags: list[str] | None = None,
    ) -> Document:
        """Add a text to your documents, so that it can be found.

        It is taken in at once and becomes findable when its status is `ready`, as a rule within
        seconds. The same text again gives the document that is there already.

        Args:
            text: The text itself.
            title: What to call it; its first line where none is given.
            text_format: What the text is written in; headings are understood in Markdown and HTML.
            tags: Words to find it by later, at most 20.
        """
        if not text.strip():
            msg = "text: is empty"
            raise EmptyTextError(msg)
        media_type = {"markdown": "text/markdown", "text": "text/plain", "html": "text/html"}
        return await self._uploads.receive_text(
            caller, text=text, title=title, media_type=media_type[text_format], tags=tags or ()
        )

    @tool(title="List my documents", scope=READ, group=GROUP, effect=Effect.READ)
    async def list_documents(  # noqa: PLR0913  a tool's parameters are flat
        self,
        caller: Principal,
        *,
        status: Status | None = None,
        title: str | None = None,
        source_type: SourceType | None = None,
        tags: list[str] | None = None,
        whose: Whose = "mine",
        sort: DocumentSort = "newest",
        limit: int = 50,
        offset: int = 0,
    ) -> DocumentPage:
        """List your documents with their state, progress and, where one failed, the reason.

        Args:
            status: Only those in this state.
            title: Only those whose title has this text in it.
            source_type: Only those that came in this way: `web` for pages of a site, too.
            tags: Only those that have all of these tags.
            whose: `mine` for your own, `shared` for what others let you read, or `all`.
            sort: Which come first: `newest`, `oldest`, `title` or `largest`.
            limit: How many to give, 1 to 200.
            offset: How many to leave out at the beginning.
        """
        if not 1 <= limit <= MAX_PAGE:
            msg = f"limit: is `{limit}`, expected 1 to {MAX_PAGE}"
            raise BadLabelError(msg)
        if offset < 0:
            msg = f"offset: is `{offset}`, expected 0 or more"
            raise BadLabelError(msg)
        return await self._documents.list_page(
            caller.user_id,
            status=status,
            text=clean_label(title or "") or None,
            only=Filter(
                source_type=source_type,
                tags=clean_tags(tags or ()),
                whose=whose,
            ),
            sort=sort,
            limit=limit,
            offset=offset,
        )

    @tool(title="Show a document", scope=READ, group=GROUP, effect=Effect.READ)
    async def get_document(self, caller: Principal, *, document_id: UUID) -> Document:
        """Show a document of yours, or one shared with you: its state, progress and size.

        Args:
            document_id: Which document.
        """
        return await self._documents.get(caller.user_id, document_id)

    @tool(title="Delete a document", scope=WRITE, group=GROUP, effect=Effect.DESTROY)
    async def delete_document(self, caller: Principal, *, document_id: UUID) -> Deleted:
        """Delete one of your documents with its original and all its passages, for good.

        Args:
            document_id: Which document.
        """
        gone = await self._documents.delete(caller.user_id, document_id)
        return Deleted(id=gone.id, title=gone.title)

    @tool(title="Ingest again", scope=WRITE, group=GROUP, effect=Effect.WRITE, listed=False)
    async def retry_document(self, caller: Principal, *, document_id: UUID) -> Document:
        """Take a document in once more: one that failed, was cancelled, or is out of date.

        While it is at work, what was stored before stays findable.

        Args:
            document_id: Which document.
        """
        return await self._documents.requeue(caller.user_id, document_id)

    @tool(title="Cancel a document", scope=WRITE, group=GROUP, effect=Effect.WRITE, listed=False)
    async def cancel_document(self, caller: Principal, *, document_id: UUID) -> Document:
        """Stop taking a document in; its original is kept and it can be tried again.

        Args:
            document_id: Which document.
        """
        return await self._documents.cancel(caller.user_id, document_id)

    @tool(title="List my sources", scope=READ, group=GROUP, effect=Effect.READ)
    async def get_available_sources(self, caller: Principal) -> Sources:
        """List where the documents that you may search came from, and the tags they have.

        Use it to choose the filters of a search.
        """
        return await self._documents.sources(caller.user_id)
