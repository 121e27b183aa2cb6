"""The page of questions: whole without script, piece by piece with it, safe in both."""

from __future__ import annotations

import json
import re

import httpx2
import pytest
from hearth_server.adapters.memory.language import MemoryLanguageModel
from hearth_server.edge.pages.ask import Stretch, stretches_of
from hearth_server.testing.edge import Lab, make_document, make_lab

pytestmark = pytest.mark.unit

SAID = "the Danube is 2850 km long [1]. Giants dug it in winter [1]."


async def signed_in(lab: Lab, text: bytes) -> tuple[httpx2.AsyncClient, str]:
    """Give a browser of somebody who has one note, and the proof of its forms."""
    person = lab.add_person()
    document = make_document("<i>rivers.txt", text, "text/plain")
    lab.files.kept[document.id] = (person.id, document, text)
    client = lab.client()
    client.headers["accept"] = "text/html"
    await client.post("/sign-in", data={"link": lab.add_link(person)})
    page = await client.get("/ask?q=how+long")
    proof = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert proof is not None
    assert ">how long</textarea>" in page.text
    return client, proof[1]


async def test_answer_links_to_passages_and_doubts() -> None:
    lab = make_lab(model=MemoryLanguageModel([SAID]))
    client, proof = await signed_in(lab, b"the Danube is 2850 km long <b>")
    page = await client.post("/ask", data={"q": "Danube <x>", "csrf": proof})
    (document_id,) = lab.files.kept
    assert page.status_code == 200
    assert f'class="cite" href="/documents/{document_id}?from=0#p-0"' in page.text
    assert 'aria-label="Source 1: &lt;i&gt;rivers.txt, page 1"' in page.text
    assert '<span class="doubt">Giants dug it in winter.' in page.text
    assert "<b>" not in page.text
    assert "Danube &lt;x&gt;</textarea>" in page.text


async def test_script_gets_events() -> None:
    lab = make_lab(model=MemoryLanguageModel([SAID]))
    client, proof = await signed_in(lab, b"the Danube is 2850 km long")
    answer = await client.post(
        "/ask", data={"q": "Danube", "csrf": proof}, headers={"accept": "text/event-stream"}
    )
    kinds = re.findall(r"^event: (.*)$", answer.text, re.MULTILINE)
    assert kinds[0] == "progress"
    assert kinds[-1] == "answer"
    last = json.loads(answer.text.rsplit("data: ", 1)[1])
    assert 'class="cite"' in last["html"]
    assert "<html" not in last["html"]


@pytest.mark.parametrize("accept", ["text/html", "text/event-stream"])
async def test_foreign_form_asks_nothing(accept: str) -> None:
    model = MemoryLanguageModel([SAID])
    client, _ = await signed_in(make_lab(model=model), b"the Danube")
    answer = await client.post(
        "/ask", data={"q": "Danube", "csrf": "0" * 64}, headers={"accept": accept}
    )
    assert answer.status_code == 403
    assert model.asked == []


async def test_without_model_says_so() -> None:
    client, proof = await signed_in(make_lab(), b"the Danube is long")
    page = await client.post("/ask", data={"q": "the Danube", "csrf": proof})
    assert "no language model is on" in page.text
    assert "the Danube is long" in page.text


async def test_empty_question_is_told() -> None:
    client, proof = await signed_in(make_lab(), b"the Danube")
    page = await client.post("/ask", data={"q": " ", "csrf": proof})
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    script = await client.post(
        "/ask", data={"q": "", "csrf": proof}, headers={"accept": "text/event-stream"}
    )
    assert script.json()["message"] == "question: is empty, expected at least one word"


def test_stretches_lose_nothing() -> None:
    text = "Head\nTrue [1]. False. Both [1][2]."
    statements = [
        {"start": 5, "end": 14, "support": "supported"},
        {"start": 15, "end": 21, "support": "unsupported"},
        {"start": 22, "end": 34, "support": "repaired"},
    ]
    stretches = stretches_of(text, statements)
    assert "".join(each.text for each in stretches) == text
    assert [each.number for each in stretches if each.number] == [1, 1, 2]
    assert Stretch(text="False.", is_doubtful=True) in stretches
