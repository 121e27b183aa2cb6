"""Documents, runs, passages and news in memory: the reference that PostgreSQL is held against."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

from hearth_kit.clock import Clock, SystemClock

from hearth_server.adapters.memory.sharing import MemorySharing
from hearth_server.capabilities.knowledge.bm25 import Postings, Statistics
from hearth_server.capabilities.knowledge.errors import (
    DocumentNotFoundError,
    DocumentStateError,
    IngestCancelledError,
    StaleRunError,
)
from hearth_server.capabilities.knowledge.model import (
    REPLACED,
    Document,
    DocumentEvent,
    DocumentPage,
    DocumentSort,
    EmbedderInfo,
    Filter,
    NewDocument,
    PassageKey,
    Source,
    Sources,
    Stage,
    Status,
    StoredPassage,
)
from hearth_server.capabilities.knowledge.ports import Also, Indexed, Run
from hearth_server.capabilities.knowledge.ranking import best


@dataclass(slots=True)
class Entry:
    """A document as the library keeps it."""

    owner: UUID
    document: Document
    object_key: str
    run: int = 0
    indexed: Indexed | None = None
    info: EmbedderInfo | None = None


@dataclass(slots=True)
class MemoryLibrary:
    """The ports `Documents`, `Runs`, `Passages` and `Announcements` in one.

    `queue` and `discarded` are what a database would have put into its job queue.
    """

    clock: Clock = field(default_factory=SystemClock)
    entries: dict[UUID, Entry] = field(default_factory=dict)
    queue: list[tuple[UUID, UUID]] = field(default_factory=list)
    discarded: list[str] = field(default_factory=list)
    watchers: dict[UUID, set[asyncio.Queue[UUID]]] = field(default_factory=dict)
    sharing: MemorySharing = field(default_factory=MemorySharing)

    async def add(self, owner: UUID, document: NewDocument) -> tuple[Document, bool]:
        """Store a new document; the same bytes are stored once."""
        for entry in self._mine(owner):
            if entry.document.content_sha256 == document.content_sha256:
                if entry.document.status in {Status.FAILED, Status.CANCELLED}:
                    await self.requeue(owner, entry.document.id)
                return entry.document, False
        if document.source_type in REPLACED and (older := self._older(owner, document)):
            await self._replace(older, document)
            return older.document, True
        now = self.clock.now()
        stored = Document(
            id=document.id,
            title=document.title,
            source_type=document.source_type,
            source=document.source,
            media_type=document.media_type,
            size_bytes=document.size_bytes,
            content_sha256=document.content_sha256,
            language="xx",
            tags=document.tags,
            status=Status.QUEUED,
            stage=Stage.WAITING,
            done=0,
            total=0,
            reason="",
            attempts=0,
            pages=0,
            passages=0,
            created_at=now,
            updated_at=now,
        )
        self.entries[document.id] = Entry(owner, stored, document.object_key)
        self.sharing.owners[document.id] = owner
        self._queue(owner, document.id)
        return stored, True

    async def get(self, owner: UUID, document_id: UUID) -> Document:
        """Give one document that somebody may read."""
        return self._seen(owner, self._readable_entry(owner, document_id))

    async def find_original(self, owner: UUID, document_id: UUID) -> str:
        """Give the key of the original of a document that somebody may read."""
        return self._readable_entry(owner, document_id).object_key

    async def list_page(
        self,
        owner: UUID,
        *,
        status: Status | None,
        text: str | None,
        only: Filter,
        sort: DocumentSort,
        limit: int,
        offset: int,
    ) -> DocumentPage:
        """Give some documents and the number of all that match."""
        found = [
            self._seen(owner, entry)
            for entry in self._readable(owner)
            if status in {None, entry.document.status}
            and (text is None or text.lower() in entry.document.title.lower())
            and _passes(owner, entry, only)
        ]
        found.sort(key=lambda each: (each.created_at, -each.id.int), reverse=True)
        if sort == "oldest":
            found.sort(key=lambda each: each.created_at)
        elif sort == "title":
            found.sort(key=lambda each: each.title.lower())
        elif sort == "largest":
            found.sort(key=lambda each: -each.size_bytes)
        chosen = tuple(found[offset : offset + limit])
        return DocumentPage(documents=chosen, total=len(found), limit=limit, offset=offset)

    async def delete(self, owner: UUID, document_id: UUID) -> Document:
        """Delete a document and queue the removal of its original."""
        entry = self._entry(owner, document_id)
        del self.entries[document_id]
        self.sharing.forget(document_id)
        self.discarded.append(entry.object_key)
        self._tell(owner, document_id)
        return entry.document

    async def requeue(
        self,
        owner: UUID,
        document_id: UUID,
        *,
        is_last: bool = False,  # noqa: ARG002  its queue is one line
    ) -> Document:
        """Queue a document that is not at work once more."""
        entry = self._entry(owner, document_id)
        if entry.document.status is Status.RUNNING:
            raise _wrong_state(entry.document, "retried")
        if entry.document.status is not Status.QUEUED:
            self._change(
                entry,
                replace(
                    entry.document,
                    status=Status.QUEUED,
                    stage=Stage.WAITING,
                    done=0,
                    total=0,
                    reason="",
                    attempts=0,
                ),
            )
            self._queue(owner, document_id)
        return entry.document

    async def list_outdated(self, owner: UUID, info: EmbedderInfo) -> list[UUID]:
        """Give the owner's ready documents that this embedder's vectors are missing of."""
        return [
            entry.document.id
            for entry in self._mine(owner)
            if entry.document.status is Status.READY
            and entry.document.passages
            and entry.document.source_type != "site"
            and entry.info is not None
            and (entry.info.name, entry.info.dimension) != (info.name, info.dimension)
        ]

    async def cancel(self, owner: UUID, document_id: UUID) -> Document:
        """Stop a document that waits or is at work."""
        entry = self._entry(owner, document_id)
        if entry.document.status in {Status.QUEUED, Status.RUNNING}:
            reason = "cancelled by its owner"
            self._change(
                entry,
                replace(entry.document, status=Status.CANCELLED, stage=Stage.DONE, reason=reason),
            )
        elif entry.document.status is not Status.CANCELLED:
            raise _wrong_state(entry.document, "cancelled")
        return entry.document

    async def sources(self, owner: UUID) -> Sources:
        """Give the sources and tags of the ready documents."""
        counts: dict[tuple[str, str], list[int]] = {}
        tags: set[str] = set()
        for entry in self._readable(owner):
            if entry.document.passages:
                key = (entry.document.source_type, entry.document.source)
                counts.setdefault(key, []).append(entry.document.passages)
                tags.update(entry.document.tags)
        return Sources(
            sources=tuple(
                Source(source_type=kind, source=source, documents=len(each), passages=sum(each))
                for (kind, source), each in sorted(counts.items())
            ),
            tags=tuple(sorted(tags)),
        )

    async def start(self, owner: UUID, document_id: UUID) -> Run | None:
        """Take a queued or running document over."""
        entry = self.entries.get(document_id)
        if entry is None or entry.owner != owner:
            return None
        document = entry.document
        if document.status not in {Status.QUEUED, Status.RUNNING}:
            return None
        entry.run += 1
        attempt = document.attempts + 1
        self._change(
            entry, replace(document, status=Status.RUNNING, stage=Stage.READING, attempts=attempt)
        )
        return Run(
            document_id=document_id,
            owner=owner,
            number=entry.run,
            attempt=attempt,
            title=document.title,
            source=document.source,
            media_type=document.media_type,
            object_key=entry.object_key,
            language=document.language,
        )

    async def progress(self, run: Run, stage: Stage, *, done: int = 0, total: int = 0) -> None:
        """Say how far it is."""
        entry = self._held(run)
        self._change(entry, replace(entry.document, stage=stage, done=done, total=total))

    async def finish(self, run: Run, indexed: Indexed, info: EmbedderInfo) -> None:
        """Replace whatever was stored for the document and make it ready."""
        entry = self._held(run)
        entry.indexed, entry.info = indexed, info
        count = len(indexed.passages)
        self._change(
            entry,
            replace(
                entry.document,
                status=Status.READY,
                stage=Stage.DONE,
                done=count,
                total=count,
                reason="",
                language=indexed.language,
                pages=indexed.pages,
                passages=count,
            ),
        )

    async def fail(self, run: Run, reason: str, *, again: bool) -> None:
        """Record why it failed."""
        entry = self.entries.get(run.document_id)
        if entry and entry.run == run.number and entry.document.status is Status.RUNNING:
            status = Status.QUEUED if again else Status.FAILED
            self._change(entry, replace(entry.document, status=status, reason=reason))

    @asynccontextmanager
    async def view(self, owner: UUID) -> AsyncIterator[MemoryPassageIndex]:
        """Open a view of what somebody may read now."""
        yield MemoryPassageIndex(owner, [each for each in self._readable(owner) if each.indexed])

    async def watch(self, owner: UUID) -> AsyncIterator[DocumentEvent]:
        """Give each change of the owner's documents from now on."""
        queue: asyncio.Queue[UUID] = asyncio.Queue()
        self.watchers.setdefault(owner, set()).add(queue)
        try:
            while True:
                document_id = await queue.get()
                entry = self.entries.get(document_id)
                yield DocumentEvent(
                    document_id=document_id, document=entry.document if entry else None
                )
        finally:
            self.watchers[owner].discard(queue)

    def _older(self, owner: UUID, new: NewDocument) -> Entry | None:
        found = [
            entry
            for entry in self._mine(owner)
            if (entry.document.source_type, entry.document.source) == (new.source_type, new.source)
            and entry.document.status in {Status.READY, Status.FAILED, Status.CANCELLED}
        ]
        return max(found, key=lambda entry: entry.document.created_at, default=None)

    async def _replace(self, older: Entry, new: NewDocument) -> None:
        self.discarded.append(older.object_key)
        older.object_key = new.object_key
        older.document = replace(
            older.document,
            title=new.title,
            media_type=new.media_type,
            size_bytes=new.size_bytes,
            content_sha256=new.content_sha256,
            tags=new.tags or older.document.tags,
        )
        await self.requeue(older.owner, older.document.id)

    def _mine(self, owner: UUID) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.owner == owner]

    def _readable(self, reader: UUID) -> list[Entry]:
        return [entry for key, entry in self.entries.items() if self.sharing.may_read(reader, key)]

    def _readable_entry(self, reader: UUID, document_id: UUID) -> Entry:
        if self.sharing.may_read(reader, document_id):
            return self.entries[document_id]
        return self._entry(reader, document_id)

    def _seen(self, reader: UUID, entry: Entry) -> Document:
        visibility, shared_by = self.sharing.describe(reader, entry.document.id)
        return replace(entry.document, visibility=visibility, shared_by=shared_by)

    def _entry(self, owner: UUID, document_id: UUID) -> Entry:
        entry = self.entries.get(document_id)
        if entry is None or entry.owner != owner:
            msg = f"document `{document_id}`: there is no such document"
            raise DocumentNotFoundError(msg)
        return entry

    def _held(self, run: Run) -> Entry:
        entry = self.entries.get(run.document_id)
        where = f"document `{run.document_id}`"
        if entry is None or entry.document.status is Status.CANCELLED:
            msg = f"{where}: was cancelled by its owner"
            raise IngestCancelledError(msg)
        if entry.run != run.number or entry.document.status is not Status.RUNNING:
            msg = f"{where}: run {run.number} was overtaken by run {entry.run}"
            raise StaleRunError(msg)
        return entry

    def _queue(self, owner: UUID, document_id: UUID) -> None:
        if (owner, document_id) not in self.queue:
            self.queue.append((owner, document_id))
        self._tell(owner, document_id)

    def _change(self, entry: Entry, document: Document) -> None:
        entry.document = replace(document, updated_at=self.clock.now())
        self._tell(entry.owner, document.id)

    def _tell(self, owner: UUID, document_id: UUID) -> None:
        for queue in self.watchers.get(owner, ()):
            queue.put_nowait(document_id)


