"""What a worker does with one document: read, convert, split, embed, store.

May be killed at any moment and begun again by another worker: nothing that a search can see
changes before the one transaction at the end.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

from hearth_kit.errors import HearthError, UnavailableError

from hearth_server.capabilities.knowledge.bm25 import pack_postings
from hearth_server.capabilities.knowledge.errors import (
    EmptyTextError,
    IngestCancelledError,
    ObjectsDownError,
    StaleRunError,
    TooLargeError,
)
from hearth_server.capabilities.knowledge.model import EmbedderInfo, Passage, Stage
from hearth_server.capabilities.knowledge.ports import (
    Converted,
    Embedder,
    Indexed,
    Objects,
    Reader,
    Run,
    Runs,
)
from hearth_server.capabilities.knowledge.pulse import Pulse
from hearth_server.capabilities.knowledge.sites import SiteFollower
from hearth_server.capabilities.knowledge.split import Block, Splitter, embedded_text
from hearth_server.capabilities.knowledge.web import SITE, Site
from hearth_server.capabilities.knowledge.words import count_keys, detect_language

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LOG: Final = logging.getLogger(__name__)
_BATCH: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one document may cost."""

    passage_tokens: int = 400
    overlap_tokens: int = 40
    passages: int = 50_000
    attempts: int = 8
    """Workers that may take a document over before it counts as the one that kills them."""


class Workspace(Protocol):
    """Where a worker puts an original while it reads it."""

    def __call__(self) -> AbstractContextManager[str]:
        """Open a private folder that is removed at the end."""
        ...


class Ingester:
    """Carries one document from its bytes to passages that are found."""

    def __init__(
        self,
        runs: Runs,
        objects: Objects,
        reader: Reader,
        embedder: Embedder,
        *,
        sites: SiteFollower | None = None,
        limits: Limits | None = None,
        workspace: Workspace = tempfile.TemporaryDirectory,
    ) -> None:
        self._runs = runs
        self._objects = objects
        self._reader = reader
        self._embedder = embedder
        self._sites = sites
        self._limits = limits or Limits()
        self._workspace = workspace

    async def ingest(self, owner: UUID, document_id: UUID, *, last_chance: bool = True) -> None:
        """Take a document in; repeating it is harmless.

        Records why it failed where a person sees it. With `last_chance` an outage fails the
        document for good; without, it stays queued and the error is raised, so that the queue
        tries again later.

        Raises:
            UnavailableError: something that is needed is down, and another attempt follows.
        """
        run = await self._runs.start(owner, document_id)
        if run is None:
            return
        if run.attempt > self._limits.attempts:
            reason = f"gave up after {self._limits.attempts} attempts that did not come to an end"
            await self._runs.fail(run, reason, again=False)
            return
        try:
            await self._carry(run)
        except (IngestCancelledError, StaleRunError) as stopped:
            _LOG.info("%s", stopped)
        except UnavailableError as down:
            await self._runs.fail(run, down.message, again=not last_chance)
            if not last_chance:
                raise
        except HearthError as failed:
            await self._runs.fail(run, failed.message, again=False)
        except Exception:  # noqa: BLE001  whatever it was, the person must learn that it failed
            _LOG.exception("document %s: failed unexpectedly", document_id)
            reason = "an error in Hearth itself; the worker's log has it"
            await self._runs.fail(run, reason, again=False)

    async def _carry(self, run: Run) -> None:
        pulse = Pulse(self._runs, run)
        info = await pulse.during(self._embedder.info())
        tray = _Tray(self._embedder, info, self._limits)
        if self._sites is not None and run.media_type == SITE:
            await pulse.during(self._follow(run, self._sites, tray, pulse))
        else:
            await self._convert(run, tray, pulse)
        await pulse.enter(Stage.SPLITTING)
        passages = await pulse.during(asyncio.to_thread(tray.end))
        if not passages:
            msg = f"document `{run.title}`: there is no text in it; a scan needs text recognition"
            raise EmptyTextError(msg)
        vectors = await self._embed(run, passages, info, pulse)
        await pulse.enter(Stage.STORING, total=len(passages))
        indexed = await pulse.during(asyncio.to_thread(_index, passages, vectors, tray.pages))
        await self._runs.finish(run, indexed, info)

    async def _follow(self, run: Run, sites: SiteFollower, tray: _Tray, pulse: Pulse) -> None:
        wish = b"".join([chunk async for chunk in self._objects.read(run.object_key)])
        await _take(sites.follow(run, Site.from_bytes(wish)), tray, pulse)

    async def _convert(self, run: Run, tray: _Tray, pulse: Pulse) -> None:
        try:
            workspace = self._workspace()
        except OSError as error:
            raise _unwritable(error) from error
        with workspace as folder:
            path = Path(folder) / "original"
            await pulse.during(_copy(self._objects.read(run.object_key), path))
            await pulse.enter(Stage.CONVERTING)
            parts = self._reader.convert(path, media_type=run.media_type, name=run.title)
            await pulse.during(_take(parts, tray, pulse))

    async def _embed(
        self, run: Run, passages: Sequence[Passage], info: EmbedderInfo, pulse: Pulse
    ) -> NDArray[np.float32]:
        import numpy as np

        await pulse.enter(Stage.EMBEDDING, total=len(passages))
        rows = np.empty((len(passages), info.dimension), np.float32)
        for start in range(0, len(passages), _BATCH):
            batch = passages[start : start + _BATCH]
            texts = [embedded_text(each, run.title) for each in batch]
            rows[start : start + len(batch)] = await pulse.during(self._embedder.embed(texts))
            pulse.reach(start + len(batch), len(passages))
            await pulse.beat()
        return rows


