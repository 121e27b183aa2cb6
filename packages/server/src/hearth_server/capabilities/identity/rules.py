"""What a link, a session and a token look like, and what may be asked for. Pure.

A secret is 256 bits of randomness, so one round of SHA-256 is enough to keep it: nobody can try
all of them, and looking one up stays cheap.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Iterable
from typing import Final

from hearth_kit.secret import Secret
from hearth_kit.settings import nearest

from hearth_server.capabilities.identity.errors import IdentityInputError, ScopeExceededError
from hearth_server.principal import SCOPES

SECRET_BYTES: Final = 32
TOKEN_PREFIX: Final = "hearth_"  # noqa: S105 - a public marker that scanners look for, no secret
NAME_LIMIT: Final = 80

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY_LENGTH: Final = 43
_CHECKSUM_LENGTH: Final = 6
_TOKEN: Final = re.compile(rf"{TOKEN_PREFIX}([0-9A-Za-z]{{{_BODY_LENGTH}}})([0-9A-Za-z]{{6}})")
_SECRET: Final = re.compile(r"[0-9A-Za-z_-]{43}")
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f<>\"]{1,64}@[^@\s\x00-\x1f<>\"]{1,190}")


def make_secret(random: bytes) -> Secret:
    """Write 32 random bytes as a link's or session's secret, 43 characters safe in a URL."""
    return Secret(base64.urlsafe_b64encode(random).rstrip(b"=").decode())


def make_token(random: bytes) -> Secret:
    """Write 32 random bytes as an API token.

    Shape: `hearth_`, 43 characters of base 62, 6 characters of base 62 that hold the CRC-32 of
    the 43, so that a mistyped token is told from a revoked one without asking the database.
    """
    body = _base62(int.from_bytes(random, "big"), _BODY_LENGTH)
    return Secret(TOKEN_PREFIX + body + _checksum(body))


def is_token(text: str) -> bool:
    """Tell whether a text can be an API token at all."""
    match = _TOKEN.fullmatch(text)
    return match is not None and _checksum(match[1]) == match[2]


def is_secret(text: str) -> bool:
    """Tell whether a text can be a link's or session's secret at all."""
    return _SECRET.fullmatch(text) is not None


def digest(text: str) -> bytes:
    """Give the 32 bytes under which a secret is kept."""
    return hashlib.sha256(text.encode()).digest()


def csrf_token(session: str) -> str:
    """Derive the proof that a form was made for this session; it tells nothing of the session."""
    return hashlib.sha256(b"hearth csrf " + session.encode()).hexdigest()


def check_email(text: str) -> str:
    """Give an e-mail address in the form it is kept.

    Raises:
        IdentityInputError: it has no `@`, holds blanks or control characters, or is too long.
    """
    email = text.strip().lower()
    if not _EMAIL.fullmatch(email):
        msg = f"email: expected an address like `you@example.com`, found `{_shown(text)}`"
        raise IdentityInputError(msg)
    return email


def check_name(text: str) -> str:
    """Give a token's name in the form it is kept.

    Raises:
        IdentityInputError: it is empty, too long or holds control characters.
    """
    name = " ".join(text.split())
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        msg = f"name: expected 1 to {NAME_LIMIT} printable characters, found `{_shown(text)}`"
        raise IdentityInputError(msg)
    return name


def check_scopes(wanted: Iterable[str], held: frozenset[str]) -> tuple[str, ...]:
    """Give the scopes of a new token, sorted, each once.

    Raises:
        IdentityInputError: none is wanted, or one does not exist.
        ScopeExceededError: the caller does not hold one of them.
    """
    scopes = tuple(sorted(set(wanted)))
    if not scopes:
        msg = "scopes: expected at least one, found none"
        raise IdentityInputError(msg)
    for scope in scopes:
        if scope not in SCOPES:
            close = nearest(scope, SCOPES)
            meant = f", the nearest known one is `{close}`" if close else ""
            msg = f"scopes: unknown scope `{_shown(scope)}`{meant}"
            raise IdentityInputError(msg)
        if scope not in held:
            msg = f"scopes: `{scope}` is not yours to hand on"
            raise ScopeExceededError(msg)
    return scopes


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


def _shown(text: str) -> str:
    return text.encode("unicode_escape").decode()[:100]
