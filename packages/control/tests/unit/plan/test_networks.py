"""Who is in which network, and what each lets through."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from builders import catalog, container, host, observed, plan, service, settings
from hearth_control.catalog.model import Source
from hearth_control.plan.model import ContainerUnit, Network, NetworkKind, Plan, Severity
from hearth_control.plan.networks import NO_WAY_OUT, Member, flat, segmented
from hearth_control.settings.model import Networks, ServiceSettings

pytestmark = pytest.mark.unit


def cut(*members: Member, routes_inside: bool = True) -> dict[str, Network]:
    networks, notes = segmented(
        members, project="hearth", existing={}, avoid=(), routes_inside=routes_inside
    )
    assert notes == ()
    return {network.name.removeprefix("hearth-"): network for network in networks}


def test_role_network_is_internal() -> None:
    networks = cut(
        Member(unit="n8n", service="n8n", uses={"postgres": "postgres"}),
        Member(unit="postgres", service="postgres"),
    )
    assert networks == {
        "role-postgres": Network(
            name="hearth-role-postgres",
            role="postgres",
            internal=True,
            members=("n8n", "postgres"),
            subnet="10.213.0.0/27",
            nowhere="10.213.0.30",
        )
    }


def test_consumers_of_roles_apart() -> None:
    networks = cut(
        Member(unit="a", service="a", uses={"postgres": "postgres"}),
        Member(unit="b", service="b", uses={"llm": "ollama"}),
    )
    assert networks["role-postgres"].members == ("a", "postgres")
    assert networks["role-llm"].members == ("b", "ollama")


def test_published_without_egress() -> None:
    networks = cut(Member(unit="qdrant", service="qdrant", published=True))
    sealed = networks["sealed-qdrant"]
    assert sealed.members == ("qdrant",)
    assert not sealed.internal
    assert sealed.options == NO_WAY_OUT
    assert (sealed.subnet, sealed.nowhere) == ("10.213.0.0/27", "10.213.0.30")


def test_published_beyond_loopback() -> None:
    """Who asks from another machine is no neighbour, so that answers need the real way."""
    networks = cut(Member(unit="qdrant", service="qdrant", published=True, beyond=True))
    assert list(networks) == ["front-qdrant"]
    assert networks["front-qdrant"].options == NO_WAY_OUT
    assert networks["front-qdrant"].nowhere is None


def test_only_who_may_leave_is_shown_the_way() -> None:
    networks = cut(
        Member(unit="n8n", service="n8n", egress=True, own=True, uses={"postgres": "postgres"}),
        Member(unit="n8n-runners", service="n8n", own=True),
        Member(unit="postgres", service="postgres", published=True),
        Member(unit="qdrant", service="qdrant", published=True, beyond=True),
    )
    told = {name for name, network in networks.items() if network.nowhere is None}
    assert told == {"egress-n8n", "front-qdrant"}


def test_no_way_out_of_internal_networks_for_an_engine_that_tells_none() -> None:
    """Nor does it take one there. A sealed network is not internal, so its members are told."""
    networks = cut(
        Member(unit="n8n", service="n8n", uses={"postgres": "postgres"}),
        Member(unit="postgres", service="postgres", published=True),
        routes_inside=False,
    )
    inside, sealed = networks["role-postgres"], networks["sealed-postgres"]
    assert (inside.internal, inside.nowhere) == (True, None)
    assert (sealed.internal, sealed.nowhere) == (False, "10.213.0.62")


def test_published_with_egress() -> None:
    networks = cut(Member(unit="n8n", service="n8n", published=True, egress=True))
    assert list(networks) == ["egress-n8n"]
    assert not networks["egress-n8n"].internal
    assert networks["egress-n8n"].options == {}


def test_container_without_egress() -> None:
    """A store beside a program that goes to the internet stays inside."""
    parts = (container("app"), container("app-db", egress=False))
    made = plan(
        catalog(service("app", containers=parts, egress=True)),
        said=settings(services={"app": "container"}),
    )
    assert {net.name: net.members for net in made.networks} == {
        "hearth-egress-app": ("app",),
        "hearth-own-app": ("app", "app-db"),
    }


def test_egress_is_not_shared() -> None:
    """Docker would answer names with a shared egress, where the two may not talk."""
    networks = cut(
        Member(unit="n8n", service="n8n", egress=True, uses={"llm": "ollama"}),
        Member(unit="ollama", service="ollama", egress=True),
    )
    shared = [name for name, network in networks.items() if len(network.members) > 1]
    assert shared == ["role-llm"]


def test_gateway_in_each_front() -> None:
    networks = cut(
        Member(unit="caddy", service="caddy", gateway=True, egress=True, published=True),
        Member(unit="n8n", service="n8n", routed=True),
        Member(unit="chat", service="chat", routed=True),
        Member(unit="redis", service="redis"),
    )
    assert {name: network.members for name, network in networks.items()} == {
        "egress-caddy": ("caddy",),
        "sealed-chat": ("caddy", "chat"),
        "sealed-n8n": ("caddy", "n8n"),
    }


def test_route_without_gateway() -> None:
    assert cut(Member(unit="n8n", service="n8n", routed=True)) == {}


def test_own_network() -> None:
    networks = cut(
        Member(unit="n8n", service="n8n", own=True),
        Member(unit="n8n-runners", service="n8n", own=True),
    )
    assert networks["own-n8n"].members == ("n8n", "n8n-runners")
    assert networks["own-n8n"].internal


def test_host_is_reached_by_front() -> None:
    networks = cut(Member(unit="n8n", service="n8n", host=True))
    assert networks["front-n8n"].options == NO_WAY_OUT
    assert not networks["front-n8n"].internal


def test_egress_sorts_first() -> None:
    # Docker takes the first non-internal network by name as the default route.
    networks = cut(
        Member(unit="a", service="a", egress=True, routed=True),
        Member(unit="b", service="b", published=True, beyond=True, routed=True),
        Member(unit="caddy", service="caddy", gateway=True),
    )
    open_ones = [name for name, network in networks.items() if not network.internal]
    assert open_ones == ["egress-a", "front-b", "sealed-a"]


def test_bind_decides_front() -> None:
    """Changing `BIND` must make another network, as one that exists is not made anew."""
    names = {
        bind: {
            net.name
            for net in plan(said=settings(services={"qdrant": "container"}, bind=bind)).networks
        }
        for bind in ("127.0.0.1", "::1", "0.0.0.0", "192.168.1.5")
    }
    assert names["127.0.0.1"] == names["::1"] == {"hearth-sealed-qdrant"}
    assert names["0.0.0.0"] == names["192.168.1.5"] == {"hearth-front-qdrant"}


def test_names_stay_inside() -> None:
    """Docker hands unknown names to the host's resolver, even for who has no way out."""
    made = plan(said=settings(services={"n8n": "container", "qdrant": "container"}))
    asked = {unit.name: unit.spec.get("dns") for unit in containers(made)}
    assert asked["n8n"] is None
    assert asked["postgres"] == asked["qdrant"] == ["127.0.0.1"]


