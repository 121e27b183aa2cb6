"""The port `LanguageModel` over HTTP.

Source: https://platform.openai.com/docs/api-reference/chat (November 2026), and
https://github.com/ollama/ollama/blob/main/docs/openai.md for what Ollama answers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

import httpx2
from hearth_kit.clock import Clock, SystemClock
from hearth_kit.secret import Secret

from hearth_server.adapters.openai.stream import (
    BadChunkError,
    Chunk,
    ThoughtFilter,
    read_line,
    read_value,
)
from hearth_server.adapters.openai.wire import HINT, BusyError, Sleep, endpoint, send_patiently
from hearth_server.capabilities.answers.errors import (
    ModelCutError,
    ModelDownError,
    ModelRefusedError,
)
from hearth_server.capabilities.answers.model import Message

_LONGEST_STREAM: Final = 8_000_000
"""Characters of stream, JSON and thoughts included, after which a model is taken to be stuck."""
_NO_WRITERS: Final = ("embed", "rerank", "whisper", "tts", "dall-e", "moderation", "bge-", "minilm")
"""Parts of names of models that write no text; the list of models does not tell them apart."""


class OpenAILanguageModel:
    """Asks a service; tries again when it is busy before its first word, never after it."""

    def __init__(
        self,
        url: str,
        *,
        model: str = "",
        api_key: Secret | None = None,
        silence_seconds: float = 120.0,
        longest_seconds: float = 600.0,
        transport: httpx2.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Clock | None = None,
    ) -> None:
        self._url = endpoint(url, "chat/completions")
        self._models_url = endpoint(
            self._url.removesuffix("/chat/completions").removesuffix("/v1"), "models"
        )
        self._model = model
        self._longest = longest_seconds
        self._takes_schema = True
        self._sleep = sleep
        self._clock = clock or SystemClock()
        headers = {"authorization": f"Bearer {api_key.reveal()}"} if api_key else {}
        # A model that is being loaded is silent for a while; a closed port is known at once.
        timeout = httpx2.Timeout(silence_seconds, connect=10.0)
        self._client = httpx2.AsyncClient(headers=headers, timeout=timeout, transport=transport)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def name(self) -> str:
        """Say which model answers: the one that was named, else the first that is served."""
        if not self._model:
            response = await self._send("GET", self._models_url, None)
            try:
                await response.aread()
                listed = [str(each["id"]) for each in response.json()["data"]]
            except (ValueError, KeyError, TypeError, httpx2.HTTPError) as error:
                raise self._nonsense("that is no list of models") from error
            finally:
                await response.aclose()
            writers = [each for each in listed if not _is_no_writer(each)]
            if not writers:
                msg = f"language model: `{self._models_url}` serves no model that writes"
                raise ModelRefusedError(msg, hint=HINT)
            self._model = writers[0]
        return self._model

    async def write(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
    ) -> AsyncGenerator[str, None]:
        """Give the text as it is written; with a JSON Schema, held to it where the service can."""
        body: dict[str, Any] = {
            "model": await self.name(),
            "messages": [{"role": each.role, "content": each.content} for each in messages],
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
        }
        response = await self._ask(body, schema)
        thoughts = ThoughtFilter()
        has_begun = False
        try:
            async with aclosing(self._chunks(response)) as chunks:
                async for chunk in chunks:
                    text = thoughts.feed(chunk.text)
                    if text:
                        has_begun = True
                        yield text
        except (httpx2.HTTPError, BadChunkError, _CutError) as error:
            raise self._broken(error, has_begun=has_begun) from error
        finally:
            await response.aclose()
        if rest := thoughts.end():
            yield rest

    async def _ask(self, body: dict[str, Any], schema: Mapping[str, Any] | None) -> httpx2.Response:
        if schema is not None and self._takes_schema:
            shape = {"name": "reply", "strict": True, "schema": dict(schema)}
            held = {**body, "response_format": {"type": "json_schema", "json_schema": shape}}
            try:
                return await self._send("POST", self._url, held)
            except ModelRefusedError:
                response = await self._send("POST", self._url, body)
                # It takes the question without the schema: that was what it refused.
                self._takes_schema = False
                return response
        return await self._send("POST", self._url, body)

    async def _chunks(self, response: httpx2.Response) -> AsyncGenerator[Chunk, None]:
        """Give the events until the service says that the answer is whole."""
        kind = response.headers.get("content-type", "")
        if kind.startswith("application/json"):
            # A service that does not stream gives the whole answer at once.
            try:
                yield _sound(read_value(json.loads(await response.aread()), "message"))
            except ValueError as error:
                raise BadChunkError from error
            return
        ends = self._clock.monotonic() + self._longest
        size = 0
        async for line in response.aiter_lines():
            size += len(line)
            if self._clock.monotonic() > ends or size > _LONGEST_STREAM:
                msg = "did not come to an end"
                raise _CutError(msg)
            chunk = _sound(read_line(line))
            yield chunk
            if chunk.is_last:
                return
        msg = "broke off in the middle of an answer"
        raise _CutError(msg)

    async def _send(self, method: str, url: str, body: dict[str, Any] | None) -> httpx2.Response:
        def request() -> httpx2.Request:
            return self._client.build_request(method, url, json=body)

        try:
            response = await send_patiently(self._client, request, self._sleep, is_streamed=True)
        except BusyError as error:
            if error.status is None:
                msg = f"language model: `{url}` does not answer"
            else:
                msg = f"language model: `{url}` is busy or broken (status {error.status})"
            raise ModelDownError(msg, hint=HINT) from error
        if response.status_code != httpx2.codes.OK:
            status = response.status_code
            await response.aclose()
            msg = f"language model: `{url}` refused with status {status}"
            raise ModelRefusedError(msg, hint=HINT)
        return response

    def _broken(self, error: Exception, *, has_begun: bool) -> ModelDownError:
        if isinstance(error, BadChunkError):
            what = "gave an answer that is no chat completion"
        elif isinstance(error, httpx2.TimeoutException):
            what = "fell silent in the middle of an answer"
        elif isinstance(error, _CutError):
            what = str(error)
        else:
            what = "broke off in the middle of an answer"
        msg = f"language model: `{self._url}` {what}"
        return (ModelCutError if has_begun else ModelDownError)(msg, hint=HINT)

    def _nonsense(self, what: str) -> ModelDownError:
        msg = f"language model: `{self._models_url}` gave an answer {what}"
        return ModelDownError(msg, hint=HINT)


class _CutError(Exception):
    """What went wrong with a stream, for the sentence that says so."""


def _sound(chunk: Chunk) -> Chunk:
    if chunk.fault:
        msg = f"says: {chunk.fault}"
        raise _CutError(msg)
    return chunk


def _is_no_writer(name: str) -> bool:
    return any(part in name.lower() for part in _NO_WRITERS)
