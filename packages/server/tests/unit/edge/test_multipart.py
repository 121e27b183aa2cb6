"""Forms with files, taken apart as they arrive in pieces of any size."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hearth_kit.errors import HearthError
from hearth_server.edge.errors import BodyTooLargeError, MalformedBodyError, MediaTypeError
from hearth_server.edge.http.multipart import MultipartStream, read_text
from starlette.requests import ClientDisconnect, Request

pytestmark = pytest.mark.unit

KIND = "multipart/form-data; boundary=b0"
FORM = (
    b"--b0\r\nContent-Disposition: form-data; name=csrf\r\n\r\nproof\r\n"
    b'--b0\r\nContent-Disposition: form-data; name="files"; filename="../../x%22.txt"\r\n'
    b"Content-Type: Text/Plain; charset=utf-8\r\n\r\nline\r\n--b not the end\r\n"
    b'\r\n--b0\r\nContent-Disposition: form-data; name="files"; filename=""\r\n\r\n'
    b"\r\n--b0--\r\n"
)


def make_request(body: bytes, *, size: int = 7, kind: str = KIND, is_cut: bool = False) -> Request:
    pieces = [body[place : place + size] for place in range(0, len(body), size)]
    messages = [
        {"type": "http.request", "body": each, "more_body": is_cut or number < len(pieces)}
        for number, each in enumerate(pieces, start=1)
    ]
    waiting = iter([*messages, {"type": "http.disconnect"}])

    async def receive() -> dict[str, object]:
        return next(waiting)

    headers = [(b"content-type", kind.encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    return Request(scope, receive)


async def read_all(request: Request, *, limit: int = 10_000) -> list[tuple[str, str | None, bytes]]:
    found = []
    async for part in MultipartStream(request, limit=limit).parts():
        data = b"".join([chunk async for chunk in part.chunks])
        found.append((part.name, part.filename, data))
    return found


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
async def test_pieces_of_any_size(size: int) -> None:
    assert await read_all(make_request(FORM, size=size)) == [
        ("csrf", None, b"proof"),
        ("files", '../../x".txt', b"line\r\n--b not the end\r\n"),
        ("files", "", b""),
    ]


async def test_unread_part_is_dropped() -> None:
    names = [part.name async for part in MultipartStream(make_request(FORM), limit=10_000).parts()]
    assert names == ["csrf", "files", "files"]


async def test_type_is_folded() -> None:
    kinds = [
        part.content_type
        async for part in MultipartStream(make_request(FORM), limit=10_000).parts()
    ]
    assert kinds[1] == "text/plain"


async def test_cut_form_is_named() -> None:
    with pytest.raises(MalformedBodyError) as caught:
        await read_all(make_request(FORM[:-30]))
    assert str(caught.value) == "body: the form ends in the middle"


async def test_gone_client_is_told_apart() -> None:
    with pytest.raises(ClientDisconnect):
        await read_all(make_request(FORM[:100], is_cut=True))


async def test_limit_holds() -> None:
    with pytest.raises(BodyTooLargeError) as caught:
        await read_all(make_request(FORM), limit=50)
    assert str(caught.value) == "body: expected at most 50 bytes"


PART = b"--b0\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n"
MALFORMED: dict[str, tuple[bytes, str]] = {
    "nonsense": (b"nonsense" * 10, "body: expected a well-formed `multipart/form-data`"),
    "long header": (
        b"--b0\r\nX: " + b"a" * 9_000 + b"\r\n\r\n",
        "body: expected a well-formed `multipart/form-data`",
    ),
    "many parts": (PART * 300, "body: expected at most 200 fields"),
}


@pytest.mark.parametrize(("body", "text"), MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_form_is_named(body: bytes, text: str) -> None:
    with pytest.raises(MalformedBodyError) as caught:
        await read_all(make_request(body, size=500), limit=1_000_000)
    assert str(caught.value) == text


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", ""])
def test_other_type_is_refused(kind: str) -> None:
    with pytest.raises(MediaTypeError):
        MultipartStream(make_request(b"", kind=kind), limit=10)


FIELDS: dict[str, tuple[bytes, str]] = {
    "long": (b"a" * 20_000, "field `a`: expected at most 16384 bytes"),
    "binary": (b"\xff\xfe", "field `a`: expected UTF-8"),
}


@pytest.mark.parametrize(("value", "text"), FIELDS.values(), ids=FIELDS.keys())
async def test_bad_field_is_named(value: bytes, text: str) -> None:
    body = b"--b0\r\nContent-Disposition: form-data; name=a\r\n\r\n" + value + b"\r\n--b0--"
    stream = MultipartStream(make_request(body, size=4_000), limit=1_000_000)
    parts: AsyncIterator[object] = stream.parts()
    with pytest.raises(HearthError) as caught:
        await read_text(await anext(parts))  # type: ignore[arg-type]  # a part, as the stream says
    assert str(caught.value) == text
