"""What `--json` prints, as plain values: pure. Times are RFC 3339, sizes bytes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, assert_never

from hearth_control.deploy.status import Report, ServiceStatus
from hearth_control.engine.events import (
    Event,
    LogLine,
    StepDone,
    StepFailed,
    StepProgress,
    StepSkipped,
    StepStarted,
    Waiting,
)
from hearth_control.engine.observed import ObservedUnit

if TYPE_CHECKING:
    # `status` prints documents and needs no plan: importing one costs it a tenth of its time.
    from hearth_control.deploy.outcome import Outcome
    from hearth_control.deploy.summary import Summary


def event_document(event: Event) -> dict[str, Any]:
    """Give an event of a deploy.

    Shape: `{event, step, kind, target, service, …}`; `event` is one of `started`, `progress`,
    `waiting`, `done`, `failed`, `skipped`.
    """
    step = {
        "step": event.step.id,
        "kind": event.step.kind.value,
        "target": event.step.target,
        "service": event.step.service,
    }
    match event:
        case StepStarted():
            return {"event": "started", **step, "cause": event.step.cause}
        case StepProgress():
            rest = {"text": event.text, "done": event.done, "total": event.total}
            return {"event": "progress", **step, **rest}
        case Waiting():
            return {"event": "waiting", **step, "unit": event.unit, "why": event.why}
        case StepDone():
            return {"event": "done", **step, "seconds": round(event.seconds, 3)}
        case StepFailed():
            return {"event": "failed", **step, "failure": asdict(event.failure)}
        case StepSkipped():
            return {"event": "skipped", **step, "because": event.because}
        case _:
            assert_never(event)


def summary_document(summary: Summary, outcome: Outcome) -> dict[str, Any]:
    """Give the end of `up`, the last JSON line of it."""
    return {
        "event": "result",
        "engine": summary.engine,
        "changed": summary.changed,
        "seconds": round(summary.seconds, 3),
        "up": [
            {"name": service.name, "title": service.title, "url": service.url}
            for service in summary.up
        ],
        "not_up": list(summary.not_up),
        "failures": [asdict(event.failure) for event in outcome.failed],
        "notes": [asdict(note) for note in summary.notes],
        "new_secrets": list(summary.new_secrets),
        "sign_in": asdict(summary.sign_in) if summary.sign_in else None,
        "next": list(summary.next),
    }


def report_document(
    report: Report, *, home: str, project: str, engine: str, settings_changed: bool
) -> dict[str, Any]:
    """Give what `status` says."""
    return {
        "home": home,
        "project": project,
        "engine": engine,
        "state": report.verdict.value,
        "settings_changed": settings_changed,
        "services": [_service_document(service) for service in report.services],
        "problems": [asdict(problem) for problem in report.problems],
    }


def log_document(line: LogLine) -> dict[str, Any]:
    """Give one line that a unit wrote."""
    return {
        "unit": line.unit,
        "time": line.time.isoformat() if line.time else None,
        "stream": line.stream,
        "text": line.text,
    }


def _service_document(service: ServiceStatus) -> dict[str, Any]:
    return {
        "name": service.name,
        "title": service.title,
        "source": service.source,
        "state": service.state,
        "health": service.health,
        "since": service.since.isoformat() if service.since else None,
        "url": service.url,
        "units": [_unit_document(unit) for unit in service.units],
    }


def _unit_document(unit: ObservedUnit) -> dict[str, Any]:
    return {
        "name": unit.name,
        "replica": unit.replica,
        "state": unit.state.value,
        "health": unit.health.value,
        "exit_code": unit.exit_code,
        "oom": unit.oom,
        "restarts": unit.restarts,
        "started_at": unit.started_at.isoformat() if unit.started_at else None,
        "id": unit.id or None,
        "pid": unit.pid,
    }
