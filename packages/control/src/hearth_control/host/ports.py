"""Which TCP ports are taken on this machine, and by whom."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hearth_control.host.parse import parse_listening

PROC: Final = Path("/proc")
STRANGER: Final = "another user's program"


def listening_ports(proc: Path = PROC) -> Mapping[int, str]:
    """Name the listener of each taken port: `nginx (pid 812)`.

    Programs of other users are looked through only by root; their name stays unknown.
    """
    if not (proc / "net/tcp").exists():
        return _listening_elsewhere()
    texts = [_read(proc / "net" / name) for name in ("tcp", "tcp6")]
    ports = parse_listening(texts)
    wanted = {inode for inodes in ports.values() for inode in inodes}
    owners = _owners(proc, wanted)
    return {
        port: next((owners[inode] for inode in sorted(inodes) if inode in owners), STRANGER)
        for port, inodes in ports.items()
    }


def _owners(proc: Path, wanted: set[str]) -> dict[str, str]:
    """Find which process holds each socket; the eldest where several share one."""
    owners: dict[str, str] = {}
    links = {f"socket:[{inode}]": inode for inode in wanted}
    for pid in sorted(int(name) for name in os.listdir(proc) if name.isdecimal()):  # noqa: PTH208  # names only, fast
        if len(owners) == len(wanted):
            break
        folder = f"{proc}/{pid}/fd"
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                inode = links.get(_target(entry.path))
                if inode is not None and inode not in owners:
                    owners[inode] = f"{_read(proc / str(pid) / 'comm').strip()} (pid {pid})"
    return owners


def _target(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115  # called for each descriptor of the machine
    except OSError:
        return ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _listening_elsewhere() -> Mapping[int, str]:
    import psutil

    found: dict[int, str] = {}
    # macOS shows other users' sockets to root alone, so each process is asked for its own.
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            for sock in process.net_connections(kind="tcp"):
                if sock.status == psutil.CONN_LISTEN and sock.laddr:
                    found[sock.laddr.port] = f"{process.name()} (pid {process.pid})"
    return dict(sorted(found.items()))
