"""The port `Embedder` over HTTP.

Source: https://platform.openai.com/docs/api-reference/embeddings (November 2026), and
https://github.com/ollama/ollama/blob/main/docs/openai.md for what Ollama answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import httpx2
from hearth_kit.secret import Secret

from hearth_server.adapters.openai.wire import HINT, BusyError, Sleep, endpoint, send_patiently
from hearth_server.capabilities.knowledge.errors import EmbedderDownError
from hearth_server.capabilities.knowledge.model import EmbedderInfo
from hearth_server.capabilities.knowledge.vectors import normalise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHARACTERS_A_TOKEN: Final = 3
_MAX_TOKENS: Final = 512


class OpenAIEmbedder:
    """Asks a service; tries again when it is busy or broken, never when it refuses."""

    def __init__(
        self,
        url: str,
        *,
        model: str,
        api_key: Secret | None = None,
        timeout_seconds: float = 60.0,
        transport: httpx2.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._url = endpoint(url, "embeddings")
        self._model = model
        self._sleep = sleep
        headers = {"authorization": f"Bearer {api_key.reveal()}"} if api_key else {}
        self._client = httpx2.AsyncClient(
            headers=headers, timeout=timeout_seconds, transport=transport
        )
        self._info: EmbedderInfo | None = None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def info(self) -> EmbedderInfo:
        """Say who it is; the dimension is learned by asking once."""
        if self._info is None:
            (vector,) = await self._ask(["dimension"])
            self._info = EmbedderInfo(
                name=f"openai:{self._model}", dimension=len(vector), max_tokens=_MAX_TOKENS
            )
        return self._info

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Count generously, as the service's tokenizer is unknown: a token has 3 bytes or more."""
        return [-(-len(text.encode()) // _CHARACTERS_A_TOKEN) for text in texts]

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts in one request."""
        import numpy as np

        info = await self.info()
        if not texts:
            return np.zeros((0, info.dimension), dtype=np.float32)
        rows = await self._ask([text or " " for text in texts])
        lengths = {len(row) for row in rows}
        if lengths != {info.dimension}:
            msg = f"embedder: gave {max(lengths)} numbers a text, expected {info.dimension}"
            raise EmbedderDownError(msg, hint=HINT)
        vectors = np.array(rows, dtype=np.float32)
        if not np.isfinite(vectors).all():
            msg = "embedder: gave numbers that are not finite"
            raise EmbedderDownError(msg, hint=HINT)
        return normalise(vectors)

    async def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed a question, which such a service does not tell from other texts."""
        vector: NDArray[np.float32] = (await self.embed([text]))[0]
        return vector

    async def _ask(self, texts: Sequence[str]) -> list[list[float]]:
        body = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        response = await self._post(body)
        if response.status_code != httpx2.codes.OK:
            msg = f"embedder: `{self._url}` refused with status {response.status_code}"
            raise EmbedderDownError(msg, hint=HINT, details={"answer": response.text[:200]})
        return _vectors(response, len(texts), self._url)

    async def _post(self, body: dict[str, Any]) -> httpx2.Response:
        def request() -> httpx2.Request:
            return self._client.build_request("POST", self._url, json=body)

        try:
            return await send_patiently(self._client, request, self._sleep)
        except BusyError as error:
            if error.status is None:
                msg = f"embedder: `{self._url}` does not answer"
            else:
                msg = f"embedder: `{self._url}` is busy or broken (status {error.status})"
            raise EmbedderDownError(msg, hint=HINT) from error


def _vectors(response: httpx2.Response, expected: int, url: str) -> list[list[float]]:
    """Read the vectors in the order of the texts; `index` says it, not the place in the list."""
    try:
        entries = sorted(response.json()["data"], key=lambda entry: int(entry["index"]))
        rows = [[float(number) for number in entry["embedding"]] for entry in entries]
    except (ValueError, KeyError, TypeError) as error:
        msg = f"embedder: `{url}` gave an answer that is no list of vectors"
        raise EmbedderDownError(msg, hint=HINT) from error
    if len(rows) != expected or not all(rows):
        msg = f"embedder: `{url}` gave {len(rows)} vectors for {expected} texts"
        raise EmbedderDownError(msg, hint=HINT)
    return rows
