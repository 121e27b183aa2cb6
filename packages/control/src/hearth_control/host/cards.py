"""Graphics cards of this machine, and whether containers can use them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hearth_control.host.model import Gpu
from hearth_control.host.parse import parse_nvidia

NVIDIA_DRIVER: Final = Path("/proc/driver/nvidia/version")
AMD_DEVICE: Final = Path("/dev/kfd")
CARDS: Final = Path("/sys/class/drm")
AMD_VENDOR: Final = "0x1002"
TOOL_SECONDS: Final = 5.0
QUERY: Final = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")


def find_cards() -> tuple[Gpu, ...]:
    """Look for cards; a machine without a driver is left after two looks at the file system."""
    nvidia = _nvidia() if NVIDIA_DRIVER.exists() else ()
    amd = tuple(_amd(CARDS)) if AMD_DEVICE.exists() else ()
    return (*nvidia, *amd)


def _nvidia() -> tuple[Gpu, ...]:
    try:
        done = subprocess.run(
            QUERY, capture_output=True, text=True, timeout=TOOL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        why = "the driver is loaded and `nvidia-smi` does not answer"
        return (Gpu(vendor="nvidia", name="NVIDIA card", vram=0, usable=False, why_not=why),)
    toolkit = shutil.which("nvidia-ctk") or shutil.which("nvidia-container-runtime")
    why = "" if toolkit else "the NVIDIA Container Toolkit is not installed"
    return tuple(
        Gpu(vendor="nvidia", name=name, vram=vram, usable=not why, why_not=why)
        for name, vram in parse_nvidia(done.stdout)
    )


def _amd(cards: Path) -> Iterator[Gpu]:
    for size in sorted(cards.glob("card*/device/mem_info_vram_total")):
        folder = size.parent
        if _read(folder / "vendor") != AMD_VENDOR:
            continue
        vram = _read(size)
        yield Gpu(
            vendor="amd",
            name=_read(folder / "product_name") or "AMD card",
            vram=int(vram) if vram.isdecimal() else 0,
            usable=True,
        )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
