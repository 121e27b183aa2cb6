"""Who reaches the gateway, whose word on a client it believes, who signs for its names. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Literal

from hearth_control.settings.model import AllowFrom, Mode, Settings

CLOUDFLARE = (
    "103.21.244.0/22",
    "103.22.200.0/22",
    "103.31.4.0/22",
    "104.16.0.0/13",
    "104.24.0.0/14",
    "108.162.192.0/18",
    "131.0.72.0/22",
    "141.101.64.0/18",
    "162.158.0.0/15",
    "172.64.0.0/13",
    "173.245.48.0/20",
    "188.114.96.0/20",
    "190.93.240.0/20",
    "197.234.240.0/22",
    "198.41.128.0/17",
    "2400:cb00::/32",
    "2405:8100::/32",
    "2405:b500::/32",
    "2606:4700::/32",
    "2803:f800::/32",
    "2a06:98c0::/29",
    "2c0f:f248::/32",
)
"""Where Cloudflare's proxies connect from.

Source: https://www.cloudflare.com/ips/, whose list last changed on 2023-09-28.
"""
LAN = (
    "10.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
"""Addresses that no router passes on to the internet.

Source: RFC 1918, RFC 3927, RFC 4193, RFC 4291, RFC 1122.
"""
_NOT_PUBLIC = frozenset({"home", "internal", "intranet", "lan", "local", "localhost", "test"})
_LOOPBACK_NAMES = frozenset({"localhost"})


def is_exposed(settings: Settings) -> bool:
    """Tell whether others than this machine's own people can reach what it publishes."""
    return settings.mode is not Mode.PRIVATE or not is_loopback(settings.bind)


def is_loopback(bind: str) -> bool:
    """Tell whether an address to listen on is this machine's alone."""
    try:
        return ip_address(bind).is_loopback
    except ValueError:
        return bind in _LOOPBACK_NAMES


def authority_of(domain: str) -> Literal["public", "own"]:
    """Say who can sign a certificate for the names below a domain.

    Public authorities sign for no reserved or made-up top level and for no name without one.
    Source: RFC 6761, RFC 8375 (`home.arpa`), CA/Browser Forum Baseline Requirements 4.2.2.
    """
    labels = domain.lower().rstrip(".").split(".")
    own = len(labels) == 1 or labels[-1] in _NOT_PUBLIC or labels[-2:] == ["home", "arpa"]
    return "own" if own else "public"


def allowed_networks(settings: Settings) -> tuple[str, ...]:
    """List the networks that may connect to the gateway; empty: all."""
    if settings.mode is not Mode.PUBLIC:
        return ()
    return {
        AllowFrom.ANYWHERE: (),
        AllowFrom.CLOUDFLARE: CLOUDFLARE,
        AllowFrom.LAN: LAN,
    }[settings.allow_from]


def believed_networks(settings: Settings) -> tuple[str, ...]:
    """List the networks whose word about who connected the gateway believes.

    Behind a tunnel, where no port is open, they are those of containers: which of them the tunnel
    gets is known once networks are planned.
    """
    if settings.mode is Mode.TUNNEL:
        return LAN
    is_behind = settings.mode is Mode.PUBLIC and settings.allow_from is AllowFrom.CLOUDFLARE
    return CLOUDFLARE if is_behind else ()
