"""What Prometheus asks and when it raises an alarm, out of the plan.

Numbers of a container come from cAdvisor, with Hearth's labels as `container_label_hearth_*`.
Source: https://prometheus.io/docs/prometheus/latest/configuration/ (configuration, alerting_rules)
and https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md (read 2026-11)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hearth_control.plan.model import Plan, Target, Watched
from hearth_control.render.documents import yaml_text
from hearth_control.render.names import CONFIGS, GENERATED

SERVICE = "prometheus"
CONTAINERS = "cadvisor"
HOST = "node-exporter"
_FOLDER = f"{CONFIGS}/{SERVICE}/config"


def prometheus_files(plan: Plan) -> dict[str, str]:
    """Give its configuration and rules by path, none where it does not collect."""
    if plan.watch.collector != SERVICE:
        return {}
    return {
        f"{_FOLDER}/prometheus.yml": yaml_text(_configuration(plan), header=GENERATED),
        f"{_FOLDER}/rules.yml": yaml_text({"groups": _groups(plan)}, header=GENERATED),
    }


def _configuration(plan: Plan) -> dict[str, Any]:
    kept = {"time": plan.watch.keep_for, "size": plan.watch.keep_size}
    retention = {key: value for key, value in kept.items() if value}
    return {
        **({"storage": {"tsdb": {"retention": retention}}} if retention else {}),
        "global": {
            "scrape_interval": "30s",
            "evaluation_interval": "30s",
            "external_labels": {"project": plan.project},
        },
        "rule_files": ["rules.yml"],
        "scrape_configs": [_job(target) for target in plan.watch.targets],
    }


def _job(target: Target) -> dict[str, Any]:
    return {
        "job_name": target.service,
        "metrics_path": target.path,
        "static_configs": [{"targets": [target.address], "labels": {"service": target.service}}],
    }


def _groups(plan: Plan) -> list[dict[str, Any]]:
    """Ask of each source of numbers only where it is on: an absent one would alarm for ever."""
    on = {target.service for target in plan.watch.targets}
    groups = [{"name": "targets", "rules": [_TARGET_DOWN]}]
    if CONTAINERS in on:
        groups.append({"name": "containers", "rules": _container_rules(plan)})
    if HOST in on:
        groups.append({"name": "host", "rules": [_DISK_FILLS, _MEMORY_SHORT]})
    return groups


def _container_rules(plan: Plan) -> list[dict[str, Any]]:
    watched = plan.watch.containers
    return [*_gone(watched, plan.project), *_full(watched, plan.project), _restarts(plan.project)]


def _gone(watched: Iterable[Watched], project: str) -> Iterable[dict[str, Any]]:
    for one in watched:
        yield _rule(
            "ContainerGone",
            f"absent(container_last_seen{_of(project, one.unit)})",
            wait="2m",
            severity="critical",
            summary=f"{one.unit} is not running",
            hint=f"hearth logs {one.service}",
            labels={"service": one.service, "unit": one.unit},
        )


def _full(watched: Iterable[Watched], project: str) -> Iterable[dict[str, Any]]:
    for one in watched:
        used = f"sum(container_memory_working_set_bytes{_of(project, one.unit)})"
        yield _rule(
            "MemoryNearLimit",
            f"{used} > {round(one.memory * 0.9)}",
            wait="10m",
            severity="warning",
            summary=f"{one.unit} uses more than 90 % of the memory it may take",
            hint=f"hearth settings explain {one.service.upper().replace('-', '_')}_MEMORY",
            labels={"service": one.service, "unit": one.unit},
        )


def _restarts(project: str) -> dict[str, Any]:
    label = "container_label_hearth_unit"
    started = f'container_start_time_seconds{{container_label_hearth_project="{project}"}}'
    return _rule(
        "KeepsRestarting",
        f"sum by ({label}) (changes({started}[15m])) > 3",
        wait="0m",
        severity="warning",
        summary="{{ $labels.container_label_hearth_unit }} starts again and again",
        hint="hearth status",
    )


def _of(project: str, unit: str) -> str:
    mine = f'container_label_hearth_project="{project}"'
    return f'{{{mine},container_label_hearth_unit="{unit}"}}'


def _rule(
    name: str,
    expression: str,
    *,
    wait: str,
    severity: str,
    summary: str,
    hint: str,
    labels: dict[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": wait,
        "labels": {"severity": severity, **(labels or {})},
        "annotations": {"summary": summary, "hint": hint},
    }


_TARGET_DOWN = _rule(
    "TargetDown",
    "up == 0",
    wait="5m",
    severity="warning",
    summary="{{ $labels.job }} tells no numbers",
    hint="hearth status",
)
_DISK_FILLS = _rule(
    "DiskFills",
    'node_filesystem_avail_bytes{mountpoint="/"}'
    ' / node_filesystem_size_bytes{mountpoint="/"} < 0.1',
    wait="10m",
    severity="critical",
    summary="less than 10 % of the disk is free",
    hint="docker system df",
)
_MEMORY_SHORT = _rule(
    "MemoryShort",
    "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.05",
    wait="10m",
    severity="warning",
    summary="less than 5 % of this machine's memory is available",
    hint="hearth status",
)
