"""What Cloudflare Access asserts of a caller, checked by its signature and claims.

Source: https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/
authorization-cookie/application-token/ (read 2026-11); RFC 7519, RFC 8725.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
from hearth_kit.clock import Clock

from hearth_server.adapters.cloudflare.keys import PATIENCE_SECONDS, SigningKeys
from hearth_server.capabilities.identity.model import AccessIdentity

LEEWAY: Final = timedelta(seconds=30)
ALGORITHM: Final = "RS256"
REQUIRED: Final = ("aud", "exp", "iat", "iss")

_log: Final = logging.getLogger(__name__)


class CloudflareAccess:
    """The port `AccessProofs`. Why something does not hold is logged, and told to nobody."""

    def __init__(
        self,
        issuer: str,
        audiences: Sequence[str],
        *,
        clock: Clock,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._issuer = issuer
        self._audiences = list(audiences)
        self._keys = SigningKeys(issuer, clock=clock, patience_seconds=patience_seconds)

    async def verify(self, assertion: str) -> AccessIdentity | None:
        """Find whom an assertion names."""
        try:
            header = jwt.get_unverified_header(assertion)
            key_id = header.get("kid")
            # Looked at before any key is asked for, so that nonsense costs no request.
            if header.get("alg") != ALGORITHM or not isinstance(key_id, str) or "crit" in header:
                return _refuse("header")
            key = await self._keys.find(key_id)
            if key is None:
                return _refuse("unknown key")
            claims = jwt.decode(
                assertion,
                key,
                algorithms=[ALGORITHM],
                audience=self._audiences,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": list(REQUIRED)},
            )
            return _identity_of(claims)
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            return _refuse(type(error).__name__)

    async def close(self) -> None:
        """Stop a request for keys that is under way."""
        await self._keys.close()


def _identity_of(claims: dict[str, Any]) -> AccessIdentity | None:
    if claims.get("type", "app") != "app":
        return _refuse("type")
    email, name = claims.get("email"), claims.get("common_name")
    expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC) + LEEWAY
    if isinstance(email, str) and email:
        return AccessIdentity(email=email, service="", expires_at=expires_at)
    # A service token has no e-mail address, but the name of its client.
    if isinstance(name, str) and name:
        return AccessIdentity(email="", service=name, expires_at=expires_at)
    return _refuse("names nobody")


def _refuse(why: str) -> AccessIdentity | None:
    _log.info("access assertion refused", extra={"reason": why})
    return None
