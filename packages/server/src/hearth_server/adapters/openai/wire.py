"""What every adapter of an OpenAI-compatible service shares: its address, and trying again."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Final

import httpx2

ATTEMPTS: Final = 4
LONGEST_WAIT: Final = 20.0
HINT: Final = "hearth status ollama"

Sleep = Callable[[float], Awaitable[None]]


class BusyError(Exception):
    """The service stayed busy, broken or silent; `status` is None where it never answered."""

    def __init__(self, status: int | None) -> None:
        super().__init__(status)
        self.status = status


def endpoint(url: str, path: str) -> str:
    """Give an address below a base that may or may not end in `/v1` or the path already.

    Example:
        >>> endpoint("http://ollama:11434", "embeddings")
        'http://ollama:11434/v1/embeddings'
    """
    base = url.rstrip("/")
    if base.endswith(f"/{path}"):
        return base
    return f"{base}/{path}" if base.endswith("/v1") else f"{base}/v1/{path}"


async def send_patiently(
    client: httpx2.AsyncClient,
    request: Callable[[], httpx2.Request],
    sleep: Sleep,
    *,
    is_streamed: bool = False,
) -> httpx2.Response:
    """Send until the service takes or refuses it; a streamed answer's body is still unread.

    Raises:
        BusyError: it was busy, broken or silent each time.
    """
    wait = 0.5
    status: int | None = None
    for attempt in range(1, ATTEMPTS + 1):
        pause = wait
        try:
            response = await client.send(request(), stream=is_streamed)
        except httpx2.HTTPError as error:
            if attempt == ATTEMPTS:
                raise BusyError(None) from error
        else:
            if response.status_code != 429 and response.status_code < 500:
                return response
            status = response.status_code
            pause = _retry_after(response) or wait
            await response.aclose()
            if attempt == ATTEMPTS:
                break
        # Jitter keeps many workers from coming back at the same moment.
        await sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311  no secret in it
        wait *= 2
    raise BusyError(status)


def _retry_after(response: httpx2.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() else None
