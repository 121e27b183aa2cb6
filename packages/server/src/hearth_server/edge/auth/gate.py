"""Who sent this request: a bearer token or our own session cookie, and nothing else.

Headers in which a proxy names a person are not read at all.
"""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.errors import NotSignedInError
from hearth_server.capabilities.identity.sign_in import Authenticator, NewSession
from hearth_server.edge.errors import ForgedRequestError
from hearth_server.principal import Principal

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER: Final = "x-csrf-token"
CSRF_FIELD: Final = "csrf"
LONGEST_CREDENTIAL: Final = 512
HINT: Final = "hearth open"


class Gate:
    """Turns requests into principals.

    `base_url` is the address that people open: its scheme decides whether cookies are for https
    only, and its origin is one of the two that forms may come from (the other is the `Host`).
    """

    def __init__(self, authenticator: Authenticator, *, base_url: str) -> None:
        self._authenticator = authenticator
        parts = urlsplit(base_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._is_https = parts.scheme == "https"
        self.cookie = "__Host-hearth_session" if self._is_https else "hearth_session"

    async def find(self, request: HTTPConnection) -> Principal | None:
        """Find who sent a request; None when nothing in it proves anybody.

        A request with an `Authorization` header is judged by that alone.
        """
        presented = request.headers.getlist("authorization")
        if presented:
            return await self._find_by_bearer(presented)
        session = self.session_of(request)
        return await self._authenticator.find_by_session(session) if session else None

    async def find_bearer(self, request: HTTPConnection) -> Principal | None:
        """Find who holds the bearer token of a request; a session does not count."""
        return await self._find_by_bearer(request.headers.getlist("authorization"))

    async def require(self, request: HTTPConnection) -> Principal:
        """Get who sent a request.

        Raises:
            NotSignedInError: nobody proved who they are.
            ForgedRequestError: a session's unsafe request lacks the proof of our own pages.
        """
        caller = await self.find(request)
        if caller is None:
            msg = "request: nobody is signed in, and no valid token was sent"
            raise NotSignedInError(msg, hint=HINT)
        if caller.kind == "session" and request.scope["method"] not in SAFE_METHODS:
            self.check_form(request, request.headers.get(CSRF_HEADER, ""))
        return caller

    def session_of(self, request: HTTPConnection) -> str | None:
        """Give the session's secret that a request carries, unchecked."""
        value = request.cookies.get(self.cookie, "")
        return value if 0 < len(value) <= LONGEST_CREDENTIAL else None

    def csrf_of(self, request: HTTPConnection) -> str:
        """Give the proof that this session's forms carry; empty without a session."""
        session = self.session_of(request)
        return rules.csrf_token(session) if session else ""

    def check_form(self, request: HTTPConnection, proof: str) -> None:
        """Check that one of our own pages, in this session, made this request.

        Raises:
            ForgedRequestError: it did not.
        """
        self.check_origin(request)
        expected = self.csrf_of(request)
        if not expected or not hmac.compare_digest(expected.encode(), proof.encode()):
            msg = f"request: the proof of our own page is missing, send it as `{CSRF_HEADER}`"
            raise ForgedRequestError(msg)

    def check_origin(self, request: HTTPConnection) -> None:
        """Check that a browser did not send this request for another site.

        Raises:
            ForgedRequestError: it says that it did.
        """
        site = request.headers.get("sec-fetch-site", "")
        origin = request.headers.get("origin")
        own = {self._origin, f"http://{request.headers.get('host', '')}"}
        if self._is_https:
            own.add(f"https://{request.headers.get('host', '')}")
        if site in {"cross-site", "same-site"} or (origin is not None and origin not in own):
            msg = "request: it comes from another site"
            raise ForgedRequestError(msg)

    async def sign_in(self, request: HTTPConnection, link: str, response: Response) -> None:
        """Use up a sign-in link and hand the new session to the browser."""
        current = self.session_of(request)
        session = await self._authenticator.sign_in(link, current=current)
        self._set_cookie(response, session)

    async def sign_out(self, request: HTTPConnection, response: Response) -> None:
        """End the session that a request carries."""
        session = self.session_of(request)
        if session:
            await self._authenticator.sign_out(session)
        response.delete_cookie(
            self.cookie, path="/", secure=self._is_https, httponly=True, samesite="lax"
        )

    def _set_cookie(self, response: Response, session: NewSession) -> None:
        response.set_cookie(
            self.cookie,
            session.secret.reveal(),
            max_age=int(session.lifetime.total_seconds()),
            path="/",
            secure=self._is_https,
            httponly=True,
            samesite="lax",
        )

    async def _find_by_bearer(self, presented: list[str]) -> Principal | None:
        if len(presented) != 1:
            return None
        scheme, _, token = presented[0].partition(" ")
        if scheme.lower() != "bearer" or len(token) > LONGEST_CREDENTIAL:
            return None
        return await self._authenticator.find_by_token(token.strip())
