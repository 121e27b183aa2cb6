"""The keys that Cloudflare Access signs with: fetched once an hour, by one request at a time.

Source: https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/
authorization-cookie/validating-json/ (read 2026-11): keys rotate every six weeks, the former one
holds for seven more days, and the order in the list means nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hearth_kit.clock import Clock
from pydantic_core import from_json

from hearth_server.capabilities.identity.errors import AccessKeysError

PATH: Final = "/cdn-cgi/access/certs"
FRESH_SECONDS: Final = 3600.0
USABLE_SECONDS: Final = 24 * 3600.0
"""So long the last keys serve on when no newer ones can be had."""
PAUSE_SECONDS: Final = 60.0
"""Between two requests that an unknown key id or a failure asks for."""
PATIENCE_SECONDS: Final = 5.0
LARGEST_BYTES: Final = 256 * 1024
LEAST_BITS: Final = 2048
MOST_KEYS: Final = 32

_log: Final = logging.getLogger(__name__)

Keys = Mapping[str, RSAPublicKey]


class SigningKeys:
    """Public keys by their id. One a process."""

    def __init__(
        self, issuer: str, *, clock: Clock, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._patience = patience_seconds
        self._url = f"{issuer}{PATH}"
        self._clock = clock
        self._keys: Keys = MappingProxyType({})
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> RSAPublicKey | None:
        """Find a key; None when there is none of that id.

        Keys that have grown old are renewed without making anybody wait. An unknown id asks for
        the list anew, at most once a minute, however many ids are invented.

        Raises:
            AccessKeysError: there are no keys at all, as none could be fetched.
        """
        age = self._age(self._fetched_at)
        if age >= USABLE_SECONDS:
            self._keys = MappingProxyType({})
        known = self._keys.get(key_id)
        if known is not None:
            if age >= FRESH_SECONDS:
                self._begin()
            return known
        fetching = self._begin()
        if fetching is not None:
            # Shielded: a caller that goes away takes nothing from the others who wait.
            await asyncio.shield(fetching)
        if not self._keys:
            msg = "access: the keys of Cloudflare Access cannot be fetched now"
            raise AccessKeysError(msg, details={"retry_after_seconds": int(PAUSE_SECONDS)})
        return self._keys.get(key_id)

    async def close(self) -> None:
        """Stop a request that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _age(self, moment: float | None) -> float:
        return float("inf") if moment is None else self._clock.monotonic() - moment

    def _begin(self) -> asyncio.Task[None] | None:
        """Give the request that is under way, or begin one if one is due."""
        if self._fetching is not None:
            return self._fetching
        if self._age(self._tried_at) < PAUSE_SECONDS:
            return None
        self._tried_at = self._clock.monotonic()
        self._fetching = asyncio.create_task(self._fetch(), name="access keys")
        self._fetching.add_done_callback(self._ended)
        return self._fetching

    def _ended(self, _task: asyncio.Task[None]) -> None:
        self._fetching = None

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                keys = parse_keys(await self._download())
        except (TimeoutError, httpx2.HTTPError, ValueError) as error:
            _log.warning("access keys could not be fetched", extra={"reason": repr(error)[:300]})
            return
        self._keys = keys
        self._fetched_at = self._clock.monotonic()

    async def _download(self) -> bytes:
        data = b""
        async with (
            httpx2.AsyncClient(follow_redirects=False, timeout=self._patience) as client,
            client.stream("GET", self._url) as answer,
        ):
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                data += chunk
                if len(data) > LARGEST_BYTES:
                    msg = f"expected at most {LARGEST_BYTES} bytes"
                    raise ValueError(msg)
        return data


def parse_keys(data: bytes) -> Keys:
    """Read a JWK set; keys that are none for RS256 are left out.

    Raises:
        ValueError: it is no JWK set, or none of its keys can be used.
    """
    given = from_json(data)
    listed = given.get("keys") if isinstance(given, dict) else None
    if not isinstance(listed, list):
        msg = "expected an object with a list `keys`"
        raise ValueError(msg)  # noqa: TRY004 - it is data, and the caller catches one kind
    found: dict[str, RSAPublicKey] = {}
    for each in listed[:MOST_KEYS]:
        key = _find_key(each) if isinstance(each, dict) else None
        if key is not None:
            found[str(each["kid"])] = key
    if not found:
        msg = "expected at least one RSA key for RS256"
        raise ValueError(msg)
    return MappingProxyType(found)


def _find_key(given: dict[str, object]) -> RSAPublicKey | None:
    if given.get("kty") != "RSA" or not isinstance(given.get("kid"), str):
        return None
    if given.get("alg", "RS256") != "RS256" or given.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(given, algorithm="RS256").key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    # A private key, which has no place in such a list, is no public one.
    return key if isinstance(key, RSAPublicKey) and key.key_size >= LEAST_BITS else None
