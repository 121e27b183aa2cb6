"""The folders and peers that benchmarks stand on, made once and taken away at the end."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEARTH = ROOT / "hearth"
PEERS = ROOT / ".tools" / "peers"


def free_base_port(span: int = 100) -> int:
    """Find a base port whose whole block is free now.

    Below Linux' ephemeral ports (32768 and up), which any connection going out takes for itself.
    """
    bases = range(20_000, 32_700, span)
    for base in random.sample(bases, k=len(bases)):
        if all(_is_free(base + offset) for offset in range(span)):
            return base
    msg = f"no free block of ports between {bases.start} and {bases.stop}"
    raise SystemExit(msg)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextlib.contextmanager
def home(engine: str, **settings: str) -> Iterator[Path]:
    """Give a fresh home with these settings; stop and remove the installation afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hearth-bench-"))
    folder.chmod(0o755)
    base = free_base_port()
    # Images are small placeholders here, so what the real ones would take is no reason to refuse.
    lines = {"ENGINE": engine, "BASE_PORT": str(base), "FIT": "warn", **settings}
    (folder / ".env").write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
    try:
        yield folder
    finally:
        hearth(folder, "down", "--delete-data", "--yes", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def hearth(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run one verb on a home."""
    return subprocess.run(
        [str(HEARTH), "--home", str(folder), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=check,
        timeout=900,
    )


def has_docker() -> bool:
    """Whether a Docker engine and its Compose plugin answer here."""
    if shutil.which("docker") is None:
        return False
    done = subprocess.run(["docker", "compose", "ls"], capture_output=True, check=False, timeout=30)
    return done.returncode == 0


def tutor() -> Path | None:
    """Give the peer `tutor`, installed into a folder of its own; None where it cannot be had."""
    program = PEERS / "bin" / "tutor"
    if program.exists():
        return program
    uv = shutil.which("uv") or str(ROOT / ".venv" / "bin" / "uv")
    steps = (
        [uv, "venv", "-q", str(PEERS)],
        [uv, "pip", "install", "-q", "--python", str(PEERS / "bin" / "python"), "tutor>=20"],
    )
    for step in steps:
        if subprocess.run(step, check=False).returncode:
            return None
    return program if program.exists() else None


def proportional_memory(pids: list[int]) -> int:
    """Sum the proportional set size of processes, in bytes (Linux, `smaps_rollup`)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def engine_cpu_ms() -> float:
    """Sum the CPU that the Docker engine of this machine and what it ran took so far.

    0 where it is none of this machine's processes.
    """
    ticks = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            head, _, rest = entry.read_text().rpartition(")")
            if head.partition("(")[2] in {"dockerd", "containerd"}:
                # proc(5): utime, stime, cutime, cstime are fields 14 to 17; `rest` begins at 3.
                ticks += sum(int(each) for each in rest.split()[11:15])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def descendants_with(text: str) -> list[int]:
    """List processes whose command line or environment names a text, such as a home."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            blob = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            if text.encode() in blob:
                found.append(int(entry.name))
    return found
