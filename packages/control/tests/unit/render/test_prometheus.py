"""Prometheus' configuration and rules: from the plan, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from builders import MIB, plan, settings
from hearth_control.plan.model import Plan, Target, Watch, Watched
from hearth_control.render.prometheus import prometheus_files

pytestmark = pytest.mark.unit

SELF = Target(service="prometheus", address="prometheus:9090", path="/metrics")
CADVISOR = Target(service="cadvisor", address="cadvisor:8080", path="/metrics")
HOST = Target(service="node-exporter", address="node-exporter:9100", path="/metrics")
N8N = Watched(unit="n8n", service="n8n", stack="03-apps", memory=100 * MIB)


def _plan(*targets: Target, collector: str | None = "prometheus") -> Plan:
    watch = Watch(collector=collector, targets=targets, containers=(N8N,))
    return replace(plan(said=settings(services={"n8n": "container"})), watch=watch)


def _read(made: Plan, name: str) -> dict[str, Any]:
    value = yaml.safe_load(prometheus_files(made)[f"configs/prometheus/config/{name}"])
    assert isinstance(value, dict)
    return value


def _rules(made: Plan) -> dict[str, dict[str, Any]]:
    groups = _read(made, "rules.yml")["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def test_targets_become_jobs() -> None:
    read = _read(_plan(SELF, HOST), "prometheus.yml")
    assert read["global"]["external_labels"] == {"project": "hearth"}
    assert read["rule_files"] == ["rules.yml"]
    assert read["scrape_configs"] == [
        {
            "job_name": "prometheus",
            "metrics_path": "/metrics",
            "static_configs": [
                {"targets": ["prometheus:9090"], "labels": {"service": "prometheus"}}
            ],
        },
        {
            "job_name": "node-exporter",
            "metrics_path": "/metrics",
            "static_configs": [
                {"targets": ["node-exporter:9100"], "labels": {"service": "node-exporter"}}
            ],
        },
    ]


def test_retention_is_what_the_settings_say() -> None:
    made = _plan(SELF)
    kept = replace(made, watch=replace(made.watch, keep_for="90d", keep_size="2GB"))
    retention = {"time": "90d", "size": "2GB"}
    assert _read(kept, "prometheus.yml")["storage"] == {"tsdb": {"retention": retention}}
    assert "storage" not in _read(made, "prometheus.yml")


def test_each_container_has_rules() -> None:
    rules = _rules(_plan(SELF, CADVISOR))
    mine = '{container_label_hearth_project="hearth",container_label_hearth_unit="n8n"}'
    assert rules["ContainerGone"]["expr"] == f"absent(container_last_seen{mine})"
    assert rules["ContainerGone"]["annotations"] == {
        "summary": "n8n is not running",
        "hint": "hearth logs n8n",
    }
    used = f"sum(container_memory_working_set_bytes{mine})"
    assert rules["MemoryNearLimit"]["expr"] == f"{used} > {round(0.9 * 100 * MIB)}"
    assert "DiskFills" not in rules


def test_no_exporter_no_alarm_for_ever() -> None:
    assert list(_rules(_plan(SELF))) == ["TargetDown"]


def test_machine_has_rules() -> None:
    assert list(_rules(_plan(SELF, HOST))) == ["TargetDown", "DiskFills", "MemoryShort"]


@pytest.mark.parametrize("collector", [None, "victoria"])
def test_no_files_without_prometheus(collector: str | None) -> None:
    assert prometheus_files(_plan(SELF, collector=collector)) == {}
