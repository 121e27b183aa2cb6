"""Carrying a plan out: units become specs, steps become requests, failures get their reasons."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hearth_kit.secret import Secret

from hearth_control.engine.embedded.client import Link, open_link
from hearth_control.engine.embedded.conduct import Conductor, after_message
from hearth_control.engine.embedded.explain import find_cause
from hearth_control.engine.embedded.layout import Layout
from hearth_control.engine.embedded.logs import read_tail
from hearth_control.engine.embedded.order import light_needs, with_lost_units
from hearth_control.engine.embedded.place import find_place
from hearth_control.engine.embedded.shell import supervisor_environment
from hearth_control.engine.embedded.spec import UnitSpec
from hearth_control.engine.embedded.state import load_state
from hearth_control.engine.embedded.translate import (
    World,
    postgres_spec,
    process_spec,
    provision_commands,
)
from hearth_control.engine.events import Event, Failure
from hearth_control.plan.model import Plan, ProcessUnit

LAST_LINES: Final = 20


@dataclass(slots=True, kw_only=True)
class Carrier:
    """What it takes to carry out the plans of one home."""

    layout: Layout
    system: Path
    shell: Mapping[str, str]
    secrets: Mapping[str, Secret]

    def carry_out(self, plan: Plan) -> Iterator[Event]:
        """Start the supervisor if none runs, and go through the steps with it.

        Raises:
            HomeNotWritableError, SupervisorLostError: nothing could be started.
        """
        with open_link(self.layout, supervisor_environment(self.shell)) as link:
            plan = with_lost_units(plan, load_state(self.layout.state))
            self._provision_running(link, plan)
            yield from Conductor(
                plan=plan,
                link=link,
                translate=lambda name: self._spec(plan, name),
                explain=lambda unit, answer, began: self._failure(plan, unit, answer, began),
                light=light_needs(plan),
            ).run()

    @property
    def world(self) -> World:
        """What translation needs to know besides a unit."""
        return World(
            layout=self.layout, python=sys.executable, shell=self.shell, secrets=self.secrets
        )

    def _spec(self, plan: Plan, name: str) -> UnitSpec | None:
        unit = plan.unit(name)
        if not isinstance(unit, ProcessUnit):
            return None
        if unit.builtin is None:
            return None if unit.process is None else process_spec(unit, unit.process, self.world)
        databases = [each for each in plan.databases if each.provider == unit.service]
        place = find_place(self.layout, system=self.system)
        return postgres_spec(unit, place, databases, self.world)

    def _provision_running(self, link: Link, plan: Plan) -> None:
        """Let a PostgreSQL that stays as it is make what new consumers need."""
        targets = {step.target for step in plan.steps}
        for unit in plan.units:
            if isinstance(unit, ProcessUnit) and unit.builtin and unit.name not in targets:
                databases = [each for each in plan.databases if each.provider == unit.service]
                place = find_place(self.layout, system=self.system)
                commands = provision_commands(unit, place, databases, secrets=self.secrets)
                link.ask(after_message(unit.name, commands))

    def _failure(self, plan: Plan, name: str, answer: Mapping[str, Any], began: float) -> Failure:
        since = datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds")[:-6]
        lines = tuple(
            entry.text
            for entry in read_tail(self.layout.log(name), name, LAST_LINES)
            if entry.stream != "hearth" and entry.time >= since
        )
        code = answer.get("exit_code")
        cause, hint = find_cause(lines, exit_code=code, facts=self._facts(plan, name))
        return Failure(
            unit=name,
            summary=f"{name}: {answer.get('why', 'it failed')}",
            probe_output=str(answer.get("probe_output") or ""),
            log_lines=lines,
            exit_code=code,
            oom=code == -9,
            cause=cause,
            hint=hint or f"hearth logs {name}",
        )

    def _facts(self, plan: Plan, name: str) -> dict[str, str]:
        unit = plan.unit(name)
        port = unit.port if isinstance(unit, ProcessUnit) else None
        return {
            "home": os.fspath(self.layout.home),
            "port": str(port or ""),
            "owner": port_owner(port),
            "service_key": (unit.service if unit else name).upper().replace("-", "_"),
        }


def port_owner(port: int | None) -> str:
    """Name who listens on a port now."""
    from hearth_control.host.ports import listening_ports

    return listening_ports().get(port or 0, "another program")
