"""Values of secrets by kind. Pure: randomness and time are handed in."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Final

from hearth_kit.tokens import TOKEN_BYTES, make_token

from hearth_control.catalog.model import SecretKind, SecretRule
from hearth_control.secrets.errors import SecretNotGivenError, SecretRuleError

Random = Callable[[int], bytes]
"""Gives that many bytes that nobody can guess; `os.urandom` outside of tests."""

PASSWORD_LENGTH: Final = 32
BCRYPT_ROUNDS: Final = 12
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BASE64: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BCRYPT: Final = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_TO_BCRYPT: Final = str.maketrans(_BASE64, _BCRYPT)


def generate(rule: SecretRule, *, random: Random, parents: Mapping[str, str], now: int = 0) -> str:
    """Make a secret's value.

    `parents` maps the names of the same service's secrets to their values, for derived kinds;
    `now` is Unix time in seconds, for tokens that say when they were made. Passwords, prefixed
    values, hex and JWTs need no quoting in a URL.

    Raises:
        SecretNotGivenError: the kind is `given`: only the person has it.
        SecretRuleError: a derived kind names no parent that is there.
    """
    match rule.kind:
        case SecretKind.HEX:
            return _hex(rule, random)
        case SecretKind.BASE64:
            return _base64(rule, random)
        case SecretKind.PASSWORD | SecretKind.PAIR:
            return _letters(rule.length or PASSWORD_LENGTH, random)
        case SecretKind.PREFIXED:
            return rule.prefix + _letters(rule.length or PASSWORD_LENGTH, random)
        case SecretKind.TOKEN:
            return make_token(random(TOKEN_BYTES)).reveal()
        case SecretKind.JWT | SecretKind.BCRYPT:
            return _derived(rule, _parent(rule, parents), random=random, now=now)
        case SecretKind.GIVEN:
            raise SecretNotGivenError


def _hex(rule: SecretRule, random: Random) -> str:
    length = rule.length or 2 * rule.bytes
    return random((length + 1) // 2).hex()[:length]


def _base64(rule: SecretRule, random: Random) -> str:
    """Encode the rule's bytes; with an exact length, as many URL-safe characters instead."""
    if rule.length is None:
        return b64encode(random(rule.bytes)).decode()
    return urlsafe_b64encode(random(rule.length)).decode()[: rule.length]


def _letters(length: int, random: Random) -> str:
    """Draw letters and digits evenly: bytes beyond the last whole alphabet are drawn again."""
    fair = 256 - 256 % len(_LETTERS)
    drawn = ""
    while len(drawn) < length:
        drawn += "".join(_LETTERS[byte % len(_LETTERS)] for byte in random(length) if byte < fair)
    return drawn[:length]


def _parent(rule: SecretRule, parents: Mapping[str, str]) -> str:
    value = parents.get(rule.parent or "")
    if value is None:
        msg = f"kind `{rule.kind.value}`: its parent `{rule.parent}` is no secret of the service"
        raise SecretRuleError(msg, hint="hearth show")
    return value


def _derived(rule: SecretRule, parent: str, *, random: Random, now: int) -> str:
    if rule.kind is SecretKind.BCRYPT:
        return _bcrypt(parent, random)
    return _token(parent, rule.claims, now)


def _token(key: str, claims: Mapping[str, str], now: int) -> str:
    """Sign claims by HS256; `now` and `+SECONDS` become times, whole numbers stay numbers."""
    import jwt

    payload = {name: _claim(value, now) for name, value in claims.items()}
    return jwt.encode(payload, key, algorithm="HS256")


def _claim(value: str, now: int) -> str | int:
    if value == "now":
        return now
    if value.startswith("+") and value[1:].isdigit():
        return now + int(value[1:])
    return int(value) if value.isdigit() else value


def _bcrypt(password: str, random: Random) -> str:
    """Hash a password; the salt is written in bcrypt's own base64 alphabet."""
    import bcrypt

    salt = b64encode(random(16)).decode().rstrip("=").translate(_TO_BCRYPT)
    # bcrypt reads 72 bytes; our passwords are shorter, a given one may not be.
    return bcrypt.hashpw(password.encode()[:72], f"$2b${BCRYPT_ROUNDS:02}${salt}".encode()).decode()