class _Tray:
    """Collects a document's passages while its blocks come in, so that no block is kept."""

    def __init__(self, embedder: Embedder, info: EmbedderInfo, limits: Limits) -> None:
        self._splitter = Splitter(
            count_tokens=embedder.count_tokens,
            max_tokens=min(limits.passage_tokens, info.max_tokens),
            overlap=limits.overlap_tokens,
        )
        self._most = limits.passages
        self._passages: list[Passage] = []
        self.pages = 0

    def add(self, blocks: Sequence[Block]) -> None:
        """Take some blocks.

        Raises:
            TooLargeError: there are more passages than a document may have.
        """
        self.pages = max(self.pages, *(block.page or 0 for block in blocks), 0)
        self._keep(self._splitter.add(blocks))

    def end(self) -> list[Passage]:
        """Give all passages. Raises as `add` does."""
        self._keep(self._splitter.end())
        return self._passages

    def _keep(self, passages: Iterator[Passage]) -> None:
        for passage in passages:
            if len(self._passages) == self._most:
                msg = f"document: gives more than {self._most} passages; split the file"
                raise TooLargeError(msg)
            self._passages.append(passage)


async def _take(parts: AsyncIterator[Converted], tray: _Tray, pulse: Pulse) -> None:
    try:
        async for part in parts:
            if part.blocks:
                await asyncio.to_thread(tray.add, part.blocks)
            pulse.reach(part.done, part.total)
    finally:
        # Of a document that is given up, nothing goes on being read.
        if isinstance(parts, AsyncGenerator):
            await parts.aclose()


async def _copy(chunks: AsyncIterator[bytes], path: Path) -> None:
    try:
        with await asyncio.to_thread(path.open, "wb") as file:
            async for chunk in chunks:
                await asyncio.to_thread(file.write, chunk)
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> ObjectsDownError:
    # As a rule the disk is full: that may pass, and the document is as good as it was.
    return ObjectsDownError(f"worker: its own copy of the file cannot be written: {error.strerror}")


def _index(passages: Sequence[Passage], vectors: NDArray[np.float32], pages: int) -> Indexed:
    sample = "\n".join(passage.text for passage in passages[:50])
    language = detect_language(sample)
    # Packed at once: as tuples, the postings of a large book would take half a gigabyte.
    postings: defaultdict[str, bytearray] = defaultdict(bytearray)
    words = 0
    for passage in passages:
        counts, length = count_keys(embedded_text(passage, ""), language)
        words += length
        for key, frequency in counts.items():
            postings[key] += pack_postings(((passage.ordinal, frequency, length),))
    return Indexed(
        language=language,
        pages=pages,
        passages=tuple(passages),
        vectors=vectors,
        postings={key: bytes(packed) for key, packed in postings.items()},
        words=words,
    )