def test_flat_asks_the_host_for_names() -> None:
    made = plan(said=settings(services={"qdrant": "container"}, networks=Networks.FLAT))
    assert "dns" not in containers(made)[0].spec


def test_no_room_note() -> None:
    _networks, notes = segmented(
        [Member(unit="a", service="a", egress=True)],
        project="hearth",
        existing={},
        avoid=("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    )
    assert notes[0].text == (
        "NETWORKS: no subnet is left in the private ranges for `hearth-egress-a` beside this"
        " host's routes"
    )
    assert notes[0].hint == "hearth settings set NETWORK_RANGE=198.18.0.0/16"


def test_no_room_anywhere_proposes_flat() -> None:
    _networks, notes = segmented(
        [Member(unit="a", service="a", egress=True), Member(unit="b", service="b", egress=True)],
        project="hearth",
        existing={},
        avoid=("198.18.0.0/16", "100.64.0.0/10", "10.5.0.0/27"),
        within="10.5.0.0/27",
    )
    assert notes[0].text == (
        "NETWORKS: no subnet is left in `NETWORK_RANGE=10.5.0.0/27` for `hearth-egress-a` and 1"
        " more beside this host's routes"
    )
    assert notes[0].hint == "hearth settings set NETWORKS=flat"


def test_range_over_a_route_is_refused() -> None:
    made = plan(
        said=settings(services={"qdrant": "container"}, network_range="10.5.0.0/16"),
        machine=host(routes=("10.0.0.0/8", "192.168.1.0/24")),
    )
    assert [(note.code, note.text, note.hint) for note in made.errors] == [
        (
            "range-routed",
            "NETWORK_RANGE: `10.5.0.0/16` overlaps `10.0.0.0/8`, where this host reaches others",
            "hearth settings unset NETWORK_RANGE",
        )
    ]


def test_second_installation_shares_the_range() -> None:
    """The first one's bridges are routes of the host too, and are gone around."""
    made = plan(
        said=settings(services={"qdrant": "container"}, network_range="10.5.0.0/16"),
        machine=host(routes=("10.5.0.0/27", "10.5.0.32/27")),
        seen=observed(foreign_subnets=("10.5.0.0/27", "10.5.0.32/27")),
    )
    assert made.errors == ()
    assert made.networks[0].subnet == "10.5.0.64/27"


def test_vpn_and_many_networks_and_ipv6() -> None:
    """A VPN over 10/8, 40 networks of Docker's own pool, and IPv6 beside them."""
    pool = tuple(f"172.{number}.0.0/16" for number in range(17, 32))
    small = tuple(f"192.168.{number}.0/20" for number in range(0, 208, 16))
    foreign = (*pool, *small, "fd00:1::/64", *(f"192.168.208.{at}/28" for at in range(0, 192, 16)))
    made = plan(
        said=settings(services={"n8n": "container"}),
        machine=host(routes=("10.0.0.0/8", "fe80::/64", "2001:db8::/32", "::/0", *foreign)),
        seen=observed(foreign_subnets=foreign),
    )
    assert len(foreign) >= 40
    assert made.errors == ()
    taken = [ip_network(each) for each in foreign if ":" not in each]
    mine = [ip_network(network.subnet or "") for network in made.networks]
    assert mine
    assert not any(one.overlaps(other) for one in mine for other in taken)
    assert not any(one.overlaps(ip_network("10.0.0.0/8")) for one in mine)


def test_flat_is_one() -> None:
    members = (Member(unit="b", service="b"), Member(unit="a", service="a"))
    assert flat(members) == (
        Network(
            name="ai-network",
            role="flat",
            kind=NetworkKind.FLAT,
            internal=False,
            members=("a", "b"),
            external=True,
        ),
    )
    assert flat(()) == ()


def test_flat_plan_needs_network_once() -> None:
    said = settings(preset="starter", networks=Networks.FLAT)
    made = plan(said=said)
    assert made.steps[0].id == "network ai-network"
    assert {tuple(unit.spec["networks"]) for unit in containers(made)} == {("ai-network",)}


def test_unconnected_container_has_none() -> None:
    made = plan(said=settings(services={"caddy": "container"}))
    assert containers(made)[0].spec["networks"] == ["hearth-egress-caddy"]
    assert all("default" not in unit.spec.get("networks", ()) for unit in containers(made))


def test_existing_subnet_is_kept() -> None:
    seen = observed(networks={"hearth-egress-caddy": "192.168.77.0/27"})
    made = plan(said=settings(services={"caddy": "container"}), seen=seen)
    assert made.networks[0].subnet == "192.168.77.0/27"
    assert all(step.target != "hearth-egress-caddy" for step in made.steps)


def test_localhost_provider_over_host() -> None:
    said = settings(services={"n8n": "container", "ollama": "localhost"})
    made = plan(said=said)
    n8n = next(unit for unit in containers(made) if unit.name == "n8n")
    assert "hearth-egress-n8n" in n8n.spec["networks"]
    assert n8n.spec["extra_hosts"] == ["host.docker.internal:host-gateway"]
    assert n8n.spec["environment"]["LLM"] == "http://host.docker.internal:11434"


def test_address_of_this_host_is_known_whatever_the_source() -> None:
    here = ServiceSettings(source=Source.EXTERNAL, url="http://host.docker.internal:9999")
    made = plan(said=settings(services={"n8n": "container", "ollama": here}))
    n8n = next(unit for unit in containers(made) if unit.name == "n8n")
    assert n8n.spec["extra_hosts"] == ["host.docker.internal:host-gateway"]


def test_external_provider_needs_egress() -> None:
    elsewhere = ServiceSettings(source=Source.EXTERNAL, url="https://llm.example.org")
    said = settings(services={"lambda-server": "container", "ollama": elsewhere})
    made = plan(said=said)
    egress = next(
        network for network in made.networks if network.name == "hearth-egress-lambda-server"
    )
    assert egress.members == ("lambda-server",)


def containers(made: Plan) -> list[ContainerUnit]:
    return [unit for unit in made.units if isinstance(unit, ContainerUnit)]


def test_networks_of_a_replaced_engine_are_said() -> None:
    made = plan(seen=observed(outlived=("hearth-own-n8n", "hearth-role-llm")))
    note = next(one for one in made.notes if one.code == "networks-outlived")
    assert note.severity is Severity.ERROR
    assert "an older Docker made `hearth-own-n8n` and 1 more" in note.text
    assert note.hint == "hearth down && hearth up"
