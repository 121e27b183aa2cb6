"""Looking for graphics cards: the bus first, and a program only where there is one of NVIDIA's."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from hearth_kit.files import write_atomic

from hearth_control.host.model import Gpu
from hearth_control.host.parse import parse_cdi_kinds, parse_nvidia, parse_pci_name
from hearth_control.host.verdict import VENDORS, CardFacts, EngineAccess, PciCard, Smi, judge

TOOL_SECONDS: Final = 5.0
QUERY: Final = ("--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits")
TOOLKIT: Final = ("nvidia-ctk", "nvidia-container-runtime")
PCI: Final = "sys/bus/pci/devices"
PCI_NAMES: Final = ("usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids")
CDI: Final = ("etc/cdi", "var/run/cdi")
NVIDIA_DRIVER: Final = "proc/driver/nvidia/version"
WSL_DEVICE: Final = "dev/dxg"
WSL_TOOL: Final = "usr/lib/wsl/lib/nvidia-smi"
KFD: Final = "dev/kfd"

AskEngine = Callable[[], EngineAccess | None]
"""Asks the engine what it knows of cards; None where it does not answer."""


def find_cards(
    root: Path = Path("/"), *, cache: Path | None = None, ask_engine: AskEngine | None = None
) -> tuple[Gpu, ...]:
    """Look for cards; a machine without one is left after a look along the bus.

    `cache` is a file in which what `nvidia-smi` said is kept until the next boot or driver: the
    program takes up to two seconds where the driver does not stay loaded.
    """
    return judge(look_at_cards(root, cache=cache, ask_engine=ask_engine))


def look_at_cards(
    root: Path = Path("/"), *, cache: Path | None = None, ask_engine: AskEngine | None = None
) -> CardFacts:
    """Collect the facts that tell whether containers can use a card."""
    pci = tuple(_pci(root))
    makers = {VENDORS[card.vendor] for card in pci}
    is_wsl = (root / WSL_DEVICE).exists()
    has_nvidia = is_wsl or (root / NVIDIA_DRIVER).exists()
    has_amd = "amd" in makers
    permitted, groups = _device_files(root) if has_amd else (False, ())
    smi = _smi(root, cache, is_wsl=is_wsl) if has_nvidia else None
    asks = (smi is not None and bool(smi.cards)) or (has_amd and not permitted)
    return CardFacts(
        pci=pci,
        is_wsl=is_wsl,
        smi=smi,
        toolkit=any(shutil.which(name) for name in TOOLKIT) if "nvidia" in makers or smi else False,
        cdi_kinds=_cdi_kinds(root) if smi else frozenset(),
        has_kfd=has_amd and (root / KFD).exists(),
        permitted=permitted,
        groups=groups,
        engine=_engine(root, ask_engine) if asks else EngineAccess(),
    )


def _pci(root: Path) -> Iterator[PciCard]:
    try:
        names = sorted(os.listdir(root / PCI))  # noqa: PTH208  # names only, fast
    except OSError:
        return
    for name in names:
        folder = f"{root}/{PCI}/{name}"
        vendor = _read(f"{folder}/vendor").removeprefix("0x")
        if vendor not in VENDORS:
            continue
        kind = _read(f"{folder}/class").removeprefix("0x")
        # 03: display controllers; 12: accelerators without a display, such as AMD's Instinct.
        if not kind.startswith(("03", "12")) or (kind.startswith("12") and vendor != "1002"):
            continue
        device = _read(f"{folder}/device").removeprefix("0x")
        vram = _read(f"{folder}/mem_info_vram_total")
        yield PciCard(
            vendor=vendor,
            device=device,
            name=_read(f"{folder}/product_name") or _listed_name(root, vendor, device),
            driver=os.path.basename(_target(f"{folder}/driver")),  # noqa: PTH119  # a link's text
            vram=int(vram) if vram.isdecimal() else 0,
            has_render=any(one.startswith("renderD") for one in _names(f"{folder}/drm")),
        )


def _listed_name(root: Path, vendor: str, device: str) -> str:
    for path in PCI_NAMES:
        if name := parse_pci_name(_read(f"{root}/{path}"), vendor, device):
            return name
    return ""


def _device_files(root: Path) -> tuple[bool, tuple[int, ...]]:
    """Say whether AMD's device files may be opened, and which groups own them."""
    nodes = [name for name in _names(f"{root}/dev/dri") if name.startswith(("renderD", "card"))]
    paths = [root / KFD, *(root / "dev/dri" / name for name in nodes)]
    groups: set[int] = set()
    for path in paths:
        with contextlib.suppress(OSError):
            groups.add(path.stat().st_gid)
    computing = [path for path in paths if not path.name.startswith("card")]
    permitted = all(os.access(path, os.R_OK | os.W_OK) for path in computing)
    return permitted, tuple(sorted(groups - {0}))


def _smi(root: Path, cache: Path | None, *, is_wsl: bool) -> Smi:
    key = "\n".join(
        (_read(f"{root}/proc/sys/kernel/random/boot_id"), _read(f"{root}/{NVIDIA_DRIVER}"))
    )
    kept = _kept(cache, key)
    if kept:
        return Smi(stage="answered", cards=parse_nvidia(kept))
    program = shutil.which("nvidia-smi")
    if program is None and is_wsl and (root / WSL_TOOL).exists():
        program = str(root / WSL_TOOL)
    if program is None:
        return Smi(stage="missing")
    try:
        done = subprocess.run(
            (program, *QUERY),
            capture_output=True,
            text=True,
            timeout=TOOL_SECONDS,
            check=False,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        return Smi(stage="hung")
    except OSError as error:
        return Smi(stage="failed", message=error.strerror or str(error))
    cards = parse_nvidia(done.stdout)
    if done.returncode or not cards:
        said = " ".join((done.stdout + done.stderr).split())
        return Smi(stage="failed", message=said[:200])
    _keep(cache, key, done.stdout)
    return Smi(stage="answered", cards=cards)


def _kept(cache: Path | None, key: str) -> str:
    """Find what was said in this boot with this driver; empty where nothing was."""
    if cache is None:
        return ""
    try:
        value = json.loads(cache.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    if not isinstance(value, dict) or value.get("key") != key:
        return ""
    said = value.get("said")
    return said if isinstance(said, str) else ""


def _keep(cache: Path | None, key: str, said: str) -> None:
    if cache is None:
        return
    # What cannot be kept is asked again.
    with contextlib.suppress(OSError):
        cache.parent.mkdir(exist_ok=True)
        write_atomic(cache, json.dumps({"key": key, "said": said}).encode())


def _cdi_kinds(root: Path) -> frozenset[str]:
    found: set[str] = set()
    for folder in CDI:
        for name in _names(f"{root}/{folder}"):
            if name.endswith((".yaml", ".yml", ".json")):
                found |= parse_cdi_kinds(_read(f"{root}/{folder}/{name}"))
    return frozenset(found)


def _engine(root: Path, ask: AskEngine | None) -> EngineAccess:
    """Ask the engine; what does not answer is known by its configuration."""
    said = ask() if ask is not None else None
    if said is not None:
        return said
    try:
        config = json.loads(_read(f"{root}/etc/docker/daemon.json") or "{}")
    except ValueError:
        config = {}
    runtimes = config.get("runtimes") if isinstance(config, dict) else None
    return EngineAccess(runtimes=frozenset(runtimes) if isinstance(runtimes, dict) else frozenset())


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  # names only, fast
    except OSError:
        return []


def _target(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115  # called for each card
    except OSError:
        return ""


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # fast
            return file.read().strip()
    except OSError:
        return ""