class MemoryPassageIndex:
    """The port `PassageIndex` over some entries."""

    def __init__(self, reader: UUID, entries: Sequence[Entry]) -> None:
        self._reader = reader
        self._entries = entries

    async def statistics(self) -> Statistics:
        """Give the size of the whole collection."""
        found = [entry.indexed for entry in self._entries if entry.indexed]
        return Statistics(
            passages=sum(len(each.passages) for each in found),
            words=sum(each.words for each in found),
            languages=tuple(sorted({each.language for each in found})),
        )

    async def postings(self, keys: Sequence[str], only: Filter) -> list[Postings]:
        """Give every posting of these word keys."""
        found = {
            key: [
                (entry.document.id, _passes(self._reader, entry, only), entry.indexed.postings[key])
                for entry in self._entries
                if entry.indexed and key in entry.indexed.postings
            ]
            for key in keys
        }
        return [Postings.of(key, entries) for key, entries in found.items() if entries]

    async def nearest(
        self,
        vector: Sequence[float],
        info: EmbedderInfo,
        only: Filter,
        *,
        limit: int,
        also: Also | None = None,
    ) -> dict[PassageKey, float]:
        """Give the passages with the highest cosine that pass the filter, and that of others."""
        chosen = [each for each in self._entries if _passes(self._reader, each, only)]
        found = dict(best(_cosines(chosen, vector, info), limit))
        others = [key for key in await also() if key not in found] if also else []
        return found | await self.similarities(vector, info, others)

    async def similarities(
        self, vector: Sequence[float], info: EmbedderInfo, keys: Sequence[PassageKey]
    ) -> dict[PassageKey, float]:
        """Give the cosine of these passages."""
        scores = _cosines(self._entries, vector, info)
        return {key: scores[key] for key in keys if key in scores}

    async def read(
        self, keys: Sequence[PassageKey], *, neighbours: int = 0
    ) -> dict[PassageKey, StoredPassage]:
        """Give passages and as many before and after each."""
        known = {key: stored for entry in self._entries for key, stored in _stored(entry)}
        wanted = [
            replace(key, ordinal=key.ordinal + offset)
            for key in keys
            for offset in range(-neighbours, neighbours + 1)
        ]
        return {key: known[key] for key in wanted if key in known}


