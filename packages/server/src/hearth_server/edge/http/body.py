"""Read a request's body with a limit, and take it apart."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from pydantic_core import from_json
from starlette.requests import Request

from hearth_server.edge.errors import BodyTooLargeError, MalformedBodyError, MediaTypeError

LIMIT_BYTES: Final = 1024 * 1024
LONGEST_FORM: Final = 200


async def read_body(request: Request, *, limit: int = LIMIT_BYTES) -> bytes:
    """Read the whole body.

    Raises:
        BodyTooLargeError: it is larger than the limit, by its header or in fact.
    """
    check_length(request, limit=limit)
    parts: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        parts.append(chunk)
    return b"".join(parts)


def check_length(request: Request, *, limit: int) -> None:
    """Refuse a body by the length that its header announces.

    Raises:
        BodyTooLargeError: it is larger than the limit.
    """
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
        raise too_large(limit)


def too_large(limit: int) -> BodyTooLargeError:
    """Say that a body is too large."""
    msg = f"body: expected at most {limit} bytes"
    return BodyTooLargeError(msg, details={"limit_bytes": limit})


async def read_object(request: Request) -> dict[str, object]:
    """Read a JSON object; no body at all is an empty one.

    Raises:
        MediaTypeError: the body does not say that it is JSON.
        MalformedBodyError: it is no JSON, nests too deeply, or is something else than an object.
        BodyTooLargeError: it is too large.
    """
    data = await read_body(request)
    if not data:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        msg = f"body: expected `application/json`, found `{kind[:100]}`"
        raise MediaTypeError(msg)
    try:
        value = from_json(data, allow_inf_nan=False)
    except ValueError as cause:
        msg = "body: expected JSON"
        raise MalformedBodyError(msg, details={"reason": str(cause)[:200]}) from cause
    if not isinstance(value, dict):
        msg = "body: expected a JSON object"
        raise MalformedBodyError(msg)
    return value


async def read_form(request: Request) -> dict[str, list[str]]:
    """Read a form without files; a name may have several values.

    Raises:
        MediaTypeError: the body does not say that it is such a form.
        MalformedBodyError: it has too many fields or is not UTF-8.
        BodyTooLargeError: it is too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    data = await read_body(request)
    if kind != "application/x-www-form-urlencoded" and data:
        msg = f"body: expected `application/x-www-form-urlencoded`, found `{kind[:100]}`"
        raise MediaTypeError(msg)
    try:
        pairs = parse_qsl(
            data.decode(), keep_blank_values=True, max_num_fields=LONGEST_FORM, errors="strict"
        )
    except ValueError as cause:
        msg = f"body: expected a form of at most {LONGEST_FORM} fields"
        raise MalformedBodyError(msg) from cause
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found
