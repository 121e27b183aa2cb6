"""From what Linux says of itself to values: memory, routes, sockets, cards. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_CDI_KIND: Final = re.compile(
    r"""(?:^|[{,])\s*["']?kind["']?\s*:\s*["']?([\w.-]+/[\w.-]+)""", re.MULTILINE
)
LISTEN: Final = "0A"
"""The state of a listening socket in `/proc/net/tcp` (`TCP_LISTEN`, include/net/tcp_states.h)."""


def parse_memory(text: str) -> Mapping[str, int]:
    r"""Read `/proc/meminfo` into bytes by name.

    Example:
        >>> parse_memory("MemTotal:  2 kB\n")["MemTotal"]
        2048
    """
    found = re.finditer(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)
    return {match[1]: int(match[2]) * 1024 for match in found}


def parse_limit(text: str) -> int | None:
    """Read a memory ceiling of a control group; None is none (`max`)."""
    return int(text) if text.strip().isdecimal() else None


def parse_routes(text: str) -> tuple[str, ...]:
    """Read `/proc/net/route` into networks in CIDR form, the default route left out.

    Addresses are hexadecimal in the byte order of the machine; all that Hearth runs on is little
    endian.
    """
    networks = set()
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) < 8:
            continue
        mask = _hex_address(words[7])
        if mask != "0.0.0.0":  # noqa: S104  # a mask that covers everything, nothing is bound
            networks.add(ipaddress.IPv4Network(f"{_hex_address(words[1])}/{mask}", strict=False))
    return tuple(str(network) for network in sorted(networks))


def parse_routes6(text: str) -> tuple[str, ...]:
    """Read `/proc/net/ipv6_route`; default, host, loopback and multicast routes are left out."""
    networks = set()
    for line in text.splitlines():
        words = line.split()
        if len(words) < 10 or words[9] == "lo":
            continue
        length = int(words[1], 16)
        network = ipaddress.IPv6Network((int(words[0], 16), length), strict=False)
        if 0 < length < 128 and not network.is_multicast:
            networks.add(network)
    return tuple(str(network) for network in sorted(networks))


def parse_interfaces(devices: str, routes: str) -> Mapping[str, tuple[str, ...]]:
    """Read `/proc/net/dev` and `/proc/net/route`: each interface and the networks it stands in.

    A network that is reached over a router is none that the interface stands in.
    """
    found: dict[str, list[str]] = {
        line.partition(":")[0].strip(): [] for line in devices.splitlines() if ":" in line
    }
    for line in routes.splitlines()[1:]:
        words = line.split()
        if len(words) >= 8 and words[0] in found and int(words[2], 16) == 0:
            mask = _hex_address(words[7])
            network = ipaddress.IPv4Network(f"{_hex_address(words[1])}/{mask}", strict=False)
            if network.prefixlen:
                found[words[0]].append(str(network))
    return {name: tuple(networks) for name, networks in found.items()}


def _hex_address(text: str) -> str:
    return str(ipaddress.IPv4Address(bytes.fromhex(text)[::-1]))


def parse_listening(texts: Iterable[str]) -> Mapping[int, frozenset[str]]:
    """Read `/proc/net/tcp` and `tcp6` into port → inodes of the sockets that listen there."""
    found: dict[int, set[str]] = {}
    for text in texts:
        for line in text.splitlines()[1:]:
            words = line.split()
            if len(words) > 9 and words[3] == LISTEN:
                port = int(words[1].rpartition(":")[2], 16)
                found.setdefault(port, set()).add(words[9])
    return {port: frozenset(found[port]) for port in sorted(found)}


@dataclass(frozen=True, slots=True, kw_only=True)
class NvidiaCard:
    """One line of `nvidia-smi`; VRAM in bytes, 0 where the card shares the machine's memory."""

    name: str
    vram: int
    driver: str


def parse_nvidia(text: str) -> tuple[NvidiaCard, ...]:
    """Read `nvidia-smi --query-gpu=name,memory.total,driver_version`, `csv,noheader,nounits`.

    Units: the tool says MiB, or `[N/A]` on boards whose memory is shared; bytes are given.
    """
    cards = []
    for line in text.splitlines():
        words = [word.strip() for word in line.rsplit(",", 2)]
        if len(words) == 3 and words[0]:
            name, size, driver = words
            vram = int(size) * 1024**2 if size.isdecimal() else 0
            cards.append(NvidiaCard(name=name, vram=vram, driver=driver))
    return tuple(cards)


def parse_pci_name(text: str, vendor: str, device: str) -> str:
    r"""Find a device's name in `pci.ids`; empty where it is not listed.

    Source: https://pci-ids.ucw.cz/ (vendors at the margin, devices behind one tab; read 2026-11)

    Example:
        >>> parse_pci_name("10de  NVIDIA\n\t2684  AD102\n", "10de", "2684")
        'AD102'
    """
    start = f"\n{text}".find(f"\n{vendor}  ")
    if start < 0:
        return ""
    for line in text[start:].splitlines()[1:]:
        if line and not line.startswith(("\t", "#")):
            return ""
        if line.startswith(f"\t{device}  "):
            return line[len(device) + 3 :].strip()
    return ""


def parse_cdi_kinds(text: str) -> frozenset[str]:
    r"""Find the kinds of device that a CDI specification, YAML or JSON, describes.

    Source: https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md (2026-11)

    Example:
        >>> sorted(parse_cdi_kinds("cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n"))
        ['nvidia.com/gpu']
    """
    return frozenset(_CDI_KIND.findall(text))
