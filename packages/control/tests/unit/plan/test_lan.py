"""An address of its own in the person's network: what is rendered, and what is refused."""

from __future__ import annotations

import pytest
from builders import catalog, host, plan, service, settings
from hearth_control.plan.model import ContainerUnit, NetworkKind, Plan
from hearth_control.plan.reach import outward
from hearth_control.render.compose import compose_document
from hearth_control.settings.model import Networks

pytestmark = pytest.mark.unit

WHOLE = {
    "PARENT": "eth0",
    "SUBNET": "192.168.1.0/24",
    "GATEWAY": "192.168.1.1",
    "IP": "192.168.1.250",
}
MACHINE = {
    "routes": ("192.168.1.0/24",),
    "interfaces": {
        "lo": (),
        "docker0": ("172.17.0.0/16",),
        "eth0": ("192.168.1.0/24",),
        "eth1": (),
    },
}


def made(networks: Networks = Networks.SEGMENTED, **said: str) -> Plan:
    world = catalog(service("home", lan=True, egress=True))
    variables = {f"HOME_MACVLAN_{part}": value for part, value in said.items()}
    return plan(
        world,
        said=settings(services={"home": "container"}, variables=variables, networks=networks),
        machine=host(**MACHINE),
    )


def lan(there: Plan) -> list[str]:
    return [network.name for network in there.networks if network.kind is NetworkKind.LAN]


def refused(**said: str) -> tuple[str, str | None]:
    there = made(**said)
    assert lan(there) == []
    return there.errors[0].text, there.errors[0].hint


def test_off_by_default() -> None:
    assert lan(made()) == []
    assert made().errors == ()


def test_address_of_its_own() -> None:
    there = made(**WHOLE)
    (name,) = lan(there)
    document = compose_document(there)
    assert there.errors == ()
    assert document["networks"][name] == {
        "name": name,
        "driver": "macvlan",
        "internal": False,
        "labels": {"hearth.project": "hearth"},
        "driver_opts": {"parent": "eth0"},
        "ipam": {"config": [{"subnet": "192.168.1.0/24", "gateway": "192.168.1.1"}]},
    }
    assert document["services"]["home"]["networks"] == {
        "hearth-egress-home": {},
        name: {"ipv4_address": "192.168.1.250"},
    }


def test_flat_may_have_it_too() -> None:
    there = made(networks=Networks.FLAT, **WHOLE)
    unit = there.units[0]
    assert isinstance(unit, ContainerUnit)
    assert set(unit.spec["networks"]) == {"ai-network", *lan(there)}


def test_other_network_has_another_name() -> None:
    """One that exists is not made anew, so that a change must make another."""
    moved = {**WHOLE, "PARENT": "eth1"}
    assert lan(made(**WHOLE)) != lan(made(**moved))
    assert lan(made(**WHOLE)) == lan(made(**{**WHOLE, "IP": "192.168.1.251"}))


def test_tagged_parent_is_made_by_docker() -> None:
    assert made(**{**WHOLE, "PARENT": "eth0.50"}).errors == ()


def test_it_is_a_way_out() -> None:
    assert outward(made(**WHOLE))[0].internet is not None


@pytest.mark.parametrize(
    ("said", "text", "hint"),
    [
        (
            {"PARENT": "eth0"},
            "home: `HOME_MACVLAN_PARENT` is set, and `HOME_MACVLAN_SUBNET` is not",
            "hearth settings set HOME_MACVLAN_SUBNET=192.168.1.0/24",
        ),
        (
            {"IP": "192.168.1.9"},
            "home: a part of it is set, and `HOME_MACVLAN_PARENT` is not",
            "hearth settings set HOME_MACVLAN_PARENT=eth0",
        ),
        (
            {**WHOLE, "PARENT": "wlan7"},
            "home: this host has no interface `wlan7`",
            "hearth settings set HOME_MACVLAN_PARENT=eth0",
        ),
        (
            {**WHOLE, "SUBNET": "192.168.2.0/24"},
            "home: `eth0` stands in `192.168.1.0/24`, and not in `192.168.2.0/24`",
            "hearth settings set HOME_MACVLAN_SUBNET=192.168.1.0/24",
        ),
        (
            {**WHOLE, "GATEWAY": "192.168.7.1"},
            "home: `HOME_MACVLAN_GATEWAY=192.168.7.1` is no address of `192.168.1.0/24`",
            "hearth settings set HOME_MACVLAN_GATEWAY=192.168.1.1",
        ),
        (
            {**WHOLE, "IP": "192.168.1.255"},
            "home: `HOME_MACVLAN_IP=192.168.1.255` is no address of `192.168.1.0/24`",
            "hearth settings set HOME_MACVLAN_IP=192.168.1.250",
        ),
        (
            {**WHOLE, "IP": "192.168.1.1"},
            "home: `HOME_MACVLAN_IP=192.168.1.1` is the router's address",
            "hearth settings set HOME_MACVLAN_IP=192.168.1.250",
        ),
    ],
)
def test_wrong_is_refused(said: dict[str, str], text: str, hint: str) -> None:
    assert refused(**said) == (text, hint)
