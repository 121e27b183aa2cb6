"""The steps to cards that containers can use: drivers, NVIDIA's toolkit, AMD's groups. Pure.

Drivers come from the distribution, as both vendors advise; NVIDIA's toolkit from NVIDIA.

Source (read 2026-11): https://wiki.debian.org/NvidiaGraphicsDrivers,
https://documentation.ubuntu.com/server/how-to/graphics/install-nvidia-drivers/,
https://rpmfusion.org/Howto/NVIDIA,
https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html and
https://rocm.docs.amd.com/projects/install-on-linux/en/latest/install/prerequisites.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hearth_control.host.model import Gpu
from hearth_control.host.setup.docker import restart_docker
from hearth_control.host.setup.model import Machine, Setup, Step
from hearth_control.host.setup.packages import install, refresh, repository_key, write_file

NVIDIA_SITE: Final = "https://nvidia.github.io/libnvidia-container"
NVIDIA_KEY: Final = "/usr/share/keyrings/nvidia-container-toolkit-keyring.asc"
NVIDIA_APT: Final = "/etc/apt/sources.list.d/nvidia-container-toolkit.sources"
NVIDIA_DNF: Final = "/etc/yum.repos.d/nvidia-container-toolkit.repo"
NON_FREE: Final = "/etc/apt/sources.list.d/hearth-non-free.sources"
ARCHIVE_KEY: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
FUSION: Final = "https://mirrors.rpmfusion.org"
FUSION_FILE: Final = "/etc/yum.repos.d/rpmfusion-nonfree.repo"
AMD_GROUPS: Final = ("render", "video")
_TOOLKIT: Final = "containers reach NVIDIA's cards through it"


def cards_setup(machine: Machine) -> Setup:
    """Work out what the machine's cards lack."""
    nvidia = [card for card in machine.gpus if card.vendor == "nvidia"]
    amd = [card for card in machine.gpus if card.vendor == "amd"]
    steps: list[Step] = []
    by_hand: list[str] = []
    done = [f"containers can use the {card.name}" for card in (*nvidia, *amd) if card.usable]
    if any(not card.usable for card in nvidia):
        _nvidia(machine, nvidia, steps, by_hand)
    for card in amd:
        if not card.usable:
            _amd_driver(machine, card, steps, by_hand)
    if amd:
        steps.extend(_amd_groups(machine))
    if not nvidia and not amd:
        by_hand.append("no card of NVIDIA or AMD is on this machine's bus: nothing to set up")
    return Setup(steps=tuple(steps), done=tuple(done), by_hand=tuple(by_hand))


def _nvidia(machine: Machine, cards: list[Gpu], steps: list[Step], by_hand: list[str]) -> None:
    broken = next(card for card in cards if not card.usable)
    passed = "vfio-pci" in {card.driver for card in cards}
    if passed:
        by_hand.append(f"{broken.name}: {broken.why_not}; give it back to this machine first")
        return
    # A card with a version has a driver that answered: only the way to it is missing.
    if not any(card.driver[:1].isdecimal() for card in cards):
        if machine.is_wsl:
            by_hand.append(
                "on WSL the driver is Windows': install NVIDIA's there, then `wsl --shutdown`"
            )
        elif broken.fix == "sudo reboot":
            by_hand.append(f"{broken.name}: {broken.why_not}; `sudo reboot` ends that")
        else:
            steps.extend(_nvidia_driver(machine, f"{broken.name}: {broken.why_not}"))
            if machine.secure_boot:
                by_hand.append(
                    "Secure Boot is on: enrol the key that the driver's module is signed with, as"
                    " its package asks at install and at the next boot"
                )
    if not machine.programs & {"nvidia-ctk"}:
        steps.extend(_toolkit(machine))
    if "nvidia" not in machine.runtimes:
        steps.append(
            Step(
                title="tell Docker of NVIDIA's runtime",
                cause=_TOOLKIT,
                command=("nvidia-ctk", "runtime", "configure", "--runtime=docker"),
            )
        )
        steps.extend(
            restart_docker(machine, "it reads runtimes at its start; containers stop for a moment")
        )


