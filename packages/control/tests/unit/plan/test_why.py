"""Why a service is on, or off."""

from __future__ import annotations

import pytest
from builders import plan, settings, small_catalog
from hearth_control.plan.why import Why, why

pytestmark = pytest.mark.unit


def explained(name: str, **services: str) -> Why:
    said = settings(services={key.replace("_", "-"): value for key, value in services.items()})
    return why(plan(said=said), small_catalog(), name)


def test_chain_to_person() -> None:
    reason = explained("postgres", lambda_worker="container")
    assert reason.is_on
    assert reason.chain == (
        ("postgres", "lambda-worker needs postgres"),
        ("lambda-worker", "you turned it on"),
    )


def test_used_by_and_uses() -> None:
    reason = explained("n8n", n8n="container", ollama="container")
    assert [(wire.role, wire.provider, wire.required) for wire in reason.uses] == [
        ("llm", "ollama", False),
        ("postgres", "postgres", True),
    ]
    assert [wire.consumer for wire in explained("postgres", n8n="container").used_by] == ["n8n"]


def test_off_names_who_would_use() -> None:
    reason = explained("ollama", n8n="container")
    assert not reason.is_on
    assert reason.chain == ()
    assert reason.could_serve == (("llm", ("n8n",)),)


def test_notes_of_service() -> None:
    reason = explained("ollama", ollama="external")
    assert [note.code for note in reason.notes] == ["source-impossible"]
