"""Whether containers can use the cards of this machine; what stands in the way, and the fix. Pure.

A card that is there and cannot be used is never passed over in silence: it comes with a reason.

Source: https://docs.docker.com/compose/how-tos/gpu-support/,
https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html and
https://rocm.docs.amd.com/projects/install-on-linux/en/latest/how-to/docker.html (read 2026-11)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from hearth_control.host.model import Gpu
from hearth_control.host.parse import NvidiaCard

SETUP: Final = "hearth host setup --gpu"
NVIDIA_KIND: Final = "nvidia.com/gpu"
VENDORS: Final = {"10de": "nvidia", "1002": "amd", "8086": "intel"}
_TITLES: Final = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PciCard:
    """A display or compute device on the bus. Ids are four hexadecimal digits.

    `driver`: the kernel's driver that is bound to it, empty for none · `vram`: bytes, as amdgpu
    says · `has_render`: whether it has a render node (`/dev/dri/renderD128`).
    """

    vendor: str
    device: str
    name: str = ""
    driver: str = ""
    vram: int = 0
    has_render: bool = False

    @property
    def title(self) -> str:
        """Name it as a person would: by its listed name, else by maker and ids."""
        maker = _TITLES[VENDORS[self.vendor]]
        return f"{maker} {self.name}" if self.name else f"{maker} card {self.vendor}:{self.device}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Smi:
    """What `nvidia-smi` said. `stage`: how far it came."""

    stage: Literal["missing", "hung", "failed", "answered"]
    cards: tuple[NvidiaCard, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAccess:
    """What the container engine knows of cards, as it says, else as its files say.

    `cdi`: whether it injects devices by CDI specifications.
    """

    runtimes: frozenset[str] = frozenset()
    cdi: bool = False
    rootless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """Everything that was looked at. `smi` is None where nothing of NVIDIA's is loaded."""

    pci: tuple[PciCard, ...] = ()
    is_wsl: bool = False
    smi: Smi | None = None
    toolkit: bool = False
    cdi_kinds: frozenset[str] = frozenset()
    has_kfd: bool = False
    permitted: bool = False
    """Whether this person may open `/dev/kfd` and the render nodes."""
    groups: tuple[int, ...] = ()
    engine: EngineAccess = EngineAccess()


def judge(facts: CardFacts) -> tuple[Gpu, ...]:
    """Give each card with whether containers can use it: NVIDIA's first, then AMD's, Intel's."""
    of = {kind: [card for card in facts.pci if VENDORS[card.vendor] == kind] for kind in _TITLES}
    return (
        *_nvidia(of["nvidia"], facts),
        *(_amd(card, facts) for card in of["amd"]),
        *(_intel(card) for card in of["intel"]),
    )


def _nvidia(found: list[PciCard], facts: CardFacts) -> Iterator[Gpu]:
    smi = facts.smi
    if smi is None:
        yield from (_unusable(card, *_without_driver(card)) for card in found)
        return
    if smi.stage != "answered" or not smi.cards:
        why, fix = _smi_fault(smi, is_wsl=facts.is_wsl)
        cards = found or [PciCard(vendor="10de", device="", name="card")]
        # On WSL no card is on the bus and the driver's files prove none either.
        if found or not facts.is_wsl:
            yield from (_unusable(card, why, fix) for card in cards)
        return
    access, why = _nvidia_access(facts)
    for seen in smi.cards:
        yield Gpu(
            vendor="nvidia",
            name=seen.name,
            vram=seen.vram,
            usable=not why,
            why_not=why,
            fix=SETUP if why else "",
            driver=seen.driver,
            access=access,
        )
    for card in found[len(smi.cards) :]:
        yield _unusable(card, "`nvidia-smi` does not list it", "sudo dmesg | grep -i nvrm")


def _without_driver(card: PciCard) -> tuple[str, str]:
    if card.driver == "vfio-pci":
        return "it is handed to a virtual machine (driver vfio-pci)", "lspci -nnk -d 10de:"
    if card.driver == "nouveau":
        return "it runs on the driver nouveau, which cannot compute", SETUP
    return "NVIDIA's driver is not loaded", SETUP


def _smi_fault(smi: Smi, *, is_wsl: bool) -> tuple[str, str]:
    if smi.stage == "missing":
        return "the driver is loaded and `nvidia-smi` is not installed", SETUP
    if smi.stage == "hung":
        return "the driver is loaded and `nvidia-smi` hangs", "sudo dmesg | grep -i nvrm"
    said = smi.message or "nothing"
    # The user-space half was updated and the module in memory is the old one.
    if "mismatch" in said.lower():
        return f"`nvidia-smi` says: {said}", "wsl.exe --shutdown" if is_wsl else "sudo reboot"
    return f"`nvidia-smi` says: {said}", SETUP


def _nvidia_access(facts: CardFacts) -> tuple[Literal["runtime", "cdi", ""], str]:
    if "nvidia" in facts.engine.runtimes:
        return "runtime", ""
    if facts.engine.cdi and NVIDIA_KIND in facts.cdi_kinds:
        return "cdi", ""
    if facts.toolkit:
        return "", "Docker does not know NVIDIA's runtime"
    return "", "the NVIDIA Container Toolkit is not installed"


def _amd(card: PciCard, facts: CardFacts) -> Gpu:
    why = _amd_fault(card, facts)
    return Gpu(
        vendor="amd",
        name=card.title,
        vram=card.vram,
        usable=not why,
        why_not=why,
        fix=SETUP if why else "",
        driver=card.driver,
        access="" if why else "devices",
        groups=facts.groups,
    )


def _amd_fault(card: PciCard, facts: CardFacts) -> str:
    if card.driver != "amdgpu":
        return f"it runs on the driver {card.driver or 'none'}, not amdgpu"
    if not facts.has_kfd:
        return "`/dev/kfd` is not there, so it cannot compute"
    if not card.has_render:
        return "it has no render node in `/dev/dri`"
    # An engine that runs as root opens the files itself; one that runs as you cannot do more.
    if facts.engine.rootless and not facts.permitted:
        return "Docker runs as you, and you may not open `/dev/kfd`"
    return ""


def _intel(card: PciCard) -> Gpu:
    return _unusable(card, "no service here computes on Intel's cards", "")


def _unusable(card: PciCard, why: str, fix: str) -> Gpu:
    return Gpu(
        vendor=VENDORS[card.vendor],
        name=card.title,
        vram=card.vram,
        usable=False,
        why_not=why,
        fix=fix,
        driver=card.driver,
    )
