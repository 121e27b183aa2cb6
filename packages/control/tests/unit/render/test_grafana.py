"""Grafana's sources and dashboard: of what is on, and of nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from builders import MIB, catalog, plan, service, settings
from hearth_control.catalog.model import Metrics, Need, Offer
from hearth_control.plan.model import Plan, Watched
from hearth_control.render.grafana import grafana_files, platform_dashboard

pytestmark = pytest.mark.unit

PROMETHEUS = service(
    "prometheus",
    "07-management",
    offers={"metrics": Offer(url="http://prometheus:9090")},
    metrics=Metrics(port=9090),
)
LOKI = service("loki", "07-management", offers={"logs": Offer(url="http://loki:3100")})
GRAFANA = service(
    "grafana",
    "07-management",
    needs={"metrics": Need()},
    wants={"logs": Need(), "traces-search": Need()},
)


def _plan(*names: str) -> Plan:
    known = catalog(GRAFANA, LOKI, PROMETHEUS)
    return plan(known, said=settings(services=dict.fromkeys(names, "container")))


def _sources(made: Plan) -> list[dict[str, Any]]:
    text = grafana_files(made)["configs/grafana/provisioning/datasources/hearth.yml"]
    sources = yaml.safe_load(text)["datasources"]
    assert isinstance(sources, list)
    return sources


def test_sources_are_who_serves() -> None:
    assert _sources(_plan("grafana", "loki")) == [
        {
            "name": "Metrics",
            "uid": "metrics",
            "type": "prometheus",
            "access": "proxy",
            "url": "http://prometheus:9090",
            "isDefault": True,
            "editable": False,
        },
        {
            "name": "Logs",
            "uid": "logs",
            "type": "loki",
            "access": "proxy",
            "url": "http://loki:3100",
            "isDefault": False,
            "editable": False,
        },
    ]


def test_absent_source_is_left_out() -> None:
    assert [source["uid"] for source in _sources(_plan("grafana"))] == ["metrics"]
    panels = platform_dashboard(_plan("grafana"))["panels"]
    assert all(panel["type"] != "logs" for panel in panels)


def test_row_for_each_stack() -> None:
    apps = tuple(
        Watched(unit=name, service=name, stack="03-apps", memory=MIB) for name in ("n8n", "flow")
    )
    made = _plan("grafana", "loki")
    made = replace(made, watch=replace(made.watch, containers=(*made.watch.containers, *apps)))
    panels = platform_dashboard(made)["panels"]
    assert [panel["title"] for panel in panels if panel["type"] == "row"] == [
        "03-apps",
        "07-management",
    ]
    memory = next(panel for panel in panels if panel["title"] == "Memory")
    assert 'container_label_hearth_unit=~"n8n|flow"' in memory["targets"][0]["expr"]


def test_panels_do_not_overlap() -> None:
    panels = platform_dashboard(_plan("grafana", "loki"))["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert all(x < 24 for x, _y in cells)
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))


def test_dashboard_is_json() -> None:
    files = grafana_files(_plan("grafana"))
    assert json.loads(files["configs/grafana/dashboards/platform.json"])["title"] == "Platform"


def test_no_files_without_grafana() -> None:
    assert grafana_files(_plan("loki")) == {}
