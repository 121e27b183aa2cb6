"""The machine as one frozen value; `load.py` looks, nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One graphics card, and whether containers can use it; VRAM in bytes."""

    vendor: str
    name: str
    vram: int
    usable: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What the machine has and what is taken. Sizes in bytes."""

    system: str
    architecture: str
    cpus: int
    memory: int
    memory_available: int
    disk_free: int
    """Free space where the home lies."""
    gpus: tuple[Gpu, ...] = ()
    listening: Mapping[int, str] = field(default_factory=dict)
    """TCP port → who listens, as a person would name it (`nginx (pid 812)`)."""
    routes: tuple[str, ...] = ()
    """Networks that the host routes or owns, in CIDR form, Docker's included."""
