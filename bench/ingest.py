"""Ingest files by a real worker over a real PostgreSQL, and watch its stages and its memory.

python bench/ingest.py [--size MB] [--pages N] [--model | --embedder FOLDER_OF_AN_ONNX_MODEL]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import model
import psutil
import psycopg
from hearth_server.adapters.postgres.pool import Database
from hearth_server.assembly.knowledge import assemble_knowledge
from hearth_server.settings.model import Settings
from hearth_server.testing.long_files import write_long_pdf
from hearth_server.testing.postgres import Urls, running_postgres
from hearth_server.testing.principals import make_principal

LIMIT = 2 * 1024 * 1024 * 1024
STAGES = ("reading", "converting", "splitting", "embedding", "storing")
_LOOK_EVERY = 0.005
_WORDS = 4_000


@dataclass(slots=True)
class Ingested:
    """What became of one file; seconds and bytes."""

    status: str = ""
    reason: str = ""
    passages: int = 0
    stages: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    worker_bytes: int = 0
    """Largest resident size of the worker itself."""
    cpu_seconds: float = 0.0
    """Computing time of the worker and its readers."""
    whole_bytes: int = 0
    """Largest sum over the worker and the processes that it starts."""

    @property
    def seconds(self) -> float:
        """Time from the first stage to the last."""
        return sum(self.stages.values())

    def share(self, stage: str) -> float:
        """Give a stage's part of the whole."""
        return self.stages[stage] / self.seconds


def words() -> list[str]:
    """Give made-up words, the same each time."""
    source = random.Random(3)
    syllables = [a + b for a in "bdfgklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er")]
    made = {"".join(source.choices(syllables, k=source.randint(1, 4))) for _ in range(_WORDS * 2)}
    return sorted(made)[:_WORDS]


def sentences(seed: int = 5) -> Iterator[str]:
    """Give sentences of made-up words without end."""
    source, known = random.Random(seed), words()
    while True:
        said = " ".join(source.choices(known, k=source.randint(6, 18)))
        yield f"{said.capitalize()}."


def text(size: int) -> Iterator[bytes]:
    """Give a text of so many bytes in paragraphs, a part at a time: 64 of them, repeated."""
    written = sentences()
    parts = ["\n\n".join(" ".join(next(written) for _ in range(4)) for _ in range(200))]
    parts += ["\n\n".join(" ".join(next(written) for _ in range(4)) for _ in range(200))] * 3
    given = 0
    while given < size:
        part = f"{parts[given % len(parts)]}\n\n".encode()[: size - given]
        given += len(part)
        yield part


def pdf(folder: Path, pages: int) -> Path:
    """Write a PDF of pages full of text, as books have them: about 2,000 characters each."""
    path, written = folder / f"{pages}.pdf", sentences()
    with path.open("wb") as file:
        write_long_pdf(file, ([next(written) for _ in range(28)] for _ in range(pages)))
    return path


@contextmanager
def bench(*, embedder: Path | None = None) -> Iterator[Bench]:
    """Start a database and a worker; end both."""
    with (
        tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder,
        running_postgres() as server,
    ):
        started = Bench(server.create(), Path(folder), embedder)
        try:
            yield started
        finally:
            started.end()


