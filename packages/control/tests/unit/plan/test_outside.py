"""Who reaches the gateway, and who signs for its names."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from builders import settings
from hearth_control.plan.outside import (
    CLOUDFLARE,
    LAN,
    allowed_networks,
    authority_of,
    believed_networks,
    is_exposed,
)
from hearth_control.settings.model import AllowFrom, Mode

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("domain", "authority"),
    [
        ("example.org", "public"),
        ("ai.example.co.uk", "public"),
        ("localhost", "own"),
        ("hearth.localhost", "own"),
        ("nas", "own"),
        ("home.lan", "own"),
        ("Nas.Local", "own"),
        ("house.home.arpa", "own"),
        ("arpa.example.org.", "public"),
        ("lan.example.org", "public"),
    ],
)
def test_who_signs(domain: str, authority: str) -> None:
    assert authority_of(domain) == authority


@pytest.mark.parametrize(
    ("mode", "bind", "exposed"),
    [
        (Mode.PRIVATE, "127.0.0.1", False),
        (Mode.PRIVATE, "127.8.0.1", False),
        (Mode.PRIVATE, "::1", False),
        (Mode.PRIVATE, "localhost", False),
        (Mode.PRIVATE, "0.0.0.0", True),
        (Mode.PRIVATE, "192.168.1.9", True),
        (Mode.PUBLIC, "127.0.0.1", True),
        (Mode.TUNNEL, "127.0.0.1", True),
    ],
)
def test_who_reaches(mode: Mode, bind: str, exposed: bool) -> None:
    assert is_exposed(settings(mode=mode, bind=bind)) is exposed


@pytest.mark.parametrize(
    ("mode", "allow_from", "allowed", "believed"),
    [
        (Mode.PRIVATE, AllowFrom.CLOUDFLARE, (), ()),
        (Mode.PUBLIC, AllowFrom.ANYWHERE, (), ()),
        (Mode.PUBLIC, AllowFrom.CLOUDFLARE, CLOUDFLARE, CLOUDFLARE),
        (Mode.PUBLIC, AllowFrom.LAN, LAN, ()),
        (Mode.TUNNEL, AllowFrom.CLOUDFLARE, (), LAN),
    ],
)
def test_which_networks(
    mode: Mode, allow_from: AllowFrom, allowed: tuple[str, ...], believed: tuple[str, ...]
) -> None:
    said = settings(mode=mode, allow_from=allow_from)
    assert (allowed_networks(said), believed_networks(said)) == (allowed, believed)


def test_networks_are_networks() -> None:
    assert all(ip_network(each).is_global for each in CLOUDFLARE)
    assert not any(ip_network(each).is_global for each in LAN)
