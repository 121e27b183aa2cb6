"""Who sent this request: a bearer token, our own session cookie, or what Cloudflare Access asserts.

Headers in which a proxy merely names a person are not read at all.
"""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.errors import NotLinkedError, NotSignedInError
from hearth_server.capabilities.identity.limits import Limiter
from hearth_server.capabilities.identity.sign_in import Authenticator, NewSession
from hearth_server.edge.errors import ForgedRequestError
from hearth_server.principal import Principal
from hearth_server.registry.errors import ScopeMissingError

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER: Final = "x-csrf-token"
CSRF_FIELD: Final = "csrf"
LINK_HEADER: Final = "x-hearth-link"
ACCESS_HEADER: Final = "cf-access-jwt-assertion"
ACCESS_COOKIE: Final = "CF_Authorization"
LONGEST_CREDENTIAL: Final = 512
LONGEST_ASSERTION: Final = 16 * 1024
ALLOWANCE: Final = "hearth.allowance"
"""Key of the request's state under which the envelope finds what is left of the caller's limits."""
HINT: Final = "hearth open"


class Gate:
    """Turns requests into principals, and counts them against their limits.

    `base_url` is the address that people open: its scheme decides whether cookies are for https
    only, and its origin is one of the two that forms may come from (the other is the `Host`).
    """

    def __init__(self, authenticator: Authenticator, limiter: Limiter, *, base_url: str) -> None:
        self._authenticator = authenticator
        self._limiter = limiter
        parts = urlsplit(base_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._is_https = parts.scheme == "https"
        self.cookie = "__Host-hearth_session" if self._is_https else "hearth_session"

    async def find(self, request: HTTPConnection) -> Principal | None:
        """Find who sent a request; None when nothing in it proves anybody.

        The first of these that is there judges alone: an `Authorization` header, an assertion in
        Access's header, our session, an assertion in Access's cookie. A session that has ended is
        as none, so that the cookie is looked at.

        Raises:
            ScopeMissingError: a link is named without the scope `act-for`.
            NotLinkedError: the link that is named is not one of this service's own.
            AccessKeysError: an assertion cannot be checked now.
        """
        return await self._acting(request, await self._find_shown(request))

    async def find_agent(self, request: HTTPConnection) -> Principal | None:
        """Find who sent a request to `/mcp`: by a bearer token or Access's header, never a cookie.

        Raises:
            ForgedRequestError: a browser sent it for another site.
            ScopeMissingError, NotLinkedError, AccessKeysError: as for `find`.
        """
        presented = request.headers.getlist("authorization")
        if presented:
            found = await self._find_by_bearer(presented)
        else:
            found = await self._find_by_header(request)
            if found is not None:
                self.check_origin(request)
        return await self._acting(request, found)

    async def require(self, request: HTTPConnection) -> Principal:
        """Get who sent a request, and count it.

        Raises:
            NotSignedInError: nobody proved who they are.
            ForgedRequestError: a browser's unsafe request lacks the proof of our own pages.
            RateLimitedError, QuotaExceededError: they asked too much.
        """
        caller = await self.find(request)
        if caller is None:
            msg = "request: nobody is signed in, and no valid token was sent"
            raise NotSignedInError(msg, hint=HINT)
        await self.admit(request, caller)
        if request.scope["method"] not in SAFE_METHODS:
            if caller.kind in {"session", "access"}:
                self.check_form(request, request.headers.get(CSRF_HEADER, ""))
            elif caller.kind == "service":
                self.check_origin(request)
        return caller

    async def admit(self, request: HTTPConnection, caller: Principal) -> None:
        """Count a request against its caller's limits, once however often this is called.

        Raises:
            RateLimitedError: too many came in a short time.
            QuotaExceededError: too many came today.
        """
        state = request.scope.setdefault("state", {})
        if ALLOWANCE not in state:
            state[ALLOWANCE] = await self._limiter.admit(caller)

    def was_shown(self, request: HTTPConnection) -> bool:
        """Tell whether a request carried a token or an assertion, good or not."""
        return "authorization" in request.headers or ACCESS_HEADER in request.headers

    def session_of(self, request: HTTPConnection) -> str | None:
        """Give the session's secret that a request carries, unchecked."""
        value = request.cookies.get(self.cookie, "")
        return value if 0 < len(value) <= LONGEST_CREDENTIAL else None

    def csrf_of(self, request: HTTPConnection) -> str:
        """Give the proof that this browser's forms carry; empty for whoever has no session.

        It is derived from what the browser keeps secret: our session, Access's assertion.
        """
        # Of both where both are there: whoever plants one of the two cookies lacks the other.
        kept = (self.session_of(request), self._assertion_of(request))
        secrets = [each for each in kept if each]
        return rules.csrf_token(" ".join(secrets)) if secrets else ""

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

    async def _find_shown(self, request: HTTPConnection) -> Principal | None:
        presented = request.headers.getlist("authorization")
        if presented:
            return await self._find_by_bearer(presented)
        if self._authenticator.knows_access and ACCESS_HEADER in request.headers:
            return await self._find_by_header(request)
        session = self.session_of(request)
        found = await self._authenticator.find_by_session(session) if session else None
        if found is None and self._authenticator.knows_access:
            cookie = request.cookies.get(ACCESS_COOKIE, "")
            if 0 < len(cookie) <= LONGEST_ASSERTION:
                return await self._authenticator.find_by_access(cookie)
        return found

    async def _find_by_header(self, request: HTTPConnection) -> Principal | None:
        given = request.headers.getlist(ACCESS_HEADER)
        if len(given) != 1 or not 0 < len(given[0]) <= LONGEST_ASSERTION:
            return None
        return await self._authenticator.find_by_access(given[0])

    async def _acting(self, request: HTTPConnection, caller: Principal | None) -> Principal | None:
        """Give the person for whom a service acts, where its request names one of its links."""
        named = request.headers.getlist(LINK_HEADER)
        if caller is None or not named:
            return caller
        if caller.kind not in {"token", "service"} or not caller.allows("act-for"):
            msg = f"link: the scope `act-for` is needed, and `{caller.name}` lacks it"
            raise ScopeMissingError(msg, hint=HINT, details={"scope": "act-for"})
        if len(named) != 1:
            msg = f"link: expected one header `{LINK_HEADER}`, found {len(named)}"
            raise NotLinkedError(msg)
        return await self._authenticator.act_for(caller, named[0])

    def _assertion_of(self, request: HTTPConnection) -> str | None:
        """Give the assertion of Access that a request carries, unchecked."""
        if not self._authenticator.knows_access:
            return None
        value = request.headers.get(ACCESS_HEADER) or request.cookies.get(ACCESS_COOKIE, "")
        return value if 0 < len(value) <= LONGEST_ASSERTION else None

    async def _find_by_bearer(self, presented: list[str]) -> Principal | None:
        if len(presented) != 1:
            return None
        scheme, _, token = presented[0].partition(" ")
        if scheme.lower() != "bearer" or len(token) > LONGEST_CREDENTIAL:
            return None
        return await self._authenticator.find_by_token(token.strip())
