"""Grafana's sources and dashboards, out of the plan.

Source: https://grafana.com/docs/grafana/latest/administration/provisioning/ and
https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
(read 2026-11)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from hearth_control.plan.model import Plan, Watched
from hearth_control.render.documents import yaml_text
from hearth_control.render.names import CONFIGS, GENERATED

SERVICE = "grafana"
_FOLDER = f"{CONFIGS}/{SERVICE}"
_SOURCES = {
    "metrics": ("prometheus", "Metrics"),
    "logs": ("loki", "Logs"),
    "traces-search": ("jaeger", "Traces"),
}
"""Role → the kind of its source and its name; the uid is the role."""
_WIDE = 24
_TALL = 8


def grafana_files(plan: Plan) -> dict[str, str]:
    """Give sources and dashboards by path, none where Grafana does not run."""
    if all(unit.service != SERVICE for unit in plan.units):
        return {}
    sources = [source for role in _SOURCES for source in _source(role, plan)]
    document = {"apiVersion": 1, "prune": True, "datasources": sources}
    return {
        f"{_FOLDER}/provisioning/datasources/hearth.yml": yaml_text(document, header=GENERATED),
        f"{_FOLDER}/dashboards/platform.json": _json(platform_dashboard(plan)),
    }


def _source(role: str, plan: Plan) -> Iterator[dict[str, Any]]:
    kind, name = _SOURCES[role]
    for wire in plan.wires:
        if wire.consumer == SERVICE and wire.role == role:
            yield {
                "name": name,
                "uid": role,
                "type": kind,
                "access": "proxy",
                "url": wire.endpoint.url,
                "isDefault": role == "metrics",
                "editable": False,
            }


def platform_dashboard(plan: Plan) -> dict[str, Any]:
    """Draw the machine, then one row a stack with memory, processor and errors of its services."""
    roles = {wire.role for wire in plan.wires if wire.consumer == SERVICE}
    panels: list[dict[str, Any]] = []
    if "metrics" in roles:
        panels += [_alerts(), _running(plan)]
        top = _TALL
        for stack in sorted({one.stack for one in plan.watch.containers}):
            members = [one for one in plan.watch.containers if one.stack == stack]
            panels += _stack_row(stack, members, project=plan.project, top=top)
            top += 1 + _TALL
    if "logs" in roles:
        panels.append(_errors(plan))
    return {
        "uid": "hearth-platform",
        "title": "Platform",
        "tags": ["hearth"],
        "timezone": "browser",
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "schemaVersion": 39,
        "editable": False,
        "panels": [{**panel, "id": number} for number, panel in enumerate(panels, 1)],
    }


def _alerts() -> dict[str, Any]:
    return {
        "type": "alertlist",
        "title": "Alarms",
        "datasource": _uid("metrics"),
        "gridPos": {"x": 0, "y": 0, "w": _WIDE // 2, "h": _TALL},
        "options": {"viewMode": "list", "stateFilter": {"firing": True, "pending": True}},
    }


def _running(plan: Plan) -> dict[str, Any]:
    mine = f'container_label_hearth_project="{plan.project}",container_label_hearth_job="false"'
    running = f"count(container_last_seen{{{mine}}}) or vector(0)"
    planned = len(plan.watch.containers)
    thresholds = [{"color": "red", "value": None}, {"color": "green", "value": planned}]
    return {
        "type": "stat",
        "title": f"Containers running, of {planned}",
        "datasource": _uid("metrics"),
        "gridPos": {"x": _WIDE // 2, "y": 0, "w": _WIDE // 2, "h": _TALL},
        "fieldConfig": {
            "defaults": {"thresholds": {"mode": "absolute", "steps": thresholds}},
            "overrides": [],
        },
        "targets": [_asked(running, legend="running")],
    }


def _stack_row(
    stack: str, members: Sequence[Watched], *, project: str, top: int
) -> Iterator[dict[str, Any]]:
    yield {
        "type": "row",
        "title": stack,
        "collapsed": False,
        "panels": [],
        "gridPos": {"x": 0, "y": top, "w": _WIDE, "h": 1},
    }
    units = "|".join(one.unit for one in members)
    chosen = f'container_label_hearth_project="{project}",container_label_hearth_unit=~"{units}"'
    by = "sum by (container_label_hearth_unit)"
    queries = (
        ("Memory", "bytes", f"{by} (container_memory_working_set_bytes{{{chosen}}})"),
        ("Processor", "none", f"{by} (rate(container_cpu_usage_seconds_total{{{chosen}}}[5m]))"),
    )
    for column, (title, unit, query) in enumerate(queries):
        yield {
            "type": "timeseries",
            "title": title,
            "datasource": _uid("metrics"),
            "gridPos": {"x": column * _WIDE // 2, "y": top + 1, "w": _WIDE // 2, "h": _TALL},
            "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
            "targets": [_asked(query, legend="{{container_label_hearth_unit}}")],
        }


def _errors(plan: Plan) -> dict[str, Any]:
    stacks = len({one.stack for one in plan.watch.containers})
    query = f'{{project="{plan.project}"}} |~ "(?i)(error|fatal|panic)"'
    return {
        "type": "logs",
        "title": "Errors in the logs",
        "datasource": _uid("logs"),
        "gridPos": {"x": 0, "y": _TALL + stacks * (1 + _TALL), "w": _WIDE, "h": 2 * _TALL},
        "options": {"showTime": True, "wrapLogMessage": True, "sortOrder": "Descending"},
        "targets": [{"refId": "A", "datasource": _uid("logs"), "expr": query}],
    }


def _asked(query: str, *, legend: str) -> dict[str, Any]:
    return {
        "refId": "A",
        "datasource": _uid("metrics"),
        "expr": query,
        "legendFormat": legend,
    }


def _uid(role: str) -> dict[str, str]:
    return {"type": _SOURCES[role][0], "uid": role}


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
