"""Who reaches whom, told from the plan."""

from __future__ import annotations

import pytest
from builders import catalog, container, plan, port, service, settings, small_catalog
from hearth_control.catalog.model import Metrics, Need, Offer, Route, Variable
from hearth_control.plan.lint import lint
from hearth_control.plan.model import Plan
from hearth_control.plan.opening import Opening, opening
from hearth_control.plan.reach import (
    Path,
    Way,
    between,
    elsewhere,
    open_pairs,
    outward,
    units_of,
)
from hearth_control.plan.reaching import answer
from hearth_control.settings.model import EngineName, Networks

pytestmark = pytest.mark.unit


def made(*names: str, **changes: object) -> Plan:
    return plan(said=settings(services=dict.fromkeys(names, "container"), **changes))


def test_consumer_reaches_provider() -> None:
    found = between(made("n8n"), "n8n", "postgres")
    assert found.way is Way.DECLARED
    assert found.paths == (
        Path(
            network="hearth-role-postgres",
            way=Way.DECLARED,
            why="`n8n` asks for `postgres`, which `postgres` serves",
        ),
    )


def test_network_works_both_ways() -> None:
    found = between(made("n8n"), "postgres", "n8n")
    assert found.way is Way.OPEN
    assert found.paths[0].why == (
        "`postgres` serves `postgres` to `n8n`, and a network works both ways"
    )


def test_members_are_beside_each_other() -> None:
    found = between(made("n8n", "lambda-server"), "n8n", "lambda-server")
    assert found.way is Way.OPEN
    assert found.paths[0].why == ("both use `postgres`, and members of a network reach each other")


def test_strangers_are_closed() -> None:
    found = between(made("n8n", "qdrant"), "n8n", "qdrant")
    assert (found.way, found.paths) == (Way.CLOSED, ())


def test_gateway_reaches_route() -> None:
    there = made("n8n", "caddy")
    assert between(there, "caddy", "n8n").paths[0].why == "`caddy` serves the route of `n8n`"
    back = between(there, "n8n", "caddy")
    assert (back.way, back.paths[0].network) == (Way.OPEN, "hearth-egress-n8n")


def test_collector_reaches_numbers() -> None:
    world = catalog(
        service("prometheus", offers={"metrics": Offer(url="http://prometheus:9090")}),
        service("loki", metrics=Metrics(port=3100, path="/metrics")),
    )
    said = settings(services={"prometheus": "container", "loki": "container"})
    there = plan(world, said=said)
    found = between(there, "prometheus", "loki")
    assert found.paths[0].why == "`prometheus` collects the numbers of `loki`"
    assert between(there, "loki", "prometheus").way is Way.OPEN


def test_open_pairs_are_those_of_networks() -> None:
    there = made("n8n", "qdrant")
    pairs = {(pair.asker, pair.target) for pair in open_pairs(there)}
    members = {
        (one, other)
        for network in there.networks
        for one in network.members
        for other in network.members
        if one != other
    }
    assert pairs == members
    assert ("n8n", "qdrant") not in pairs


def test_flat_opens_everything() -> None:
    there = made("n8n", "qdrant", networks=Networks.FLAT)
    count = len(there.units)
    assert len(open_pairs(there)) == count * (count - 1)
    assert between(there, "n8n", "qdrant").way is Way.OPEN
    assert between(there, "n8n", "postgres").way is Way.DECLARED


def test_outward_tells_internet_and_ports() -> None:
    known = {one.unit: one for one in outward(made("n8n", "ollama"))}
    assert known["n8n"].internet == "hearth-egress-n8n"
    assert known["postgres"].internet is None
    assert known["postgres"].published == ("127.0.0.1:63010",)
    assert not known["n8n"].host


