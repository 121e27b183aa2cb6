"""Look at the machine once, fast: a few files of `/proc`, no program unless there is a card."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
from pathlib import Path

from hearth_control.host.cards import AskEngine, find_cards
from hearth_control.host.model import Host
from hearth_control.host.parse import (
    parse_interfaces,
    parse_limit,
    parse_memory,
    parse_routes,
    parse_routes6,
)

DATA_ROOT = "/var/lib/docker"
"""Where Docker keeps images and volumes unless its configuration says otherwise."""


def load_host(
    home: Path,
    *,
    ports: bool = False,
    root: Path = Path("/"),
    ask_engine: AskEngine | None = None,
) -> Host:
    """Give the machine's facts. `ports` also looks for who listens where, which costs more.

    A home that does not exist yet is measured where it will be made. `ask_engine` is called only
    where there is a card that the engine decides about.
    """
    proc = root / "proc"
    memory, available, swap = _memory(root)
    return Host(
        system=platform.system().lower(),
        architecture=platform.machine().lower(),
        cpus=_cpus(),
        memory=memory,
        memory_available=available,
        swap=swap,
        disk_free=shutil.disk_usage(_existing(home)).free,
        engine_disk_free=_engine_disk(root),
        gpus=find_cards(
            root,
            cache=home / "cache" / "nvidia-smi.json" if home.is_dir() else None,
            ask_engine=ask_engine,
        ),
        listening=_listening() if ports else {},
        interfaces=parse_interfaces(_read(proc / "net/dev"), _read(proc / "net/route")),
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


def _memory(root: Path) -> tuple[int, int, int]:
    """Give all and available memory, and swap; a control group's ceilings count where lower."""
    known = parse_memory(_read(root / "proc/meminfo"))
    if "MemTotal" not in known:
        return _memory_elsewhere()
    group = root / "sys/fs/cgroup"
    limit = parse_limit(_read(group / "memory.max"))
    swap_limit = parse_limit(_read(group / "memory.swap.max"))
    total = min(known["MemTotal"], limit or known["MemTotal"])
    swap = known.get("SwapTotal", 0)
    swap = swap if swap_limit is None else min(swap, swap_limit)
    return total, min(total, known.get("MemAvailable", total)), swap


def _memory_elsewhere() -> tuple[int, int, int]:
    import psutil

    facts = psutil.virtual_memory()
    return facts.total, facts.available, psutil.swap_memory().total


def _engine_disk(root: Path) -> int | None:
    """Measure the file system that Docker keeps its data on, where that is on this machine."""
    import json

    config: object = None
    with contextlib.suppress(ValueError):
        config = json.loads(_read(root / "etc/docker/daemon.json") or "{}")
    said = config.get("data-root") if isinstance(config, dict) else None
    folder = root / str(said or DATA_ROOT).lstrip("/")
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


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
