"""What a link, a session and a token look like, and what may be asked for. Pure.

A secret is 256 bits of randomness, so one round of SHA-256 is enough to keep it: nobody can try
all of them, and looking one up stays cheap.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Final

from hearth_kit.secret import Secret
from hearth_kit.settings import nearest
from hearth_kit.tokens import TOKEN_BYTES

from hearth_server.capabilities.identity.errors import IdentityInputError, ScopeExceededError
from hearth_server.principal import SCOPES, UNLINKABLE

SECRET_BYTES: Final = TOKEN_BYTES
NAME_LIMIT: Final = 80
CODE_BYTES: Final = 8
MOST_GROUPS: Final = 50
LONGEST_PAUSE: Final = timedelta(hours=1)

_CODE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is read as a digit or as another."""
_CODE_LENGTH: Final = 10
_CODE: Final = re.compile(rf"[{_CODE_ALPHABET}]{{{_CODE_LENGTH}}}")
_SECRET: Final = re.compile(r"[0-9A-Za-z_-]{43}")
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f<>\"]{1,64}@[^@\s\x00-\x1f<>\"]{1,190}")


def make_secret(random: bytes) -> Secret:
    """Write 32 random bytes as a link's or session's secret, 43 characters safe in a URL."""
    return Secret(base64.urlsafe_b64encode(random).rstrip(b"=").decode())


def make_code(random: bytes) -> Secret:
    """Write 8 random bytes as a code that a person can read out and type.

    Shape: `XXXXX-XXXXX`, 50 bits in Crockford's base 32: enough for minutes behind a rate limit.
    """
    number = int.from_bytes(random, "big")
    letters = ""
    for _ in range(_CODE_LENGTH):
        number, rest = divmod(number, len(_CODE_ALPHABET))
        letters += _CODE_ALPHABET[rest]
    return Secret(f"{letters[:5]}-{letters[5:]}")


def find_code(text: str) -> str | None:
    """Give a code as it was made, however a person typed it; None when it can be none.

    Source: https://www.crockford.com/base32.html (O is 0; I and L are 1; hyphens are ignored).
    """
    if len(text) > 40:
        return None
    plain = "".join(text.upper().split()).replace("-", "")
    plain = plain.replace("O", "0").replace("I", "1").replace("L", "1")
    return f"{plain[:5]}-{plain[5:]}" if _CODE.fullmatch(plain) else None


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


def check_linked_scopes(wanted: Iterable[str], held: frozenset[str]) -> tuple[str, ...]:
    """Give what a service may do in a person's name, sorted, each once.

    Raises:
        IdentityInputError: none is wanted, one does not exist, or it would be a further way in.
        ScopeExceededError: the caller does not hold one of them.
    """
    scopes = check_scopes(wanted, held)
    for scope in scopes:
        if scope in UNLINKABLE:
            msg = f"scopes: `{scope}` is for nobody to use in another's name"
            raise IdentityInputError(msg)
    return scopes


def check_groups(
    wanted: Collection[str] | None, held: frozenset[str] | None, known: Collection[str]
) -> tuple[str, ...] | None:
    """Give the groups of tools that a new token is held to; None is every group.

    Raises:
        IdentityInputError: a group does not exist, or an empty list was sent.
        ScopeExceededError: the caller is itself held to fewer groups.
    """
    if wanted is None:
        return None if held is None else tuple(sorted(held))
    groups = tuple(sorted(set(wanted)))
    if not groups or len(groups) > MOST_GROUPS:
        msg = f"groups: expected 1 to {MOST_GROUPS}, found {len(groups)}"
        raise IdentityInputError(msg)
    for group in groups:
        if group not in known:
            close = nearest(group, known)
            meant = f", the nearest known one is `{close}`" if close else ""
            msg = f"groups: unknown group `{_shown(group)}`{meant}"
            raise IdentityInputError(msg)
        if held is not None and group not in held:
            msg = f"groups: `{group}` is not yours to hand on"
            raise ScopeExceededError(msg)
    return groups


def pause_after(attempts: int) -> timedelta:
    """Give how long to wait after so many attempts that failed: 2, 4, 8 … seconds, then an hour."""
    return min(timedelta(seconds=2 ** min(attempts, 12)), LONGEST_PAUSE)


def _shown(text: str) -> str:
    return text.encode("unicode_escape").decode()[:100]
