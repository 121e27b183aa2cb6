"""Who tells numbers, who collects them, and who is let into whose network for that."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import MIB, catalog, container, n8n, ollama, plan, postgres, service, settings
from hearth_control.catalog.model import Metrics, Offer
from hearth_control.plan.lint import lint
from hearth_control.plan.model import Plan, Target, Watched

pytestmark = pytest.mark.unit

COLLECTOR = service(
    "prometheus",
    "07-management",
    offers={"metrics": Offer(url="http://prometheus:9090")},
    metrics=Metrics(port=9090),
)
TELLING = replace(n8n(), metrics=Metrics(port=5678, path="/numbers"))


def _plan(**services: str) -> Plan:
    known = catalog(COLLECTOR, postgres(), ollama(), TELLING)
    return plan(known, said=settings(services=services))


def test_targets_are_who_tells() -> None:
    made = _plan(n8n="container", ollama="container", prometheus="container")
    assert made.watch.collector == "prometheus"
    assert made.watch.targets == (
        Target(service="prometheus", address="prometheus:9090", path="/metrics"),
        Target(service="n8n", address="n8n:5678", path="/numbers"),
    )


def test_collector_shares_one_network_each() -> None:
    made = _plan(n8n="container", prometheus="container")
    members = {net.name: net.members for net in made.networks if "prometheus" in net.members}
    assert members == {"hearth-metrics-n8n": ("n8n", "prometheus")}
    assert lint(made) == ()


def test_nobody_collects() -> None:
    made = _plan(n8n="container")
    assert made.watch.collector is None
    assert made.watch.targets == ()
    assert not any("metrics" in net.name for net in made.networks)


def test_collector_elsewhere_gets_in_nowhere() -> None:
    made = _plan(n8n="container", prometheus="localhost")
    assert made.watch.collector is None
    assert not any("metrics" in net.name for net in made.networks)


def test_jobs_are_not_watched() -> None:
    made = _plan(n8n="container")
    assert made.watch.containers == (
        Watched(unit="postgres", service="postgres", stack="01-data", memory=512 * MIB),
        Watched(unit="n8n", service="n8n", stack="03-apps", memory=512 * MIB),
    )


def test_socket_only_with_reason() -> None:
    mount = {"volumes": ["/var/run/docker.sock:/var/run/docker.sock:ro"]}
    bare = container("proxy", spec=mount)
    reasoned = container("proxy", spec=mount, hardening={"docker.sock": "it is the filter"})
    found = [
        [
            note.text
            for note in lint(
                plan(
                    catalog(service("proxy", containers=(each,))),
                    said=settings(services={"proxy": "container"}),
                )
            )
        ]
        for each in (bare, reasoned)
    ]
    assert found == [["proxy: is given Docker's socket"], []]
