"""Files over REST and over the page's form."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from hearth_server.capabilities.knowledge.errors import ObjectsDownError
from hearth_server.capabilities.knowledge.model import Document
from hearth_server.principal import Principal
from hearth_server.testing.edge import Lab, MemoryFiles

pytestmark = pytest.mark.unit


def names(lab: Lab) -> list[str]:
    return [document.source for _, document, _ in lab.files.kept.values()]


async def test_files_are_received(lab: Lab, agent: httpx2.AsyncClient) -> None:
    files = [("files", ("a.txt", b"one", "text/plain")), ("files", ("b.txt", b"two"))]
    answer = await agent.post("/api/v1/documents", files=files)
    assert answer.status_code == 201
    assert [each["source"] for each in answer.json()["documents"]] == ["a.txt", "b.txt"]
    assert [data for _, _, data in lab.files.kept.values()] == [b"one", b"two"]


async def test_one_refused_file_stops_none(lab: Lab, agent: httpx2.AsyncClient) -> None:
    files = [("files", ("big.bin", b"x" * 1_000_500)), ("files", ("a.txt", b"one"))]
    answer = await agent.post("/api/v1/documents", files=files)
    body = answer.json()
    assert answer.status_code == 201
    assert [each["source"] for each in body["documents"]] == ["a.txt"]
    assert body["refused"][0]["filename"] == "big.bin"
    assert body["refused"][0]["problem"]["status"] == 413


async def test_refused_file_is_problem(lab: Lab, agent: httpx2.AsyncClient) -> None:
    files = {"files": ("big.bin", b"x" * 1_000_500)}
    answer = await agent.post("/api/v1/documents", files=files)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert names(lab) == []


async def test_announced_size_is_refused(agent: httpx2.AsyncClient) -> None:
    headers = {"content-length": "9" * 15, "content-type": "multipart/form-data; boundary=b"}
    answer = await agent.post("/api/v1/documents", content=b"", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_endless_upload_is_cut(lab: Lab, agent: httpx2.AsyncClient) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        while sent < 100_000_000:
            sent += 100_000
            yield b"x" * 100_000

    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = await agent.post("/api/v1/documents", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert names(lab) == []


async def test_cut_upload_leaves_nothing(lab: Lab, agent: httpx2.AsyncClient) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nhalf'
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = await agent.post("/api/v1/documents", content=body, headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (
        422,
        "body: the form ends in the middle",
    )
    assert names(lab) == []


async def test_form_without_file_is_refused(agent: httpx2.AsyncClient) -> None:
    answer = await agent.post("/api/v1/documents", files={"files": ("", b"")})
    assert answer.json()["message"] == "body: expected a file in the field `files`"


async def test_json_is_refused(agent: httpx2.AsyncClient) -> None:
    answer = await agent.post("/api/v1/documents", json={})
    assert (answer.status_code, answer.json()["code"]) == (415, "media-type")


async def test_original_comes_back(lab: Lab, agent: httpx2.AsyncClient) -> None:
    hostile = {"files": ('../x"\r\n.html', b"<script>alert(1)</script>", "text/html")}
    made = (await agent.post("/api/v1/documents", files=hostile)).json()["documents"][0]
    answer = await agent.get(f"/api/v1/documents/{made['id']}/original")
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''x%22")
    assert answer.headers["content-security-policy"].startswith("sandbox;")


async def test_text_is_shown_as_text(lab: Lab, agent: httpx2.AsyncClient) -> None:
    files = {"files": ("a.md", b"# a", "text/markdown")}
    made = (await agent.post("/api/v1/documents", files=files)).json()["documents"][0]
    answer = await agent.get(f"/api/v1/documents/{made['id']}/original")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("inline;")


async def test_others_document_is_not_found(lab: Lab, agent: httpx2.AsyncClient) -> None:
    files = {"files": ("a.txt", b"mine")}
    made = (await agent.post("/api/v1/documents", files=files)).json()["documents"][0]
    eve = lab.add_token(lab.add_person("eve@example.com"), name="eve")
    async with lab.client(token=eve) as client:
        hers = await client.get(f"/api/v1/documents/{made['id']}/original")
        none = await client.get(f"/api/v1/documents/{uuid4()}/original")
    assert hers.status_code == none.status_code == 404
    assert hers.json()["code"] == none.json()["code"] == "document-not-found"


@pytest.mark.parametrize("path", ["x", "%00", "..%2f..%2fx", "1 or 1=1"])
async def test_bad_id_is_refused(agent: httpx2.AsyncClient, path: str) -> None:
    answer = await agent.get(f"/api/v1/documents/{path}/original")
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_page_uploads_with_proof(lab: Lab, browser: httpx2.AsyncClient) -> None:
    answer = await browser.post(
        "/documents",
        data={"csrf": browser.headers["x-test-csrf"]},
        files={"files": ("a.txt", b"one")},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/documents")
    assert names(lab) == ["a.txt"]


@pytest.mark.parametrize("proof", ["", "0" * 64])
async def test_page_without_proof_is_refused(
    lab: Lab, browser: httpx2.AsyncClient, proof: str
) -> None:
    data = {"csrf": proof} if proof else {}
    answer = await browser.post("/documents", data=data, files={"files": ("a.txt", b"one")})
    assert answer.status_code == 403
    assert names(lab) == []


async def test_page_says_what_was_refused(lab: Lab, browser: httpx2.AsyncClient) -> None:
    files = [("files", ("big.bin", b"x" * 1_000_500)), ("files", ("a.txt", b"one"))]
    answer = await browser.post(
        "/documents", data={"csrf": browser.headers["x-test-csrf"]}, files=files
    )
    assert answer.status_code == 400
    assert "big.bin" in answer.text
    assert names(lab) == ["a.txt"]


async def test_lost_original_is_told(
    lab: Lab, agent: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"files": ("a.pdf", b"%PDF", "application/pdf")}
    made = (await agent.post("/api/v1/documents", files=files)).json()["documents"][0]
    whole = lab.files.original

    async def is_down() -> AsyncIterator[bytes]:
        msg = "objects: an original cannot be read"
        raise ObjectsDownError(msg)
        yield b""

    async def lost(caller: Principal, document_id: UUID) -> tuple[Document, AsyncIterator[bytes]]:
        document, _ = await whole(caller, document_id)
        return document, is_down()

    monkeypatch.setattr(MemoryFiles, "original", lambda _, *given: lost(*given))
    answer = await agent.get(f"/api/v1/documents/{made['id']}/original")
    assert (answer.status_code, answer.json()["code"]) == (503, "objects-down")
