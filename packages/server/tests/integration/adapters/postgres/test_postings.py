"""A word that stands in very many passages of one document."""

from __future__ import annotations

from importlib import resources

import psycopg
import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.postgres.documents import PostgresDocuments
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.passages import PostgresPassages
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.runs import PostgresRuns
from hearth_server.capabilities.knowledge.bm25 import TextScores, score_bm25
from hearth_server.capabilities.knowledge.model import EmbedderInfo, Filter
from hearth_server.testing.conformance import indexed, new_document
from hearth_server.testing.postgres import Urls

pytestmark = pytest.mark.integration

ADA = uuid7()
INFO = EmbedderInfo(name="test", dimension=3, max_tokens=8)
PASSAGES = 600
_BEFORE = """
    alter table knowledge.postings drop constraint postings_pkey;
    create table whole as
        select owner, word, document_id, string_agg(packed, '' order by part) as packed
        from knowledge.postings group by owner, word, document_id;
    delete from knowledge.postings;
    alter table knowledge.postings drop column part, drop constraint postings_packed_check;
    insert into knowledge.postings select * from whole;
    alter table knowledge.postings add primary key (owner, word, document_id);
    drop table whole;
"""


@pytest.fixture
async def passages(database: Database) -> PostgresPassages:
    documents, runs = PostgresDocuments(database, Jobs(new_job_app())), PostgresRuns(database)
    document, _ = await documents.add(ADA, new_document(ADA, "long"))
    run = await runs.start(ADA, document.id)
    assert run is not None
    await runs.finish(run, indexed(*[("ash", [1.0, 0.0, 0.0])] * PASSAGES), INFO)
    return PostgresPassages(database)


async def scores(passages: PostgresPassages) -> TextScores:
    async with passages.view(ADA) as index:
        found = await index.postings(["xx:ash"], Filter())
        return score_bm25({"ash": ("xx:ash",)}, found, await index.statistics())


async def test_a_long_document_is_found_on_each_passage(passages: PostgresPassages) -> None:
    assert len(await scores(passages)) == PASSAGES


async def test_postings_of_before_are_cut_into_parts(
    passages: PostgresPassages, urls: Urls
) -> None:
    """A page of an index has no room for a long row, so an older one must not be in its way."""
    before = (await scores(passages)).top(PASSAGES)
    file = resources.files("hearth_server.adapters.postgres") / "migrations/versions"
    upgrade = (file / "0012_covering.sql").read_text(encoding="utf-8")
    with psycopg.connect(urls.admin.reveal(), autocommit=True) as connection:
        connection.execute(_BEFORE)
        long = connection.execute("select max(octet_length(packed)) from knowledge.postings")
        assert long.fetchone() == (PASSAGES * 8,)
    with psycopg.connect(urls.owner.reveal()) as connection:
        connection.execute(upgrade)
    assert (await scores(passages)).top(PASSAGES) == before
