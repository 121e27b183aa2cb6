"""Blocks of ports that nobody listens on, nor is about to."""

from __future__ import annotations

import random
import socket
from typing import Final

_BLOCK: Final = 100
_BASES: Final = range(20_000, 32_700, _BLOCK)
"""Below Linux' ephemeral ports (32768 and up), which any connection going out takes for itself."""


def free_base_port() -> int:
    """Find a base port whose whole block is free, far from other tests."""
    bases = random.sample(_BASES, k=len(_BASES))
    return next(base for base in bases if all(_is_free(base + offset) for offset in range(_BLOCK)))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
