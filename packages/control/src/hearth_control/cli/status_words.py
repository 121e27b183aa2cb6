"""What `status` shows: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hearth_control.cli.measure import say_age
from hearth_control.cli.output import Output
from hearth_control.cli.table import Cell, align
from hearth_control.cli.theme import bad, bold, dim, good, typed, warm
from hearth_control.deploy.applied import Applied
from hearth_control.deploy.status import Problem, Report, ServiceStatus, Verdict
from hearth_control.engine.observed import State


def status_lines(
    report: Report,
    applied: Applied,
    output: Output,
    *,
    now: datetime,
    settings_changed: bool,
) -> list[str]:
    """Say how the whole is, each service in a row, and what to do about what is wrong."""
    rows = [_heading(), *(_row(service, output, now) for service in report.services)]
    lines = [_headline(report, applied, output), "", *align(rows, width=output.width)]
    lines += problem_lines(report.problems, output)
    if settings_changed:
        arrow = dim(output.symbols.arrow)
        lines += ["", f"{warm(output.symbols.warn)} the settings changed since the last `up`"]
        lines.append(f"  {arrow} {typed('hearth plan')}")
    return lines


def problem_lines(problems: Sequence[Problem], output: Output) -> list[str]:
    """Say what is wrong and the command for it; services with the same trouble share a line."""
    grouped: dict[str, list[Problem]] = {}
    for problem in problems:
        grouped.setdefault(problem.text, []).append(problem)
    lines = [""] if grouped else []
    for text, group in grouped.items():
        names = ", ".join(bold(problem.service) for problem in group[:6])
        more = f" and {len(group) - 6} more" if len(group) > 6 else ""
        hint = group[0].hint if len(group) == 1 else _shared_hint(group)
        lines.append(f"{bad(output.symbols.bad)} {names}{more}: {text}")
        lines.append(f"  {dim(output.symbols.arrow)} {typed(hint)}")
    return lines


def _shared_hint(group: Sequence[Problem]) -> str:
    if all(problem.hint.startswith("hearth up") for problem in group):
        return "hearth up"
    return f"hearth logs {' '.join(problem.service for problem in group[:6])}"


def _headline(report: Report, applied: Applied, output: Output) -> str:
    own = [service for service in report.services if service.units]
    well = sum(service.is_well for service in own)
    engine = dim(f"on the {applied.engine} engine, project {applied.project}")
    match report.verdict:
        case Verdict.RUNNING:
            words = "1 service runs" if well == 1 else f"all {well} services run"
            return f"{good(output.symbols.good)} {bold(words)} {engine}"
        case Verdict.STARTING:
            words = f"{well} of {len(own)} services run, the rest is starting"
            return f"{warm(output.symbols.busy)} {bold(words)} {engine}"
        case Verdict.PARTLY:
            words = f"{well} of {len(own)} services run"
            return f"{bad(output.symbols.bad)} {bold(words)} {engine}"
        case Verdict.STOPPED:
            return f"{dim(output.symbols.off)} {bold('nothing runs')} {engine}"


def _heading() -> list[Cell]:
    return [Cell("  SERVICE", dim), *(Cell(text, dim) for text in ("STATE", "SINCE", "URL"))]


def _row(service: ServiceStatus, output: Output, now: datetime) -> list[Cell]:
    mark, paint = _mark(service, output)
    url = service.url if service.url and service.is_well else ""
    return [
        Cell(f"{mark} {service.name}", paint if mark != output.symbols.good else None),
        Cell(_state(service) + _replicas(service), paint),
        Cell(say_age(service.since, now), dim),
        Cell(url or "", typed),
    ]


def _state(service: ServiceStatus) -> str:
    """Join state and health to one word or two: `running`, `healthy`, `running, unhealthy`."""
    if not service.units:
        return service.state
    if service.state == "running" and service.health in ("healthy", "none"):
        return "healthy" if service.health == "healthy" else "running"
    if service.state == "running":
        return "starting" if service.health == "starting" else f"running, {service.health}"
    return service.state


def _replicas(service: ServiceStatus) -> str:
    """Say how many of several run: `, 2 of 3`."""
    several = {unit.name for unit in service.units if unit.replica > 1}
    replicas = [unit for unit in service.units if unit.name in several]
    runs = sum(unit.state is State.RUNNING for unit in replicas)
    return f", {runs} of {len(replicas)}" if replicas else ""


def _mark(service: ServiceStatus, output: Output):  # type: ignore[no-untyped-def]  # noqa: ANN202
    marks = output.symbols
    if not service.units:
        return (marks.bad, bad) if service.state == "failed" else (marks.dash, dim)
    if service.is_well:
        return marks.good, good
    if service.is_starting:
        return marks.busy, warm
    if service.state == "stopped":
        return marks.off, dim
    return marks.bad, bad