class Bench:
    """A worker, and the way in for files."""

    def __init__(self, urls: Urls, folder: Path, embedder: Path | None) -> None:
        self.folder = folder
        self._urls = urls
        self._settings = Settings(database_url=urls.app, data_dir=folder, upload_limit=LIMIT)
        self._caller = make_principal(name="bench")
        kept = {key: value for key, value in os.environ.items() if not key.startswith("HEARTH_")}
        environment = kept | {
            "HEARTH_DATABASE_URL": urls.app.reveal(),
            "HEARTH_DATA_DIR": str(folder),
            "HEARTH_LOG_LEVEL": "warning",
        }
        if embedder is not None:
            environment |= {"HEARTH_EMBEDDER": "onnx", "HEARTH_EMBEDDER_MODEL_DIR": str(embedder)}
        argv = (sys.executable, "-m", "hearth_server", "worker")
        self._worker = subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL)
        self._process = psutil.Process(self._worker.pid)

    def end(self) -> None:
        """Stop the worker."""
        self._worker.terminate()
        self._worker.wait(30)

    def ingest(self, name: str, chunks: Iterator[bytes], *, timeout: float = 600) -> Ingested:
        """Put a file in and watch it until it has come to an end."""
        found = Ingested()
        before = sum(self._process.cpu_times()[:4])
        stop = threading.Event()
        watcher = threading.Thread(target=self._watch_memory, args=(found, stop))
        watcher.start()
        try:
            document_id = asyncio.run(self._receive(name, chunks))
            self._watch_stages(found, document_id, time.monotonic() + timeout)
        finally:
            stop.set()
            watcher.join()
        # A reader counts once it has ended, which is before its document has.
        found.cpu_seconds = sum(self._process.cpu_times()[:4]) - before
        return found

    async def _receive(self, name: str, chunks: Iterator[bytes]) -> UUID:
        database = Database(self._settings.database_url)
        await database.open()
        try:
            document = await assemble_knowledge(self._settings, database).uploads.receive(
                self._caller, filename=name, content_type="", chunks=_given(chunks)
            )
        finally:
            await database.close()
        return document.id

    def _watch_stages(self, found: Ingested, document_id: UUID, deadline: float) -> None:
        query = "select status, stage, reason, passages from knowledge.documents where id = %s"
        last, since = "", time.monotonic()
        with psycopg.connect(self._urls.admin.reveal(), autocommit=True) as connection:
            while time.monotonic() < deadline:
                row = connection.execute(query, (document_id,)).fetchone()
                now = time.monotonic()
                if row is None:
                    raise SystemExit("ingest: the document is gone")
                status, stage, found.reason, found.passages = row
                if last in STAGES:
                    found.stages[last] += now - since
                last, since = stage, now
                if status in {"ready", "failed"}:
                    found.status = status
                    return
                time.sleep(_LOOK_EVERY)
        raise SystemExit("ingest: took too long")

    def _watch_memory(self, found: Ingested, stop: threading.Event) -> None:
        while not stop.wait(0.02):
            own = self._process.memory_info().rss
            whole = own
            with suppress(psutil.Error):
                for child in self._process.children(recursive=True):
                    whole += child.memory_info().rss
            found.worker_bytes = max(found.worker_bytes, own)
            found.whole_bytes = max(found.whole_bytes, whole)


async def _given(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def show(name: str, found: Ingested) -> None:
    """Print one file's numbers."""
    stages = "  ".join(f"{stage} {found.stages[stage]:.2f}" for stage in STAGES)
    print(
        f"{name}: {found.status} {found.reason} {found.passages} passages in {found.seconds:.2f} s"
        f" ({found.cpu_seconds:.2f} s of CPU)"
        f"  ({stages})  worker {found.worker_bytes / 2**20:.0f} MiB,"
        f" with readers {found.whole_bytes / 2**20:.0f} MiB",
        flush=True,
    )


def main() -> int:
    """Ingest what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--size", type=float, action="append", default=[], help="a text, in MB")
    parser.add_argument("--pages", type=int, action="append", default=[], help="a PDF")
    parser.add_argument("--model", action="store_true", help="embed by a model of random weights")
    parser.add_argument("--embedder", type=Path, help="embed by the model in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hearth-model-") as folder:
        embedder = options.embedder
        if options.model:
            embedder = Path(folder)
            model.write_model(embedder, words())
        with bench(embedder=embedder) as started:
            show("warm", started.ingest("warm.txt", iter([b"word"])))
            for size in options.size:
                chunks = text(int(size * 1_000_000))
                show(f"{size:g} MB of text", started.ingest(f"{size}.txt", chunks))
            for pages in options.pages:
                path = pdf(started.folder, pages)
                with path.open("rb") as file:
                    chunks = iter(lambda: file.read(1 << 20), b"")
                    show(f"{pages} pages", started.ingest(path.name, chunks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
