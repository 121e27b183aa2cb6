"""The machine as one frozen value; `load.py` looks, nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One graphics card, and whether containers can use it; VRAM in bytes, 0 where unknown.

    `vendor`: `nvidia`, `amd` or `intel` · `why_not` and `fix`: what stands in the way, and the
    command that takes it away.
    """

    vendor: str
    name: str
    vram: int
    usable: bool
    why_not: str = ""
    fix: str = ""
    driver: str = ""
    access: Literal["runtime", "cdi", "devices", ""] = ""
    """How a container gets it: NVIDIA's runtime, a CDI specification, or plain device files."""
    groups: tuple[int, ...] = ()
    """Ids of the groups that own its device files, for containers that do not run as root."""


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
    engine_disk_free: int | None = None
    """Free space where the engine keeps images and volumes; None: unknown, or not on here."""
    swap: int = 0
    gpus: tuple[Gpu, ...] = ()
    listening: Mapping[int, str] = field(default_factory=dict)
    """TCP port → who listens, as a person would name it (`nginx (pid 812)`)."""
    interfaces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Network interface → the IPv4 networks that it stands in, in CIDR form."""
    routes: tuple[str, ...] = ()
    """Networks that the host routes or owns, in CIDR form, Docker's included."""
