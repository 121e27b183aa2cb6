"""What was last brought up, kept in the home as `applied.json`.

`status`, `logs`, `stop` and `open` read it instead of the catalog: they speak of what runs, and
start in a fraction of the time. Losing the file loses nothing: the next `up` writes it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hearth_kit.files import write_atomic

if TYPE_CHECKING:
    from hearth_control.plan.model import Plan

FILE: Final = "applied.json"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedService:
    """A service as it was brought up. `jobs` are units that run once and end."""

    name: str
    title: str
    stack: str
    source: str
    cause: str
    units: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The last plan that was carried out, as far as a person asks about it later.

    `settings_digest` is that of the `.env` it was made from. `at` is RFC 3339.
    """

    project: str
    engine: str
    why_engine: str
    at: str
    settings_digest: str
    services: tuple[AppliedService, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """Name every unit, in the order in which they were started."""
        return tuple(unit for service in self.services for unit in service.units)

    def service(self, name: str) -> AppliedService | None:
        """Find a service by name."""
        return next((service for service in self.services if service.name == name), None)


def applied_from(plan: Plan, *, why_engine: str, at: str, settings_digest: str) -> Applied:
    """Take from a plan what is asked about later. Pure."""
    jobs = {unit.name for unit in plan.units if unit.job}
    return Applied(
        project=plan.project,
        engine=plan.engine.value,
        why_engine=why_engine,
        at=at,
        settings_digest=settings_digest,
        services=tuple(
            AppliedService(
                name=service.name,
                title=service.title,
                stack=service.stack,
                source=service.source.value,
                cause=service.cause,
                units=tuple(unit for unit in service.units if unit not in jobs),
                jobs=tuple(unit for unit in service.units if unit in jobs),
                url=service.url,
            )
            for service in plan.services
        ),
    )


def load_applied(home: Path) -> Applied | None:
    """Read what was last brought up; None if nothing was, or the file is not readable as such."""
    try:
        document = json.loads((home / FILE).read_bytes())
        return _parse(document)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def save_applied(home: Path, applied: Applied) -> None:
    """Write what was brought up."""
    text = json.dumps({"format": FORMAT, **asdict(applied)}, indent=1, ensure_ascii=False)
    write_atomic(home / FILE, text + "\n", mode=0o600)


def forget_applied(home: Path) -> None:
    """Remove the record, as after `down`."""
    (home / FILE).unlink(missing_ok=True)


def digest_settings(home: Path) -> str:
    """Digest the `.env`, so that a later change of it shows; empty when there is none."""
    try:
        return sha256((home / ".env").read_bytes()).hexdigest()
    except OSError:
        return ""


def _parse(document: Mapping[str, Any]) -> Applied | None:
    if document["format"] != FORMAT:
        return None
    services = tuple(
        AppliedService(
            **{
                **service,
                "units": tuple(service["units"]),
                "jobs": tuple(service["jobs"]),
            }
        )
        for service in document["services"]
    )
    rest = {key: value for key, value in document.items() if key not in ("format", "services")}
    return Applied(services=services, **rest)
