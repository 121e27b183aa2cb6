"""Which ports are opened, on what address, and what is said when one is taken."""

from __future__ import annotations

from typing import Any

import pytest
from builders import applied, catalog, change_unit, host, plan, port, service, settings
from hearth_control.catalog.model import Source
from hearth_control.engine.observed import State
from hearth_control.plan.model import Plan, Severity
from hearth_control.settings.model import EngineName, Mode, ServiceSettings

pytestmark = pytest.mark.unit


def opened(made: Plan) -> dict[str, str]:
    return {
        f"{each.service}{'/' + each.name if each.name else ''}": f"{each.bind}:{each.host_port}"
        for each in made.published
    }


def errors(made: Plan) -> list[tuple[str, str | None]]:
    return [(note.text, note.hint) for note in made.notes if note.severity is Severity.ERROR]


def said(**changes: Any) -> Any:
    return settings(services={"caddy": "container", "qdrant": "container"}, **changes)


def test_private_ports_on_loopback() -> None:
    assert opened(plan(said=said())) == {
        "caddy": "127.0.0.1:63000",
        "caddy/https": "127.0.0.1:63001",
        "qdrant": "127.0.0.1:63012",
    }


def test_base_and_bind() -> None:
    made = plan(said=said(base_port=20000, bind="192.168.1.9"))
    assert opened(made)["qdrant"] == "192.168.1.9:20012"


def test_own_port() -> None:
    made = plan(said=settings(services={"qdrant": own_port(7000)}))
    assert opened(made) == {"qdrant": "127.0.0.1:7000"}
    assert made.unit("qdrant").spec["ports"] == ["127.0.0.1:7000:6333"]  # type: ignore[union-attr]  # it is planned as a container


def test_public_opens_door_only() -> None:
    made = plan(said=said(mode=Mode.PUBLIC, domain="example.org"))
    assert opened(made) == {"caddy": "0.0.0.0:80", "caddy/https": "0.0.0.0:443"}


def test_public_keeps_named_port() -> None:
    world = settings(mode=Mode.PUBLIC, services={"qdrant": own_port(7000)})
    assert opened(plan(said=world))["qdrant"] == "127.0.0.1:7000"


def test_ipv6_bind_in_spec() -> None:
    made = plan(said=settings(services={"qdrant": "container"}, bind="::1"))
    assert made.unit("qdrant").spec["ports"] == ["[::1]:63012:6333"]  # type: ignore[union-attr]  # it is planned as a container


def test_public_urls() -> None:
    world = {"n8n": "container"}
    private = plan(said=settings(services=world))
    public = plan(said=settings(services=world, mode=Mode.PUBLIC, domain="example.org"))
    assert url_of(private) == "http://127.0.0.1:63042"
    assert url_of(public) == "https://n8n.example.org"


def url_of(made: Plan) -> str | None:
    return next(each.url for each in made.services if each.name == "n8n")


def test_port_taken_note() -> None:
    machine = host(listening={63012: "nginx (pid 812)", 63112: "sshd (pid 1)"})
    made = plan(said=said(), machine=machine)
    assert errors(made) == [
        (
            "qdrant: port 63012 is taken by nginx (pid 812)",
            "hearth settings set QDRANT_PORT=63113",
        )
    ]


def test_further_port_taken_note() -> None:
    made = plan(said=said(), machine=host(listening={63001: "nginx (pid 812)"}))
    assert errors(made) == [
        ("caddy: port 63001 is taken by nginx (pid 812)", "hearth settings set BASE_PORT=64000")
    ]


def test_port_twice_note() -> None:
    made = plan(said=settings(services={"qdrant": own_port(63000), "caddy": "container"}))
    assert errors(made) == [
        ("qdrant: port 63000 is also wanted by `caddy`", "hearth settings set QDRANT_PORT=63100")
    ]


def test_own_unit_is_no_conflict() -> None:
    machine = host(listening={63000: "docker-proxy (pid 9)", 63012: "docker-proxy (pid 10)"})
    seen = applied(plan(said=said()))
    assert errors(plan(said=said(), machine=machine, seen=seen)) == []


def test_recreated_unit_keeps_port() -> None:
    """A unit that changes in another respect holds its port until it is recreated."""
    machine = host(listening={63012: "docker-proxy (pid 10)"})
    changed = settings(
        services={"qdrant": ServiceSettings(source=Source.CONTAINER, memory=1 << 30)}
    )
    seen = applied(plan(said=settings(services={"qdrant": "container"})))
    made = plan(said=changed, machine=machine, seen=seen)
    assert made.steps[0].id == "recreate qdrant"
    assert errors(made) == []


def test_stopped_unit_holds_nothing() -> None:
    machine = host(listening={63012: "nginx (pid 812)"})
    first = settings(services={"qdrant": "container"})
    seen = change_unit(applied(plan(said=first)), "qdrant", state=State.STOPPED)
    assert len(errors(plan(said=first, machine=machine, seen=seen))) == 1


def test_moved_port_is_not_held() -> None:
    machine = host(listening={7000: "nginx (pid 812)"})
    seen = applied(plan(said=settings(services={"qdrant": "container"})))
    made = plan(said=settings(services={"qdrant": own_port(7000)}), machine=machine, seen=seen)
    assert errors(made) == [
        ("qdrant: port 7000 is taken by nginx (pid 812)", "hearth settings set QDRANT_PORT=7100")
    ]


def test_embedded_process_keeps_port() -> None:
    world = settings(engine=EngineName.EMBEDDED, preset="starter")
    seen = applied(plan(said=world))
    machine = host(listening={63010: "postgres (pid 10)", 63050: "python (pid 11)"})
    assert errors(plan(said=world, machine=machine, seen=seen)) == []
    assert len(errors(plan(said=world, machine=machine))) == 2


def test_udp_port_in_spec() -> None:
    dns = service("dns", ports=(port(5, "dns", 53, protocol="udp"),))
    made = plan(catalog(dns), said=settings(services={"dns": "container"}))
    assert made.unit("dns").spec["ports"] == ["127.0.0.1:63005:53/udp"]  # type: ignore[union-attr]  # it is planned as a container


def own_port(number: int) -> ServiceSettings:
    return ServiceSettings(source=Source.CONTAINER, port=number)


def test_observed_port_is_ours() -> None:
    """What another release of Hearth started has a hash that this one cannot read."""
    machine = host(listening={63012: "docker-proxy (pid 10)"})
    first = settings(services={"qdrant": "container"})
    seen = change_unit(applied(plan(said=first)), "qdrant", hash="of-old", ports=(63012,))
    made = plan(said=first, machine=machine, seen=seen)
    assert made.steps[0].id == "recreate qdrant"
    assert errors(made) == []
