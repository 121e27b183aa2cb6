"""A short text that tells two values of a secret apart and says nothing of either. Pure.

Later storeys keep, for each volume, the fingerprint of the secret that initialised it; that is
why fingerprints are stable for the life of an installation: its salt is made once.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from hearth_kit.secret import Secret


def fingerprint(key: str, secret: Secret, *, salt: bytes) -> str:
    """Give 16 hex digits; the same value under another key or salt gives another text."""
    message = f"{key}\0{secret.reveal()}".encode()
    return hmac.digest(salt, message, sha256).hex()[:16]