def _nvidia_driver(machine: Machine, cause: str) -> Iterator[Step]:
    title = "install NVIDIA's driver"
    distribution = machine.distribution
    if distribution.family == "ubuntu":
        yield refresh(machine)
        yield install(
            machine, ("ubuntu-drivers-common",), title="install what picks the driver", cause=cause
        )
        yield Step(title=title, cause=cause, command=("ubuntu-drivers", "install"), after="reboot")
        return
    if distribution.family == "fedora":
        if FUSION_FILE not in machine.files:
            urls = [
                f"{FUSION}/{kind}/fedora/rpmfusion-{kind}-release-{distribution.release}.noarch.rpm"
                for kind in ("free", "nonfree")
            ]
            yield install(
                machine, urls, title="add RPM Fusion", cause="NVIDIA's driver is packaged there"
            )
        akmod = ("akmod-nvidia", "xorg-x11-drv-nvidia-cuda")
        yield install(machine, akmod, title=title, cause=cause)
        yield Step(
            title="build the driver's module",
            cause="else the next boot would wait for it, or come up without",
            command=("akmods", "--force"),
            after="reboot",
        )
        return
    yield from _non_free(machine, cause)
    packages = (f"linux-headers-{machine.architecture}", "nvidia-driver", "nvidia-smi", "libcuda1")
    driver = install(machine, packages, title=title, cause=cause)
    yield Step(title=driver.title, cause=cause, command=driver.command, after="reboot")


def _non_free(machine: Machine, cause: str) -> Iterator[Step]:
    """Let apt see what Debian may not call free: drivers and firmware."""
    if not machine.has_non_free and NON_FREE not in machine.files:
        yield write_file(
            NON_FREE,
            "Types: deb\n"
            "URIs: http://deb.debian.org/debian\n"
            f"Suites: {machine.distribution.release}\n"
            "Components: contrib non-free non-free-firmware\n"
            f"Signed-By: {ARCHIVE_KEY}\n",
            title="add Debian's non-free packages",
            cause=cause,
        )
    yield refresh(machine)


def _toolkit(machine: Machine) -> Iterator[Step]:
    if machine.distribution.family == "fedora":
        if NVIDIA_DNF not in machine.files:
            yield Step(
                title="add NVIDIA's repository",
                cause=_TOOLKIT,
                command=(
                    *("curl", "--fail", "--silent", "--show-error", "--location"),
                    *("-o", NVIDIA_DNF),
                    f"{NVIDIA_SITE}/stable/rpm/nvidia-container-toolkit.repo",
                ),
            )
    elif NVIDIA_APT not in machine.files:
        yield from repository_key(machine, f"{NVIDIA_SITE}/gpgkey", NVIDIA_KEY, owner="NVIDIA")
        yield write_file(
            NVIDIA_APT,
            "Types: deb\n"
            f"URIs: {NVIDIA_SITE}/stable/deb/{machine.architecture}\n"
            "Suites: /\n"
            f"Signed-By: {NVIDIA_KEY}\n",
            title="add NVIDIA's repository",
            cause=_TOOLKIT,
        )
        yield refresh(machine)
    yield install(
        machine,
        ("nvidia-container-toolkit",),
        title="install the NVIDIA Container Toolkit",
        cause=_TOOLKIT,
    )


def _amd_driver(machine: Machine, card: Gpu, steps: list[Step], by_hand: list[str]) -> None:
    cause = f"{card.name}: {card.why_not}"
    if card.driver == "amdgpu":
        if "/dev/kfd" not in machine.files:
            by_hand.append(
                f"{cause}: this kernel's amdgpu was built without compute; AMD's own driver has it:"
                " https://rocm.docs.amd.com/projects/install-on-linux/en/latest/"
            )
        return
    if card.driver == "vfio-pci":
        by_hand.append(f"{cause}; give it back to this machine first")
        return
    if machine.distribution.family == "debian":
        steps.extend(_non_free(machine, cause))
        firmware = ("firmware-amd-graphics",)
        steps.append(install(machine, firmware, title="install AMD's firmware", cause=cause))
    steps.append(
        Step(title="load AMD's driver", cause=cause, command=("modprobe", "amdgpu"), after="reboot")
    )


def _amd_groups(machine: Machine) -> Iterator[Step]:
    missing = [group for group in AMD_GROUPS if group not in machine.groups]
    if missing and machine.user != "root":
        yield Step(
            title=f"let {machine.user} use AMD's cards",
            cause="their device files belong to these groups",
            command=("usermod", "--append", "--groups", ",".join(missing), machine.user),
            after="login",
        )