def _passes(reader: UUID, entry: Entry, only: Filter) -> bool:
    document = entry.document
    return (
        (only.whose == "all" or (entry.owner == reader) == (only.whose == "mine"))
        and only.source_type in {None, document.source_type}
        and document.source.startswith(only.source)
        and set(only.tags) <= set(document.tags)
        and (not only.document_ids or document.id in only.document_ids)
        and (only.since is None or document.created_at >= only.since)
        and (only.until is None or document.created_at < only.until)
    )


def _cosines(
    entries: Sequence[Entry], vector: Sequence[float], info: EmbedderInfo
) -> dict[PassageKey, float]:
    import numpy as np

    query = np.array(vector, dtype=np.float32)
    return {
        PassageKey(document_id=entry.document.id, ordinal=ordinal): float(cosine)
        for entry in entries
        if entry.indexed
        and entry.info
        and (entry.info.name, entry.info.dimension) == (info.name, info.dimension)
        for ordinal, cosine in enumerate(entry.indexed.vectors @ query)
    }


def _stored(entry: Entry) -> list[tuple[PassageKey, StoredPassage]]:
    document = entry.document
    found = []
    for passage in entry.indexed.passages if entry.indexed else ():
        key = PassageKey(document_id=document.id, ordinal=passage.ordinal)
        stored = StoredPassage(
            key=key,
            passage=passage,
            title=document.title,
            source_type=document.source_type,
            source=document.source,
            language=document.language,
        )
        found.append((key, stored))
    return found


def _wrong_state(document: Document, wish: str) -> DocumentStateError:
    msg = f"document `{document.id}`: is `{document.status.value}` and cannot be {wish}"
    return DocumentStateError(msg)
