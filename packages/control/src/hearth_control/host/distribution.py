"""Which Linux this is, as far as package repositories care. Pure.

Source: https://www.freedesktop.org/software/systemd/man/latest/os-release.html (read 2026-11)
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Family = Literal["debian", "ubuntu", "fedora", "other"]

# A derivative says whose packages it takes by the codename of its parent.
DEBIAN: Final = frozenset({"bullseye", "bookworm", "trixie", "forky"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A Linux: `family` is whose repositories fit it, `release` their codename or number."""

    name: str
    family: Family
    release: str = ""

    @property
    def is_known(self) -> bool:
        """Whether its packages can be installed here."""
        return self.family != "other"


def parse_os_release(text: str) -> Mapping[str, str]:
    r"""Read `/etc/os-release`; what is no assignment is passed over.

    Example:
        >>> parse_os_release('ID=debian\nPRETTY_NAME="Debian 12"\n')["PRETTY_NAME"]
        'Debian 12'
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, sign, value = line.strip().partition("=")
        if not sign or key.startswith("#"):
            continue
        try:
            words = shlex.split(value)
        except ValueError:
            continue
        found[key] = words[0] if words else ""
    return found


def distribution_of(facts: Mapping[str, str], *, is_image: bool = False) -> Distribution:
    """Tell a distribution by what it says of itself.

    `is_image`: the system is an image that packages are not installed into (Silverblue, CoreOS).
    """
    name = facts.get("PRETTY_NAME") or facts.get("NAME") or facts.get("ID") or "this system"
    other = Distribution(name=name, family="other")
    own = facts.get("ID", "")
    like = {own, *facts.get("ID_LIKE", "").split()}
    if is_image:
        return other
    codename = facts.get("UBUNTU_CODENAME") or (
        facts.get("VERSION_CODENAME", "") if own == "ubuntu" else ""
    )
    if codename and "ubuntu" in like:
        return Distribution(name=name, family="ubuntu", release=codename)
    codename = facts.get("DEBIAN_CODENAME") or facts.get("VERSION_CODENAME", "")
    if "debian" in like and codename in DEBIAN:
        return Distribution(name=name, family="debian", release=codename)
    # Enterprise Linux names Fedora as its like, and takes other repositories.
    number = facts.get("VERSION_ID", "")
    if "fedora" in like and not like & {"rhel", "centos"} and number.isdecimal():
        return Distribution(name=name, family="fedora", release=number)
    return other
