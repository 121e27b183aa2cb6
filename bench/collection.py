"""A synthetic collection: words by Zipf's law, topics by cluster, made and loaded in bulk.

Half a million passages would take minutes through the server's own functions, text by text. Here
each word of the vocabulary goes through them once, and a passage is put together from its words;
`check` holds a sample of the outcome against the functions themselves.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID, uuid4

import numpy as np
import psycopg
from hearth_server.adapters.builtin.embedder import INFO, embed_texts, word_direction
from hearth_server.capabilities.knowledge.bm25 import pack_postings
from hearth_server.capabilities.knowledge.codes import pack_codes
from hearth_server.capabilities.knowledge.vectors import normalise
from hearth_server.capabilities.knowledge.words import count_keys, key
from hearth_server.testing.postgres import Urls

VOCABULARY = 30_000
WORDS_A_PASSAGE = 100
PASSAGES_A_DOCUMENT = 100
TOPICS = 500
SMALL = "owner with 1 %"
LARGE = "owner with 60 %"
SHARES = ((SMALL, 0.01), (LARGE, 0.60), ("everyone else", 0.39))
_TABLES = ("passages", "embeddings", "codes", "postings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Every word, with what the server's functions make of it alone."""

    words: np.ndarray
    keys: list[str]
    directions: np.ndarray
    """(words, 384): what a word that stands once adds to a text's vector."""
    cumulative: np.ndarray
    topics: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What one owner has, kept beside the database to compare with."""

    name: str
    id: UUID
    words: np.ndarray
    """(passages, 100): places in the vocabulary."""
    vectors: np.ndarray


def make_vocabulary(random: np.random.Generator) -> Vocabulary:
    """Make words of two to four syllables."""
    words = np.array([_make_word(random) for _ in range(VOCABULARY)])
    weights = 1.0 / np.arange(1, VOCABULARY + 1)
    return Vocabulary(
        words=words,
        keys=[key(word, "en") for word in words],
        directions=np.stack([word_direction(word) for word in words]),
        cumulative=np.cumsum(weights / weights.sum()),
        topics=random.integers(200, VOCABULARY, size=(TOPICS, 60)),
    )


def make_owners(random: np.random.Generator, vocabulary: Vocabulary, passages: int) -> list[Owner]:
    """Write passages, half of whose words are from the passage's topic."""
    owners = []
    for name, share in SHARES:
        words = _choose_words(random, vocabulary, int(passages * share))
        owners.append(Owner(name=name, id=uuid4(), words=words, vectors=_embed(vocabulary, words)))
        check(vocabulary, owners[-1])
    return owners


def make_queries(
    random: np.random.Generator, vocabulary: Vocabulary, owner: Owner, count: int
) -> list[str]:
    """Take four words that stand together in some passage of the owner."""
    chosen = random.integers(len(owner.words), size=count)
    return [
        " ".join(vocabulary.words[random.choice(owner.words[index], size=4)]) for index in chosen
    ]


def texts_of(vocabulary: Vocabulary, owner: Owner) -> list[str]:
    """Write the owner's passages out."""
    return [" ".join(row) for row in vocabulary.words[owner.words]]


def check(vocabulary: Vocabulary, owner: Owner) -> None:
    """Hold a few passages against the server's own functions."""
    for index in np.linspace(0, len(owner.words) - 1, num=min(5, len(owner.words))).astype(int):
        text = " ".join(vocabulary.words[owner.words[index]])
        (true,) = embed_texts([text])
        assert float(true @ owner.vectors[index]) > 0.9999, "the bulk vectors are not the server's"
        counts, length = count_keys(text, "en")
        assert counts == _count(vocabulary, owner.words[index]), "the bulk words are not"
        assert length == WORDS_A_PASSAGE, "the bulk lengths are not"


def load(urls: Urls, vocabulary: Vocabulary, owners: Sequence[Owner]) -> float:
    """Load everything by COPY as the superuser, whom row-level security does not bind."""
    start = time.monotonic()
    with psycopg.connect(urls.admin.reveal(), autocommit=True) as connection:
        connection.execute(
            "insert into knowledge.spaces (name, dimension) values (%s, %s)",
            (INFO.name, INFO.dimension),
        )
        # As a restore does it: rows first, without triggers, then what is unique, sorted and bound.
        connection.execute("set session_replication_role = replica")
        connection.execute("set maintenance_work_mem = '1GB'")
        with _without_indexes(connection):
            for owner in owners:
                _load_owner(connection, vocabulary, owner)
        connection.execute("vacuum analyze")
    return round(time.monotonic() - start, 1)


@contextmanager
def _without_indexes(connection: psycopg.Connection) -> Iterator[None]:
    tables = [f"knowledge.{name}" for name in _TABLES]
    constraints = connection.execute(
        "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
        " where conrelid = any (%s::regclass[]) and contype in ('p', 'f')"
        " order by contype desc",
        (tables,),
    ).fetchall()
    indexes = connection.execute(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index"
        " where indrelid = any (%s::regclass[]) and not indisprimary",
        (tables,),
    ).fetchall()
    for table, name, _ in reversed(constraints):
        connection.execute(f"alter table {table} drop constraint {name}")
    for name, _ in indexes:
        connection.execute(f"drop index {name}")
    yield
    for table, name, definition in constraints:
        connection.execute(f"alter table {table} add constraint {name} {definition}")
    for _, definition in indexes:
        connection.execute(definition)


