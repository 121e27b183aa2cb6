"""What Linux says of itself, read from samples."""

from __future__ import annotations

import pytest
from hearth_control.host.parse import (
    NvidiaCard,
    parse_cdi_kinds,
    parse_interfaces,
    parse_limit,
    parse_listening,
    parse_memory,
    parse_nvidia,
    parse_pci_name,
    parse_routes,
    parse_routes6,
)

pytestmark = pytest.mark.unit

ROUTES = """Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0
docker0 000011AC 00000000 0001 0 0 0 0000FFFF 0 0 0
eth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0
br-1 0050A8C0 00000000 0001 0 0 0 00F0FFFF 0 0 0
"""
ROUTES6 = """\
fd000000000000000000000000000000 40 00 00 00 00000100 00000001 00000000 00000001 eth0
fe800000000000000000000000000000 40 00 00 00 00000100 00000001 00000000 00000001 docker0
00000000000000000000000000000000 00 00 00 00 00000100 00000001 00000000 00000001 eth0
fd000000000000000000000000000002 80 00 00 00 00000100 00000001 00000000 00000001 eth0
ff000000000000000000000000000000 08 00 00 00 00000100 00000001 00000000 00000001 eth0
00000000000000000000000000000001 80 00 00 00 00000100 00000001 00000000 00000001 lo
"""
SOCKETS = """  sl  local_address rem_address st tx rx tr tm->when retrnsmt uid timeout inode
   0: 0100007F:F622 00000000:0000 0A 0:0 00:0 0 0 0 500 1 0
   1: 0100007F:F622 0100007F:9999 01 0:0 00:0 0 0 0 501 1 0
   2: 00000000:0050 00000000:0000 0A 0:0 00:0 0 0 0 502 1 0
"""
SOCKETS6 = """  sl  local_address rem_address st tx rx tr tm->when retrnsmt uid timeout inode
   0: 00000000000000000000000000000000:0050 0:0 0A 0:0 00:0 0 0 0 503 1 0
"""


def test_memory_is_in_bytes() -> None:
    assert parse_memory("MemTotal:       16 kB\nMemAvailable: 8 kB\nHugePages_Total: 0\n") == {
        "MemTotal": 16384,
        "MemAvailable": 8192,
    }


@pytest.mark.parametrize(
    ("text", "limit"), [("max\n", None), ("1048576\n", 1048576), ("", None)], ids=str
)
def test_limit_may_be_none(text: str, limit: int | None) -> None:
    assert parse_limit(text) == limit


def test_routes_leave_default_out() -> None:
    assert parse_routes(ROUTES) == ("172.17.0.0/16", "192.0.2.0/24", "192.168.80.0/20")


def test_routes6_leave_hosts_out() -> None:
    assert parse_routes6(ROUTES6) == ("fd00::/64", "fe80::/64")


def test_empty_tables_have_no_routes() -> None:
    assert parse_routes("") == ()
    assert parse_routes6("") == ()


def test_listening_finds_both_families() -> None:
    assert parse_listening([SOCKETS, SOCKETS6]) == {
        80: frozenset({"502", "503"}),
        63010: frozenset({"500"}),
    }


def test_nvidia_is_in_bytes() -> None:
    text = "NVIDIA GeForce RTX 4090, 24564, 570.86\nNVIDIA A100, PCIe, 81920, 570.86\nbroken\n"
    assert parse_nvidia(text) == (
        NvidiaCard(name="NVIDIA GeForce RTX 4090", vram=24564 * 1024**2, driver="570.86"),
        NvidiaCard(name="NVIDIA A100, PCIe", vram=81920 * 1024**2, driver="570.86"),
    )


def test_shared_memory_is_no_vram() -> None:
    assert [card.vram for card in parse_nvidia("NVIDIA GB10, [N/A], 580.95.05\n")] == [0]


PCI_IDS = """\
# List of PCI IDs
10de  NVIDIA Corporation
\t2684  AD102 [GeForce RTX 4090]
\t\t10de 16f4  Founders Edition
1002  Advanced Micro Devices, Inc. [AMD/ATI]
\t744c  Navi 31 [Radeon RX 7900 XT/7900 XTX]
C 03  Display controller
"""


@pytest.mark.parametrize(
    ("vendor", "device", "name"),
    [
        ("10de", "2684", "AD102 [GeForce RTX 4090]"),
        ("1002", "744c", "Navi 31 [Radeon RX 7900 XT/7900 XTX]"),
        ("1002", "2684", ""),
        ("10de", "744c", ""),
        ("8086", "744c", ""),
    ],
)
def test_pci_names_stay_with_their_vendor(vendor: str, device: str, name: str) -> None:
    assert parse_pci_name(PCI_IDS, vendor, device) == name


@pytest.mark.parametrize(
    "text",
    [
        "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\ndevices: []\n",
        '{"cdiVersion":"0.5.0","kind":"nvidia.com/gpu"}',
        '{\n  "kind" : "nvidia.com/gpu",\n}',
    ],
    ids=["yaml", "json", "spread json"],
)
def test_cdi_kind_is_found(text: str) -> None:
    assert parse_cdi_kinds(text) == {"nvidia.com/gpu"}


def test_cdi_without_kind_is_nothing() -> None:
    assert parse_cdi_kinds("mankind: a.b/c\nkind: nothing\n") == frozenset()


def test_interfaces_and_their_networks() -> None:
    """What is behind a router is no network that the interface stands in."""
    devices = "Inter-|   Receive\n face |bytes\n  eth0: 1 0\n dummy0: 0 0\n"
    routes = (
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
        "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\n"
        "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n"
        "eth0\t0000000A\t0101A8C0\t0003\t0\t0\t0\t000000FF\n"
    )
    assert parse_interfaces(devices, routes) == {"eth0": ("192.168.1.0/24",), "dummy0": ()}
    assert parse_interfaces("", "") == {}
