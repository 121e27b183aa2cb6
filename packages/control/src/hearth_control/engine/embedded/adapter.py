"""The embedded engine: the port over a supervisor of our own, for machines without Docker."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hearth_kit.secret import Secret

from hearth_control.engine.embedded.client import Link, connect, open_link
from hearth_control.engine.embedded.conduct import Conductor, after_message
from hearth_control.engine.embedded.explain import find_cause
from hearth_control.engine.embedded.layout import Layout
from hearth_control.engine.embedded.logs import Entry, follow, read_tail, read_tails
from hearth_control.engine.embedded.place import find_place, recorded_data, wheel_folder
from hearth_control.engine.embedded.postgres import Place
from hearth_control.engine.embedded.processes import boot_id, is_alive
from hearth_control.engine.embedded.spec import UnitSpec
from hearth_control.engine.embedded.state import EngineState, UnitRecord, load_state
from hearth_control.engine.embedded.translate import (
    INHERITED,
    World,
    postgres_spec,
    process_spec,
    provision_commands,
)
from hearth_control.engine.embedded.usage import measure
from hearth_control.engine.errors import UnitNotRunningError
from hearth_control.engine.events import Event, Failure, LogLine, StepDone, StepStarted
from hearth_control.engine.observed import Health, Observed, ObservedUnit, State
from hearth_control.engine.port import EngineFacts, Executed, Usage
from hearth_control.plan.model import Plan, ProcessUnit, Step, StepKind
from hearth_control.render.artifacts import Artifacts
from hearth_control.settings.model import EngineName

LAST_LINES = 20
KILLED = (
    "the supervisor was killed; its units have ended or are about to, and `hearth up` "
    "starts them again"
)


@dataclass(slots=True)
class EmbeddedEngine:
    """One installation as processes of this machine.

    `environment` is the person's shell, of which units see a few names only. `system` is where
    root's data goes when the home lies where an unprivileged user may not enter.
    """

    project: str
    home: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    system: Path = Path("/var/lib/hearth")

    @property
    def layout(self) -> Layout:
        """Where things lie in the home."""
        return Layout(home=Path(os.path.abspath(self.home)), project=self.project)  # noqa: PTH100  # keeps symlinks

    def probe(self) -> EngineFacts:
        """Name the PostgreSQL that would run. Raises `PostgresUnusableError`."""
        folder = wheel_folder()
        version = folder.name.removeprefix("pginstall") or "16"
        return EngineFacts(
            name=EngineName.EMBEDDED.value,
            version=f"PostgreSQL {version}",
            detail=f"processes of this machine, kept by a supervisor in {self.layout.run}",
        )

    def observe(self) -> Observed:
        """Read the state file and look at the processes that it names; asks nobody."""
        state = load_state(self.layout.state)
        if state is None:
            return Observed(engine=EngineName.EMBEDDED.value, volumes=self._volumes())
        watched = is_supervised(state)
        return Observed(
            engine=EngineName.EMBEDDED.value,
            units=tuple(
                observed_unit(name, state.units[name], supervised=watched)
                for name in sorted(state.units)
            ),
            volumes=self._volumes(),
            warnings=() if watched or state.clean or not state.units else (KILLED,),
        )

    def apply(
        self, plan: Plan, artifacts: Artifacts, secrets: Mapping[str, Secret]
    ) -> Iterator[Event]:
        """Start the supervisor if none runs and hand it the steps.

        Raises:
            HomeNotWritableError, SupervisorLostError: nothing could be started.
        """
        del artifacts
        if not plan.steps and not plan.databases:
            return
        world = World(
            layout=self.layout,
            python=sys.executable,
            shell=self.environment,
            secrets=secrets,
        )
        with open_link(self.layout, self._supervisor_environment()) as link:
            plan = with_lost_units(plan, load_state(self.layout.state))
            self._provision_running(link, plan, world)
            yield from Conductor(
                plan=plan,
                link=link,
                translate=lambda name: self._spec(plan, name, world),
                explain=lambda unit, answer, began: self._failure(plan, unit, answer, began),
                light=light_needs(plan),
            ).run()

    def stop(self, units: Sequence[str]) -> Iterator[Event]:
        """Stop units, those that others need last; they stay known and keep their data."""
        link = connect(self.layout)
        if link is None:
            return
        with link:
            state = load_state(self.layout.state)
            records = {} if state is None else state.units
            known = [name for name in units if name in records]
            for wave in stop_waves({name: records[name].needs for name in known}):
                yield from _ask_each(link, wave, "stop", StepKind.STOP, "stopped by you")

    def down(self, *, volumes: Sequence[str] = ()) -> Iterator[Event]:
        """End everything, the supervisor too, and forget it; keep data that is not named."""
        state = load_state(self.layout.state)
        if state is not None:
            with open_link(self.layout, self._supervisor_environment()) as link:
                state = load_state(self.layout.state) or state
                needs = {name: record.needs for name, record in state.units.items()}
                for wave in stop_waves(needs):
                    yield from _ask_each(link, wave, "forget", StepKind.REMOVE, "taken down by you")
                link.ask({"do": "quit"})
            self._wait_for_end(state)
            self.layout.state.unlink(missing_ok=True)
        found = self._volumes()
        for name in volumes:
            if name in found:
                shutil.rmtree(found[name]["path"])

    def logs(
        self, units: Sequence[str], *, tail: int = 100, follow: bool = False
    ) -> Iterator[LogLine]:
        """Read the units' log files; following never ends by itself."""
        paths = [(unit, self.layout.log(unit)) for unit in units]
        return _log_lines(paths, tail=tail, following=follow)

    def execute(self, unit: str, argv: Sequence[str], *, timeout_seconds: float = 60) -> Executed:
        """Run a command with a unit's environment, folder and user.

        Raises:
            UnitNotRunningError: there is no such unit, or it does not run.
        """
        answer = self._unit_environment(unit)
        if answer is None or answer["event"] != "environment":
            message = f"{self.home}: unit `{unit}` does not run"
            raise UnitNotRunningError(message, hint="hearth up")
        user = answer["user"]
        try:
            done = subprocess.run(
                tuple(argv),
                env=answer["values"],
                cwd=answer["folder"],
                user=None if user is None else user[0],
                group=None if user is None else user[1],
                extra_groups=None if user is None else [],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            text = f"{argv[0]}: took longer than {timeout_seconds:g} s\n"
            return Executed(exit_code=124, stdout="", stderr=text)
        except OSError as error:
            text = f"{argv[0]}: {(error.strerror or str(error)).lower()}\n"
            return Executed(exit_code=127, stdout="", stderr=text)
        return Executed(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def stats(self, units: Sequence[str]) -> tuple[Usage, ...]:
        """Measure each unit with all that it started, over a tenth of a second."""
        observed = self.observe()
        running = {
            unit.name: unit.pid
            for unit in observed.units
            if unit.name in units and unit.pid is not None
        }
        return tuple(
            Usage(unit=name, cpu=cpu, memory=memory)
            for name, (cpu, memory) in measure(running).items()
        )

    def _volumes(self) -> dict[str, Mapping[str, str]]:
        """Name the folders that units keep data in."""
        paths = data_folders(self.layout.data)
        database = recorded_data(self.layout)
        if database is not None and database.exists():
            paths["postgres"] = database
        return {
            name: {"hearth.project": self.project, "path": os.fspath(paths[name])}
            for name in sorted(paths)
        }

    def _supervisor_environment(self) -> dict[str, str]:
        kept = {key: value for key, value in self.environment.items() if key in INHERITED}
        return {**kept, "PATH": self.environment.get("PATH", os.defpath)}

    def _place(self) -> Place:
        return find_place(self.layout, system=self.system)

    def _spec(self, plan: Plan, name: str, world: World) -> UnitSpec | None:
        unit = plan.unit(name)
        if not isinstance(unit, ProcessUnit):
            return None
        if unit.builtin is None:
            return None if unit.process is None else process_spec(unit, unit.process, world)
        databases = [each for each in plan.databases if each.provider == unit.service]
        return postgres_spec(unit, self._place(), databases, world)

    def _provision_running(self, link: Link, plan: Plan, world: World) -> None:
        """Let a PostgreSQL that stays as it is make what new consumers need."""
        targets = {step.target for step in plan.steps}
        for unit in plan.units:
            if isinstance(unit, ProcessUnit) and unit.builtin and unit.name not in targets:
                databases = [each for each in plan.databases if each.provider == unit.service]
                commands = provision_commands(unit, self._place(), databases, secrets=world.secrets)
                link.ask(after_message(unit.name, commands))

    def _failure(self, plan: Plan, name: str, answer: Mapping[str, Any], began: float) -> Failure:
        unit = plan.unit(name)
        since = datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds")[:-6]
        lines = tuple(
            entry.text
            for entry in read_tail(self.layout.log(name), name, LAST_LINES)
            if entry.stream != "hearth" and entry.time >= since
        )
        port = unit.port if isinstance(unit, ProcessUnit) else None
        facts = {
            "home": os.fspath(self.layout.home),
            "port": str(port or ""),
            "owner": port_owner(port),
            "service_key": (unit.service if unit else name).upper().replace("-", "_"),
        }
        code = answer.get("exit_code")
        cause, hint = find_cause(lines, exit_code=code, facts=facts)
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

    def _unit_environment(self, unit: str) -> dict[str, Any] | None:
        link = connect(self.layout)
        if link is None:
            return None
        with link:
            return link.ask({"do": "environment", "unit": unit})

    def _wait_for_end(self, state: EngineState) -> None:
        deadline = time.monotonic() + 10.0
        while time.monotonic() < deadline and is_alive(state.pid, state.start):
            time.sleep(0.01)


def with_lost_units(plan: Plan, state: EngineState | None) -> Plan:
    """Add steps for unchanged units that ended after the plan was made: it must still come true."""
    records = {} if state is None else state.units
    steps = [
        Step(kind=StepKind.START, target=unit.name, cause="it has ended", service=unit.service)
        for unit in plan.units
        if isinstance(unit, ProcessUnit)
        and unit.name in plan.unchanged
        and (unit.name not in records or records[unit.name].state in {"stopped", "exited"})
    ]
    return replace(plan, steps=(*steps, *plan.steps)) if steps else plan


def light_needs(plan: Plan) -> dict[str, frozenset[str]]:
    """Find the needs that are met before the needed process itself runs.

    A process that is not told where another one listens cannot ask it anything: it needs what
    comes before it. The worker needs the schema that the server's `before` brings up to date.
    """
    processes = [unit for unit in plan.units if isinstance(unit, ProcessUnit)]
    prepares = {unit.name for unit in processes if unit.process is not None and unit.process.before}
    ports = {unit.name: unit.port for unit in processes}
    return {
        unit.name: frozenset(
            need for need in unit.needs if need in prepares and not _knows(unit, ports[need])
        )
        for unit in processes
    }


def _knows(unit: ProcessUnit, port: int | None) -> bool:
    """Tell whether a port stands anywhere in what a process is given."""
    command = () if unit.process is None else unit.process.command
    number = re.compile(rf"(?<!\d){port}(?!\d)")
    return any(number.search(text) for text in (*unit.environment.values(), *command))


def data_folders(data: Path) -> dict[str, Path]:
    """Name the folders of a home's data; a home that is not there, or closed, has none."""
    try:
        return {each.name: Path(each.path) for each in os.scandir(data) if each.is_dir()}
    except OSError:
        return {}


def port_owner(port: int | None) -> str:
    """Name who listens on a port now."""
    from hearth_control.host.ports import listening_ports

    return listening_ports().get(port or 0, "another program")


def is_supervised(state: EngineState) -> bool:
    """Tell whether the supervisor that wrote a state still lives."""
    return state.boot == boot_id() and is_alive(state.pid, state.start)


def observed_unit(name: str, record: UnitRecord, *, supervised: bool) -> ObservedUnit:
    """Give a unit as it is: as recorded while the supervisor lives, else as ended."""
    state, health = State(record.state), Health(record.health)
    if not supervised and state in {State.RUNNING, State.STARTING, State.RESTARTING}:
        state, health = State.STOPPED, Health.NONE
    elif state is State.RUNNING and not is_alive(record.pid, record.start):
        # It has just ended, and the supervisor is about to say so.
        state, health = State.RESTARTING, Health.NONE
    return ObservedUnit(
        name=name,
        service=record.service,
        state=state,
        health=health,
        hash=record.hash,
        exit_code=record.exit_code,
        oom=record.exit_code == -9,
        restarts=record.restarts,
        started_at=datetime.fromisoformat(record.started_at) if record.started_at else None,
        id=f"{record.pid}-{record.start}" if record.pid is not None else "",
        pid=record.pid if supervised else None,
    )


def stop_waves(needs: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """Order units so that none is stopped before those that need it; a wave goes together.

    Example:
        >>> list(stop_waves({"db": (), "app": ("db",), "web": ("app", "db")}))
        [('web',), ('app',), ('db',)]
    """
    left = {name: set(wanted) & set(needs) for name, wanted in needs.items()}
    while left:
        needed = {name for wanted in left.values() for name in wanted}
        wave = tuple(sorted(set(left) - needed)) or tuple(sorted(left))
        yield wave
        left = {name: wanted for name, wanted in left.items() if name not in wave}


def _ask_each(
    link: Link, units: Sequence[str], do: str, kind: StepKind, cause: str
) -> Iterator[Event]:
    steps = {name: Step(kind=kind, target=name, cause=cause) for name in units}
    began = time.monotonic()
    for name, step in steps.items():
        yield StepStarted(step=step)
        link.send({"do": do, "unit": name, "id": name})
    while steps:
        answer = link.receive(1.0)
        if answer is not None and answer.get("id") in steps:
            step = steps.pop(answer["id"])
            yield StepDone(step=step, seconds=time.monotonic() - began)


def _log_lines(
    paths: Sequence[tuple[str, Path]], *, tail: int, following: bool
) -> Iterator[LogLine]:
    entries = follow(paths, tail=tail) if following else read_tails(paths, tail)
    for entry in entries:
        yield _log_line(entry)


def _log_line(entry: Entry) -> LogLine:
    moment = datetime.fromisoformat(entry.time) if entry.time else None
    return LogLine(unit=entry.unit, text=entry.text, time=moment, stream=entry.stream)
