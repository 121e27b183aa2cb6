"""The port `Reader` for recordings, over an OpenAI-compatible service.

Source: https://platform.openai.com/docs/api-reference/audio/createTranscription (November 2026)
and https://speaches.ai/usage/speech-to-text/ for what Speaches answers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx2
from hearth_kit.secret import Secret

from hearth_server.adapters.openai.wire import endpoint
from hearth_server.capabilities.knowledge.errors import (
    ConverterDownError,
    TooLargeError,
    UnreadableError,
)
from hearth_server.capabilities.knowledge.ports import Converted
from hearth_server.capabilities.knowledge.rules import suffix_of
from hearth_server.capabilities.knowledge.split import Block

HINT: Final = "hearth status speaches"
_SECONDS_A_BLOCK: Final = 60.0
_TIMEOUT: Final = httpx2.Timeout(30.0, read=3600.0, write=600.0)
_FAULTS_OF_FILE: Final = frozenset({400, 415, 422})


class SpeechReader:
    """Has a service write down what is said; each minute is a paragraph with its time."""

    def __init__(
        self,
        url: str,
        *,
        model: str,
        api_key: Secret | None = None,
        timeout: httpx2.Timeout = _TIMEOUT,
    ) -> None:
        self._url = endpoint(url, "audio/transcriptions")
        self._model = model
        headers = {"authorization": f"Bearer {api_key.reveal()}"} if api_key else {}
        self._client = httpx2.AsyncClient(headers=headers, timeout=timeout, trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def convert(self, path: Path, *, media_type: str, name: str) -> AsyncIterator[Converted]:
        """Give the whole recording once it is written down."""
        form = {"model": self._model, "response_format": "verbose_json"}
        try:
            # Opened here and read in small pieces while they are sent.
            with path.open("rb") as file:
                files = {"file": (f"recording{suffix_of(media_type)}", file, media_type)}
                response = await self._client.post(self._url, data=form, files=files)
        except httpx2.HTTPError as error:
            raise ConverterDownError(f"speech: `{self._url}` does not answer", hint=HINT) from error
        if response.status_code == 413:
            raise TooLargeError(f"file `{name}`: is larger than the speech service takes")
        if response.status_code in _FAULTS_OF_FILE:
            raise UnreadableError(f"file `{name}`: the speech service cannot read it")
        if response.status_code != httpx2.codes.OK:
            msg = f"speech: `{self._url}` refused with status {response.status_code}"
            raise ConverterDownError(msg, hint=HINT)
        try:
            blocks = tuple(_blocks(response.json()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"speech: `{self._url}` gave an answer that is no transcript"
            raise ConverterDownError(msg, hint=HINT) from error
        yield Converted(blocks=blocks, done=len(blocks), total=len(blocks))


def _blocks(answer: Mapping[str, Any]) -> Iterator[Block]:
    segments = answer.get("segments")
    if not segments:
        if answer["text"].strip():
            yield Block(text=answer["text"].strip())
        return
    begin = 0.0
    said: list[str] = []
    for segment in segments:
        start = float(segment["start"])
        if said and start - begin >= _SECONDS_A_BLOCK:
            yield _block(begin, said)
            said = []
        if not said:
            begin = start
        said.append(str(segment["text"]).strip())
    yield _block(begin, said)


def _block(begin: float, said: list[str]) -> Block:
    minutes, seconds = divmod(int(begin), 60)
    hours, minutes = divmod(minutes, 60)
    return Block(text=f"[{hours}:{minutes:02}:{seconds:02}] {' '.join(said)}")
