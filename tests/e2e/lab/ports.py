"""Blocks of ports that nobody listens on."""

from __future__ import annotations

import random
import socket

_BLOCK = 100


def free_base_port() -> int:
    """Find a base port whose whole block is free, far from other tests."""
    bases = random.sample(range(40000, 60000, _BLOCK), k=200)
    return next(base for base in bases if all(_is_free(base + offset) for offset in range(_BLOCK)))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
