"""A collection in a database of its own, made anew or, where a folder is named, made once and kept.

A folder holds one collection a size: the data of its PostgreSQL, the words and vectors of the two
owners who ask, and `collection.json`, which is written last: what has none is made anew.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import collection
import numpy as np
from collection import Owner, Vocabulary, load, make_owners, make_queries, make_vocabulary
from hearth_server.adapters.postgres.migrate import migrate
from hearth_server.testing.postgres import ADMIN, APP, Postgres, Urls, running_postgres

SEED = 7
ASKING = 2
QUERIES = 1_000
"""Made with the collection, so that a later run may ask as many as it likes of the same."""
_UNSAFE = ("fsync=off", "synchronous_commit=off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What there is to be searched, where, and by which queries."""

    urls: Urls
    vocabulary: Vocabulary
    owners: Sequence[Owner]
    """Those who ask."""
    queries: dict[UUID, list[str]]
    load_seconds: float
    postgres: int
    """The process id of the database's server."""


@contextmanager
def standing(passages: int, *, keep: Path | None = None) -> Iterator[Collection]:
    """Give a collection of this size; it is there until the end, or stays in the folder `keep`."""
    folder = (keep or Path(tempfile.mkdtemp(prefix="hearth-bench-"))) / str(passages)
    try:
        if _made_by(folder) != _fingerprint(passages):
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        for each in (folder.parent, folder):
            each.chmod(0o755)
        with running_postgres(settings=_UNSAFE, keep=folder) as postgres:
            if not _made_by(folder):
                _make(folder, postgres, passages)
            yield _open(folder, postgres)
    finally:
        if keep is None:
            shutil.rmtree(folder.parent, ignore_errors=True)


def _make(folder: Path, postgres: Postgres, passages: int) -> None:
    random = np.random.default_rng(SEED)
    vocabulary = make_vocabulary(random)
    owners = make_owners(random, vocabulary, passages)
    urls = postgres.create()
    seconds = load(urls, vocabulary, owners)
    asking = owners[:ASKING]
    for place, owner in enumerate(asking):
        np.save(folder / f"words-{place}.npy", owner.words)
        np.save(folder / f"vectors-{place}.npy", owner.vectors)
    described = {
        "made_by": _fingerprint(passages),
        "database": urls.name,
        "load_seconds": seconds,
        "owners": [{"name": owner.name, "id": str(owner.id)} for owner in asking],
        "queries": [make_queries(random, vocabulary, owner, QUERIES) for owner in asking],
    }
    (folder / "collection.json").write_text(json.dumps(described))


def _open(folder: Path, postgres: Postgres) -> Collection:
    described = json.loads((folder / "collection.json").read_text())
    urls = postgres.urls(described["database"])
    # The collection may be older than the newest migrations.
    migrate(urls.owner, APP, ADMIN)
    owners = [
        Owner(
            name=each["name"],
            id=UUID(each["id"]),
            words=np.load(folder / f"words-{place}.npy", mmap_mode="r"),
            vectors=np.load(folder / f"vectors-{place}.npy", mmap_mode="r"),
        )
        for place, each in enumerate(described["owners"])
    ]
    return Collection(
        urls=urls,
        vocabulary=make_vocabulary(np.random.default_rng(SEED)),
        owners=owners,
        queries={
            owner.id: asked for owner, asked in zip(owners, described["queries"], strict=True)
        },
        load_seconds=described["load_seconds"],
        postgres=postgres.pid(),
    )


def _made_by(folder: Path) -> str:
    file = folder / "collection.json"
    return str(json.loads(file.read_text())["made_by"]) if file.is_file() else ""


def _fingerprint(passages: int) -> str:
    """Tell collections apart: by their size, and by the code that made them."""
    code = Path(collection.__file__).read_bytes()
    return hashlib.sha256(code + str((SEED, QUERIES, passages)).encode()).hexdigest()[:16]
