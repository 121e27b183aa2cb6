"""Which failures the queue tries again, and when."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hearth_server.adapters.postgres.errors import PostgresDownError
from hearth_server.capabilities.knowledge.errors import EmbedderDownError, UnreadableError
from hearth_server.worker import AfterOutage
from procrastinate.jobs import Job

pytestmark = pytest.mark.unit


def job(attempts: int) -> Job:
    return Job(
        id=1, queue="ingest", lock=None, queueing_lock=None, task_name="x", attempts=attempts
    )


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 5), (1, 15), (2, 45), (3, 135)])
def test_outage_waits_longer(attempts: int, seconds: int) -> None:
    decision = AfterOutage().get_retry_decision(exception=EmbedderDownError(), job=job(attempts))
    assert decision is not None
    assert decision.retry_at is not None
    wait = decision.retry_at - datetime.now(UTC)
    assert abs(wait - timedelta(seconds=seconds)) < timedelta(seconds=2)


def test_outage_ends_some_time() -> None:
    error = EmbedderDownError()
    assert AfterOutage().get_retry_decision(exception=error, job=job(4)) is None


def test_outage_of_the_database_has_no_end() -> None:
    decision = AfterOutage().get_retry_decision(exception=PostgresDownError(), job=job(40))
    assert decision is not None
    assert decision.retry_at is not None
    assert decision.retry_at - datetime.now(UTC) < timedelta(seconds=301)


def test_shutdown_goes_on_at_once() -> None:
    decision = AfterOutage().get_retry_decision(exception=asyncio.CancelledError(), job=job(9))
    assert decision is not None


@pytest.mark.parametrize("error", [UnreadableError(), ValueError("a bug")])
def test_lasting_fault_is_final(error: Exception) -> None:
    assert AfterOutage().get_retry_decision(exception=error, job=job(0)) is None
