"""From what Linux says of itself to values: memory, routes, sockets, cards. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Final

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


def parse_nvidia(text: str) -> tuple[tuple[str, int], ...]:
    """Read `nvidia-smi --query-gpu=name,memory.total --format=csv,noheader,nounits`.

    Units: the tool says MiB; bytes are given.
    """
    cards = []
    for line in text.splitlines():
        name, _, size = line.rpartition(",")
        if name and size.strip().isdecimal():
            cards.append((name.strip(), int(size) * 1024**2))
    return tuple(cards)