def _make_word(random: np.random.Generator) -> str:
    consonants, vowels = list("bcdfghjklmnprstvwz"), list("aeiou")
    return "".join(
        random.choice(consonants) + random.choice(vowels) for _ in range(random.integers(2, 5))
    )


def _choose_words(random: np.random.Generator, vocabulary: Vocabulary, count: int) -> np.ndarray:
    half = WORDS_A_PASSAGE // 2
    common = np.searchsorted(vocabulary.cumulative, random.random((count, half)))
    topics = vocabulary.topics[random.integers(TOPICS, size=count)]
    own = np.take_along_axis(topics, random.integers(topics.shape[1], size=(count, half)), axis=1)
    return np.minimum(np.concatenate([common, own], axis=1), VOCABULARY - 1).astype(np.int32)


def _embed(vocabulary: Vocabulary, words: np.ndarray) -> np.ndarray:
    vectors = np.empty((len(words), vocabulary.directions.shape[1]), np.float32)
    _, first = np.unique(vocabulary.words, return_index=True)
    same = np.searchsorted(vocabulary.words[first], vocabulary.words)
    canonical = first[same]
    for index, row in enumerate(canonical[words]):
        unique, counts = np.unique(row, return_counts=True)
        vectors[index] = (1.0 + np.log(counts, dtype=np.float32)) @ vocabulary.directions[unique]
    return normalise(vectors)


def _count(vocabulary: Vocabulary, row: Iterable[int]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for place in row:
        word_key = vocabulary.keys[place]
        counts[word_key] = counts.get(word_key, 0) + 1
    return counts


def _load_owner(connection: psycopg.Connection, vocabulary: Vocabulary, owner: Owner) -> None:
    bounds = [*range(0, len(owner.words), PASSAGES_A_DOCUMENT), len(owner.words)]
    for first, last in pairwise(bounds):
        document = uuid4()
        _add_document(connection, owner.id, document, last - first)
        _copy_passages(connection, vocabulary, owner, document, range(first, last))


def _add_document(
    connection: psycopg.Connection, owner: UUID, document: UUID, passages: int
) -> None:
    connection.execute(
        "insert into knowledge.documents (id, owner, title, source_type, source, media_type,"
        " size_bytes, content_sha256, pipeline, object_key, language, status, passages, words)"
        " values (%s, %s, 'x', 'upload', 'x', 'text/plain', 1,"
        " encode(sha256(%s::text::bytea), 'hex'), 1, %s, 'en', 'ready', %s, %s)",
        (
            document,
            owner,
            str(document),
            f"user-{owner}/documents/{document}",
            passages,
            passages * WORDS_A_PASSAGE,
        ),
    )


def _copy_passages(
    connection: psycopg.Connection,
    vocabulary: Vocabulary,
    owner: Owner,
    document: UUID,
    span: range,
) -> None:
    rows = owner.words[span.start : span.stop]
    texts = [" ".join(row) for row in vocabulary.words[rows]]
    entries: dict[str, list[tuple[int, int, int]]] = {}
    for ordinal, row in enumerate(rows.tolist()):
        for word_key, frequency in _count(vocabulary, row).items():
            entries.setdefault(word_key, []).append((ordinal, frequency, WORDS_A_PASSAGE))
    vectors = owner.vectors[span.start : span.stop]
    head = INFO.dimension.to_bytes(2, "big") + b"\0\0"
    _copy(
        connection,
        "passages (document_id, ordinal, owner, headings, tokens, content)",
        ("uuid", "int4", "uuid", "text[]", "int4", "text"),
        [(document, n, owner.id, [], 100, text) for n, text in enumerate(texts)],
    )
    _copy(
        connection,
        "embeddings (document_id, space, ordinal, owner, embedding)",
        ("uuid", "int2", "int4", "uuid", "bytea"),
        [
            (document, 1, n, owner.id, head + row.tobytes())
            for n, row in enumerate(vectors.astype(">f4"))
        ],
    )
    _copy(
        connection,
        "codes (document_id, space, owner, packed)",
        ("uuid", "int2", "uuid", "bytea"),
        [(document, 1, owner.id, pack_codes(vectors))],
    )
    _copy(
        connection,
        "postings (owner, word, document_id, packed)",
        ("uuid", "text", "uuid", "bytea"),
        [(owner.id, word, document, pack_postings(found)) for word, found in entries.items()],
    )


def _copy(
    connection: psycopg.Connection, target: str, types: Sequence[str], rows: Sequence[tuple]
) -> None:
    with connection.cursor().copy(f"copy knowledge.{target} from stdin (format binary)") as stream:
        stream.set_types(types)
        for row in rows:
            stream.write_row(row)
