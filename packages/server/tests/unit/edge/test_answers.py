"""Answers piece by piece over HTTP: typed events, problems as statuses, nothing of another's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hearth_kit.errors import UnavailableError
from hearth_server.adapters.memory.language import MemoryLanguageModel
from hearth_server.testing.edge import Lab, make_document, make_lab

pytestmark = pytest.mark.unit

PATH = "/api/v1/answers/agent_query"


def answering(*replies: str) -> tuple[Lab, str]:
    """Give an application with one note of Ada's, and a token of hers."""
    lab = make_lab(model=MemoryLanguageModel(replies))
    person = lab.add_person()
    data = b"the Danube is 2850 km long"
    document = make_document("rivers.txt", data, "text/plain")
    lab.files.kept[document.id] = (person.id, document, data)
    return lab, lab.add_token(person)


def events_of(text: str) -> list[tuple[str, dict[str, Any]]]:
    events = []
    for block in text.strip().split("\n\n"):
        kind, data = block.split("\n")
        events.append((kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


async def test_events_are_typed() -> None:
    lab, token = answering("the Danube is 2850 km long [1]")
    async with lab.client(token=token) as client:
        answer = await client.post(PATH, json={"query": "how long is the Danube"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = events_of(answer.text)
    assert all(kind == event["kind"] for kind, event in events)
    assert events[0] == ("progress", {"kind": "progress", "step": "searching"})
    kind, last = events[-1]
    assert kind == "answer"
    assert last["answer"]["outcome"] == "answered"
    assert last["answer"]["text"] == "the Danube is 2850 km long [1]"
    assert last["answer"]["statements"][0]["support"] == "supported"
    assert [event["number"] for kind, event in events if kind == "citation"] == [1]


async def test_tool_gives_the_same_whole() -> None:
    lab, token = answering("the Danube is 2850 km long [1]")
    async with lab.client(token=token) as client:
        answer = await client.post("/api/v1/tools/agent_query", json={"query": "Danube"})
    assert answer.json()["text"] == "the Danube is 2850 km long [1]"


async def test_another_finds_nothing() -> None:
    lab, _ = answering("the Danube is 2850 km long [1]")
    stranger = lab.add_token(lab.add_person("bob@example.com"))
    async with lab.client(token=stranger) as client:
        answer = await client.post(PATH, json={"query": "Danube"})
    assert events_of(answer.text)[-1][1]["answer"]["outcome"] == "nothing_found"
    assert "2850" not in answer.text


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (PATH, {"query": ""}, 400, "bad-question"),
        (PATH, {"queri": "a"}, 422, "arguments-invalid"),
        (PATH, {"query": "a", "user_id": "b"}, 422, "arguments-invalid"),
        ("/api/v1/answers/list_documents", {}, 404, "unknown-tool"),
        ("/api/v1/answers/no_tool", {}, 404, "unknown-tool"),
    ],
)
async def test_fault_is_a_status(path: str, body: dict[str, str], status: int, code: str) -> None:
    lab, token = answering()
    async with lab.client(token=token) as client:
        answer = await client.post(path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_nobody_is_refused() -> None:
    lab, _ = answering()
    async with lab.client() as client:
        answer = await client.post(PATH, json={"query": "Danube"})
    assert answer.status_code == 401


async def test_scope_is_needed() -> None:
    lab, _ = answering()
    token = lab.add_token(lab.add_person("bob@example.com"), "identity:read")
    async with lab.client(token=token) as client:
        answer = await client.post(PATH, json={"query": "Danube"})
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")


async def test_late_fault_is_the_last_event(monkeypatch: pytest.MonkeyPatch) -> None:
    lab, token = answering()

    async def break_down(*_: object, **__: object) -> None:
        raise UnavailableError("store: does not answer", hint="hearth status postgres")

    monkeypatch.setattr(type(lab.files), "find", break_down)
    async with lab.client(token=token) as client:
        answer = await client.post(PATH, json={"query": "Danube"})
    kind, problem = events_of(answer.text)[-1]
    assert kind == "problem"
    assert problem["message"] == "store: does not answer"
