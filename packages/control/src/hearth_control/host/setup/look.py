"""Looking at the machine before it is set up: files, groups, and the package manager's word."""

from __future__ import annotations

import grp
import os
import platform
import pwd
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from hearth_control.host.distribution import Distribution, distribution_of, parse_os_release
from hearth_control.host.model import Gpu
from hearth_control.host.setup import cards, docker
from hearth_control.host.setup.model import Engine, Machine

ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf"}
"""The machine's word for itself → Debian's."""
PROGRAMS: Final = ("nvidia-ctk", "sudo")
FILES: Final = (
    docker.APT_SOURCE,
    "/etc/apt/sources.list.d/docker.list",
    docker.DNF_SOURCE,
    cards.NVIDIA_APT,
    cards.NVIDIA_DNF,
    cards.NON_FREE,
    cards.FUSION_FILE,
    "/dev/kfd",
)
SECURE_BOOT: Final = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
ASK_SECONDS: Final = 20


def look_at_machine(
    *,
    engine: Engine,
    environment: Mapping[str, str],
    gpus: Sequence[Gpu] = (),
    runtimes: frozenset[str] = frozenset(),
    root: Path = Path("/"),
) -> Machine:
    """Collect what set-up is planned from. `root` is where the machine's files begin."""
    path = environment.get("PATH")
    found = _distribution(root)
    user = _user(environment)
    return Machine(
        distribution=found,
        architecture=ARCHITECTURES.get(platform.machine(), platform.machine()),
        user=user,
        is_root=os.geteuid() == 0,
        has_sudo=shutil.which("sudo", path=path) is not None,
        groups=_groups(user),
        has_systemd=(root / "run/systemd/system").is_dir(),
        in_container=any((root / name).exists() for name in (".dockerenv", "run/.containerenv")),
        is_wsl=(root / "dev/dxg").exists(),
        secure_boot=_is_secure(root),
        engine=engine,
        packages=_packages(found, environment),
        programs=frozenset(name for name in PROGRAMS if shutil.which(name, path=path)),
        files=frozenset(name for name in FILES if (root / name.lstrip("/")).exists()),
        has_non_free=_has_non_free(root),
        gpus=tuple(gpus),
        runtimes=runtimes,
    )


def _distribution(root: Path) -> Distribution:
    if platform.system() != "Linux":
        return Distribution(name=platform.system() or "this system", family="other")
    text = _read(root / "etc/os-release") or _read(root / "usr/lib/os-release")
    return distribution_of(parse_os_release(text), is_image=(root / "run/ostree-booted").exists())


def _user(environment: Mapping[str, str]) -> str:
    """Name who will use Hearth: under sudo the one who typed it."""
    if os.geteuid() == 0 and environment.get("SUDO_USER"):
        return environment["SUDO_USER"]
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _groups(user: str) -> frozenset[str]:
    """Name the groups that the next log-in of a user has."""
    try:
        ids = os.getgrouplist(user, pwd.getpwnam(user).pw_gid)
    except KeyError:
        return frozenset()
    names = {entry.gr_gid: entry.gr_name for entry in grp.getgrall()}
    return frozenset(names[number] for number in ids if number in names)


def _packages(found: Distribution, environment: Mapping[str, str]) -> frozenset[str]:
    """Ask which of the packages that cannot stay are installed."""
    if not found.is_known:
        return frozenset()
    names = sorted(docker.FOREIGN)
    if found.family == "fedora":
        said = _ask(("rpm", "--query", "--queryformat", "%{NAME} installed\n", *names), environment)
    else:
        shown = "--showformat=${Package} ${db:Status-Status}\n"
        said = _ask(("dpkg-query", "--show", shown, *names), environment)
    words = [line.split() for line in said.splitlines()]
    return frozenset(one[0] for one in words if len(one) == 2 and one[1] == "installed")


def _ask(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a program that only tells; it exits with 1 where a package is not known."""
    try:
        done = subprocess.run(
            argv,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=ASK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _has_non_free(root: Path) -> bool:
    folder = root / "etc/apt"
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    lines = [line for file in files for line in _read(file).splitlines()]
    spoken = [line for line in lines if re.match(r"\s*(deb|Components:)\s", line)]
    words = {word for line in spoken for word in line.split()}
    return {"non-free", "non-free-firmware"} <= words


def _is_secure(root: Path) -> bool:
    """Read the firmware's variable: four bytes of attributes, then 1 where Secure Boot is on."""
    try:
        return (root / SECURE_BOOT).read_bytes()[-1:] == b"\x01"
    except OSError:
        return False


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
