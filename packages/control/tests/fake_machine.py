"""A machine as a folder: the files of `/proc`, `/sys`, `/dev` and `/etc` that Hearth looks at."""

from __future__ import annotations

from pathlib import Path


def write(root: Path, path: str, text: str = "") -> Path:
    """Write a file of the machine."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def add_pci(root: Path, address: str, *, driver: str = "", **files: str) -> Path:
    """Put a device on the bus; `kind` stands for the file `class`."""
    folder = root / "sys/bus/pci/devices" / address
    for name, text in files.items():
        write(root, f"sys/bus/pci/devices/{address}/{'class' if name == 'kind' else name}", text)
    if driver:
        target = root / "sys/bus/pci/drivers" / driver
        target.mkdir(parents=True, exist_ok=True)
        (folder / "driver").symlink_to(target)
    return folder


def add_nvidia(root: Path, *, driver: str = "nvidia") -> None:
    """Put an RTX 4090 with its sound device on the bus."""
    ids = {"vendor": "0x10de\n", "device": "0x2684\n", "kind": "0x030000\n"}
    add_pci(root, "0000:01:00.0", driver=driver, **ids)
    add_pci(root, "0000:01:00.1", vendor="0x10de\n", device="0x22ba\n", kind="0x040300\n")
    if driver == "nvidia":
        write(root, "proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX  570.86.10  x\n")


def add_radeon(root: Path, *, vram: int = 20 * 1024**3) -> None:
    """Put a Radeon with its device files into the machine."""
    folder = add_pci(
        root,
        "0000:03:00.0",
        driver="amdgpu",
        vendor="0x1002\n",
        device="0x744c\n",
        kind="0x030000\n",
        mem_info_vram_total=f"{vram}\n",
        product_name="Radeon RX 7900 XT\n",
    )
    (folder / "drm/renderD128").mkdir(parents=True)
    for name in ("dev/kfd", "dev/dri/card0", "dev/dri/renderD128"):
        write(root, name)


def add_program(folder: Path, name: str, script: str) -> Path:
    """Make a program for a test's `PATH`."""
    file = write(folder, name, f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file
