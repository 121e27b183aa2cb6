"""What an API token of Hearth looks like; the server checks it, both programs make it. Pure.

Shape: `hearth_`, 43 characters of base 62, 6 characters of base 62 that hold the CRC-32 of the 43,
so that a mistyped token is told from a revoked one without asking the database.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from hearth_kit.secret import Secret

TOKEN_PREFIX: Final = "hearth_"  # noqa: S105 - a public marker that scanners look for, no secret
TOKEN_BYTES: Final = 32

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY_LENGTH: Final = 43
_CHECKSUM_LENGTH: Final = 6
_TOKEN: Final = re.compile(rf"{TOKEN_PREFIX}([0-9A-Za-z]{{{_BODY_LENGTH}}})([0-9A-Za-z]{{6}})")


def make_token(random: bytes) -> Secret:
    """Write 32 random bytes as an API token."""
    body = _base62(int.from_bytes(random, "big"), _BODY_LENGTH)
    return Secret(TOKEN_PREFIX + body + _checksum(body))


def is_token(text: str) -> bool:
    """Tell whether a text can be an API token at all."""
    match = _TOKEN.fullmatch(text)
    return match is not None and _checksum(match[1]) == match[2]


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
