"""A way to YouTube and to nothing else, with limits of size and time.

`youtube-transcript-api` knows its hosts as constants and takes a session, so what it asks is judged
and limited here. A redirect, and an address that an answer names, are judged like the first one.
"""

from __future__ import annotations

import time
from io import BytesIO
from typing import Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError

YOUTUBE: Final = "https://www.youtube.com"
_MAX_ANSWER: Final = 16 * 1024 * 1024
_MAX_REDIRECTS: Final = 5
_STEP_SECONDS: Final = 15.0
_CHUNK: Final = 64 * 1024
_Certificate = str | tuple[str, str] | None


class AstrayError(requests.RequestException):
    """An answer leads to a host that is not YouTube's."""


def make_session(url: str, *, whole_seconds: float) -> requests.Session:
    """Open a session whose requests all go to `url` and end after so many seconds together."""
    session = requests.Session()
    # Neither a proxy nor a password file of the machine is for this.
    session.trust_env = False
    session.max_redirects = _MAX_REDIRECTS
    adapter = _Way(url, deadline=time.monotonic() + whole_seconds)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    # Requests reads cookies of what comes in, which is a copy here.
    session.hooks["response"] = [lambda answer, **_: session.cookies.update(answer.cookies)]
    return session


class _Way(HTTPAdapter):
    def __init__(self, url: str, *, deadline: float) -> None:
        super().__init__()
        self._url = url.rstrip("/")
        self._deadline = deadline

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002, ARG002  as the base class has it
        timeout: object = None,  # noqa: ARG002  the deadline decides
        verify: bool | str = True,  # noqa: FBT001, FBT002
        cert: _Certificate = None,
        proxies: dict[str, str] | None = None,
    ) -> requests.Response:
        parts = urlsplit(request.url or "")
        host = str(parts.hostname or "")
        if parts.scheme != "https" or not f".{host}".endswith(".youtube.com"):
            raise AstrayError(f"host `{host[:100]}` is not YouTube's")
        seconds = min(_STEP_SECONDS, self._left())
        answer = super().send(request, True, seconds, verify, cert, proxies)  # noqa: FBT003
        data = bytearray()
        try:
            for chunk in answer.raw.stream(_CHUNK, decode_content=True):
                data += chunk
                self._left()
                if len(data) > _MAX_ANSWER:
                    raise requests.ConnectionError("the answer is too large")
        except HTTPError as error:
            raise requests.ConnectionError("the answer broke off") from error
        finally:
            answer.raw.close()
        answer.raw = BytesIO(data)
        return answer

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,  # noqa: FBT001  as the base class has it
        proxies: dict[str, str] | None = None,
        cert: _Certificate = None,
    ) -> HTTPConnectionPool:
        moved = request.copy()
        moved.url = self._url
        return super().get_connection_with_tls_context(moved, verify, proxies, cert)

    def request_url(self, request: requests.PreparedRequest, proxies: dict[str, str] | None) -> str:
        return urlsplit(self._url).path + super().request_url(request, proxies)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise requests.Timeout("no time is left")
        return left