def test_program_on_host_is_elsewhere() -> None:
    there = plan(said=settings(services={"n8n": "container", "ollama": "localhost"}))
    path = elsewhere(there, "n8n", "ollama")
    assert path is not None
    assert path.why == "`n8n` asks for `llm` at host.docker.internal:11434"
    assert elsewhere(there, "postgres", "ollama") is None
    assert next(one for one in outward(there) if one.unit == "n8n").host


def test_processes_reach_each_other() -> None:
    said = settings(engine=EngineName.EMBEDDED, services={"lambda-server": "embedded"})
    there = plan(said=said)
    found = between(there, "lambda-server", "postgres")
    assert (found.way, found.paths[0].why) == (
        Way.DECLARED,
        "both are processes on this machine",
    )


def test_service_name_stands_for_its_containers() -> None:
    there = made("n8n")
    assert units_of(there, "postgres") == ("postgres", "postgres-provision")
    assert units_of(there, "postgres-provision") == ("postgres-provision",)
    assert units_of(there, "nobody") == ()


def test_answer_of_one_has_both_directions() -> None:
    found = answer(made("n8n"), small_catalog(), ["n8n"])
    assert {(pair.asker, pair.target) for pair in found.pairs} >= {
        ("n8n", "postgres"),
        ("postgres", "n8n"),
    }
    assert [one.unit for one in found.outward] == ["n8n"]


def test_answer_of_two_closed_says_what_opens() -> None:
    found = answer(made("n8n", "qdrant"), small_catalog(), ["n8n", "qdrant"])
    assert found.pairs == ()
    assert found.opening == Opening(
        why="catalog/03-apps/n8n/compose.yaml asks for nothing that `qdrant` offers: `vectors`"
    )


def test_opening_by_provider() -> None:
    """Two could serve the role; the setting that changes over is named."""
    world = catalog(
        service("one", offers={"search": Offer(url="http://one:80")}),
        service("two", offers={"search": Offer(url="http://two:80")}),
        service("chat", wants={"search": Need()}),
    )
    said = settings(
        services=dict.fromkeys(("one", "two", "chat"), "container"), providers={"search": "one"}
    )
    there = plan(world, said=said)
    assert opening(there, world, "chat", "two") == Opening(
        why="`chat` asks for `search`, and `one` serves it",
        command="hearth settings set SEARCH_PROVIDER=two",
    )
    assert opening(there, world, "two", "chat") == Opening(
        why="`chat` offers nothing to other services"
    )


def test_role_of_an_idle_container_opens_nothing() -> None:
    """What one container alone would use is not handed to its neighbours while it is absent."""
    parts = (
        container("app"),
        container("app-logs", when="APP_LOGS", spec={"environment": {"D": "${DOCKER_URL}"}}),
    )
    world = catalog(
        service("proxy", offers={"docker": Offer(url="http://proxy:2375")}),
        service(
            "app",
            containers=parts,
            wants={"docker": Need()},
            variables={"APP_LOGS": Variable()},
        ),
    )
    services = dict.fromkeys(("proxy", "app"), "container")
    idle = plan(world, said=settings(services=services))
    assert between(idle, "app", "proxy").way is Way.CLOSED
    assert (idle.wires, lint(idle)) == ((), ())
    busy = plan(world, said=settings(services=services, variables={"APP_LOGS": "true"}))
    assert between(busy, "app-logs", "proxy").way is Way.DECLARED
    assert between(busy, "app", "proxy").way is Way.CLOSED


def test_routes_do_not_join_each_other() -> None:
    world = catalog(
        service("caddy", ports=(port(0, "caddy", 80),), egress=True),
        service("a", route=Route(name="a"), ports=(port(1, "a", 80),)),
        service("b", route=Route(name="b"), ports=(port(2, "b", 80),)),
    )
    said = settings(services=dict.fromkeys(("a", "b", "caddy"), "container"))
    there = plan(world, said=said)
    assert between(there, "caddy", "a").way is Way.DECLARED
    assert between(there, "a", "b").way is Way.CLOSED
