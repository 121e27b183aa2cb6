"""The port `Reader` over docling-serve: hand the file in, wait, take the result.

Source: docling-serve, docs/usage.md and its REST API page (version 1.21, read 2026-11):
`/v1/convert/file/async`, `/v1/status/poll/{task}`, `/v1/result/{task}`, the header `X-Api-Key`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx2
from hearth_kit.secret import Secret

from hearth_server.adapters.docling.blocks import blocks_of
from hearth_server.capabilities.knowledge.errors import (
    ConverterDownError,
    TooLargeError,
    UnreadableError,
)
from hearth_server.capabilities.knowledge.ports import Converted
from hearth_server.capabilities.knowledge.rules import suffix_of

HINT: Final = "hearth status docling-serve"
_WISHES: Final = {
    "to_formats": "json",
    "image_export_mode": "placeholder",
    "do_ocr": "true",
    "table_mode": "accurate",
}
_POLL_SECONDS: Final = 5
_MAX_ANSWER: Final = 200 * 1024 * 1024
_LOST: Final = 404


class DoclingReader:
    """Asks a docling-serve. What it cannot read is the file's fault, silence is not."""

    def __init__(
        self,
        url: str,
        *,
        api_key: Secret | None = None,
        whole_seconds: float = 3600.0,
        timeout_seconds: float = 60.0,
    ) -> None:
        self._url = url.rstrip("/")
        self._whole = whole_seconds
        headers = {"x-api-key": api_key.reveal()} if api_key else {}
        self._client = httpx2.AsyncClient(
            base_url=self._url, headers=headers, timeout=timeout_seconds, trust_env=False
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def convert(self, path: Path, *, media_type: str, name: str) -> AsyncIterator[Converted]:
        """Give the whole document once it is converted."""
        try:
            async with asyncio.timeout(self._whole):
                task = await self._submit(path, media_type, name)
                await self._wait(task, name)
                answer = await self._result(task, name)
        except httpx2.HTTPError as error:
            msg = f"documents: `{self._url}` does not answer"
            raise ConverterDownError(msg, hint=HINT) from error
        except TimeoutError as error:
            msg = f"documents: `{self._url}` took more than {self._whole:.0f} s"
            raise ConverterDownError(msg, hint=HINT) from error
        blocks = await asyncio.to_thread(_blocks, answer, name, self._url)
        pages = max((block.page or 0 for block in blocks), default=0)
        yield Converted(blocks=tuple(blocks), done=pages, total=pages)

    async def _submit(self, path: Path, media_type: str, name: str) -> str:
        with await asyncio.to_thread(path.open, "rb") as file:
            # Its own name for the file: what a person called it is nobody else's business.
            files = {"files": (f"document{suffix_of(media_type)}", file, media_type)}
            response = await self._client.post("/v1/convert/file/async", data=_WISHES, files=files)
        if response.status_code == 413:
            raise TooLargeError(f"file `{name}`: is larger than the document converter takes")
        return str(self._read(response, "task_id"))

    async def _wait(self, task: str, name: str) -> None:
        while True:
            response = await self._client.get(
                f"/v1/status/poll/{task}", params={"wait": _POLL_SECONDS}
            )
            status = self._read(response, "task_status")
            if status == "failure":
                raise UnreadableError(f"file `{name}`: the document converter cannot read it")
            if status in {"success", "partial_success"}:
                return
            # A server that does not wait, as it was asked to, must not be asked without end.
            await asyncio.sleep(0.2)

    async def _result(self, task: str, name: str) -> bytes:
        data = bytearray()
        async with self._client.stream("GET", f"/v1/result/{task}") as response:
            if response.status_code != httpx2.codes.OK:
                raise self._refusal(response.status_code)
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > _MAX_ANSWER:
                    raise TooLargeError(f"file `{name}`: has too much text in one piece")
        return bytes(data)

    def _read(self, response: httpx2.Response, key: str) -> Any:  # noqa: ANN401  JSON
        if response.status_code != httpx2.codes.OK:
            raise self._refusal(response.status_code)
        try:
            return response.json()[key]
        except (ValueError, KeyError, TypeError) as error:
            raise _nonsense(self._url) from error

    def _refusal(self, status: int) -> ConverterDownError:
        what = "has forgotten its task" if status == _LOST else f"refused with status {status}"
        return ConverterDownError(f"documents: `{self._url}` {what}", hint=HINT)


def _blocks(answer: bytes, name: str, url: str) -> list[Any]:
    try:
        said = json.loads(answer)
        status, document = said["status"], said["document"]["json_content"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _nonsense(url) from error
    if status not in {"success", "partial_success"} or not isinstance(document, dict):
        raise UnreadableError(f"file `{name}`: the document converter cannot read it")
    return blocks_of(document)


def _nonsense(url: str) -> ConverterDownError:
    msg = f"documents: `{url}` gave an answer that is not docling-serve's"
    return ConverterDownError(msg, hint=HINT)
