"""Identifiers as values that are handed in.

Source: RFC 9562 section 5.7 (UUID version 7: 48 bits of Unix milliseconds, then randomness), so
that ids sort by the time of their making and indexes stay compact.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from uuid import UUID

NewId = Callable[[], UUID]
"""Makes a new id at each call; tests hand in a counter."""


def uuid7() -> UUID:
    """Make a time-ordered id (RFC 9562, version 7)."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)
