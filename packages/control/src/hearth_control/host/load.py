"""Look at the machine once, fast: a few files of `/proc`, no program unless there is a card."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from hearth_control.host.cards import find_cards
from hearth_control.host.model import Host
from hearth_control.host.parse import parse_limit, parse_memory, parse_routes, parse_routes6


def load_host(home: Path, *, ports: bool = False, proc: Path = Path("/proc")) -> Host:
    """Give the machine's facts. `ports` also looks for who listens where, which costs more.

    A home that does not exist yet is measured where it will be made.
    """
    memory, available = _memory(proc)
    return Host(
        system=platform.system().lower(),
        architecture=platform.machine().lower(),
        cpus=_cpus(),
        memory=memory,
        memory_available=available,
        disk_free=shutil.disk_usage(_existing(home)).free,
        gpus=find_cards(),
        listening=_listening() if ports else {},
        routes=(
            *parse_routes(_read(proc / "net/route")),
            *parse_routes6(_read(proc / "net/ipv6_route")),
        ),
    )


def _cpus() -> int:
    """Count the processors that this process may use, not those of the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory(proc: Path) -> tuple[int, int]:
    """Give all and available memory; a control group's ceiling counts where it is lower."""
    known = parse_memory(_read(proc / "meminfo"))
    if "MemTotal" not in known:
        return _memory_elsewhere()
    limit = parse_limit(_read(Path("/sys/fs/cgroup/memory.max")))
    total = min(known["MemTotal"], limit or known["MemTotal"])
    return total, min(total, known.get("MemAvailable", total))


def _memory_elsewhere() -> tuple[int, int]:
    import psutil

    facts = psutil.virtual_memory()
    return facts.total, facts.available


def _listening() -> dict[int, str]:
    from hearth_control.host.ports import listening_ports

    return dict(listening_ports())


def _existing(path: Path) -> Path:
    return next((each for each in (path, *path.absolute().parents) if each.exists()), Path("/"))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
