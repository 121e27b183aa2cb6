"""The embedded engine: the port over a supervisor of our own, for machines without Docker."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hearth_kit.secret import Secret

from hearth_control.engine.embedded.layout import Layout
from hearth_control.engine.embedded.observe import find_volumes, observe
from hearth_control.engine.embedded.processes import is_alive
from hearth_control.engine.embedded.state import EngineState, load_state
from hearth_control.engine.errors import UnitNotRunningError
from hearth_control.engine.events import Event, LogLine, StepDone, StepStarted
from hearth_control.engine.observed import Observed
from hearth_control.engine.port import NOTHING, EngineFacts, Executed, Usage
from hearth_control.plan.model import Plan, Step, StepKind
from hearth_control.render.artifacts import Artifacts
from hearth_control.settings.model import EngineName

if TYPE_CHECKING:
    # `status` observes and does nothing else: what other verbs need is imported by them.
    from hearth_control.engine.embedded.client import Link

END_SECONDS = 10.0


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
        from hearth_control.engine.embedded.place import wheel_folder

        folder = wheel_folder()
        version = folder.name.removeprefix("pginstall") or "16"
        return EngineFacts(
            name=EngineName.EMBEDDED.value,
            version=f"PostgreSQL {version}",
            detail=f"processes of this machine, kept by a supervisor in {self.layout.run}",
        )

    def observe(self) -> Observed:
        """Read the state file and look at the processes that it names; asks nobody."""
        return observe(self.layout)

    def apply(
        self, plan: Plan, artifacts: Artifacts, secrets: Mapping[str, Secret]
    ) -> Iterator[Event]:
        """Write the rendered files, start the supervisor if none runs and hand it the steps.

        Raises:
            OSError: a file could not be written; its old text is untouched.
            HomeNotWritableError, SupervisorLostError: nothing could be started.
        """
        from hearth_control.engine.embedded.carry import Carrier

        _write(self.layout.rendered, artifacts.files)
        if plan.steps or plan.databases:
            carrier = Carrier(
                layout=self.layout, system=self.system, shell=self.environment, secrets=secrets
            )
            yield from carrier.carry_out(plan)

    def stop(self, units: Sequence[str]) -> Iterator[Event]:
        """Stop units, those that others need last; they stay known and keep their data."""
        from hearth_control.engine.embedded.client import connect
        from hearth_control.engine.embedded.order import stop_waves

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
        import shutil

        if load_state(self.layout.state) is not None:
            yield from self._forget_all()
        found = find_volumes(self.layout)
        for name in volumes:
            if name in found:
                shutil.rmtree(found[name]["path"])
        self._leave_system()

    def logs(
        self, units: Sequence[str], *, tail: int = 100, follow: bool = False
    ) -> Iterator[LogLine]:
        """Read the units' log files; following never ends by itself."""
        return _log_lines([(name, self.layout.log(name)) for name in units], tail, following=follow)

    def execute(
        self,
        unit: str,
        argv: Sequence[str],
        *,
        timeout_seconds: float = 60,
        environment: Mapping[str, str] = NOTHING,
        tell: Callable[[str], None] | None = None,
    ) -> Executed:
        """Run a command with a unit's environment, folder and user.

        Raises:
            UnitNotRunningError: there is no such unit, or it does not run.
        """
        answer = self._unit_environment(unit)
        if answer is None or answer["event"] != "environment":
            message = f"{self.home}: unit `{unit}` does not run"
            raise UnitNotRunningError(message, hint="hearth up")
        values = {**answer["values"], **environment}
        given = {**answer, "values": values}
        if tell is not None:
            return _run_telling(given, tuple(argv), timeout_seconds, tell)
        return _run(given, tuple(argv), timeout_seconds)

    def stats(self, units: Sequence[str]) -> tuple[Usage, ...]:
        """Measure each unit with all that it started, over a tenth of a second."""
        from hearth_control.engine.embedded.usage import measure

        running = {
            unit.name: unit.pid
            for unit in self.observe().units
            if unit.name in units and unit.pid is not None
        }
        return tuple(
            Usage(unit=name, cpu=cpu, memory=memory)
            for name, (cpu, memory) in measure(running).items()
        )

    def _leave_system(self) -> None:
        """Remove this installation's folder outside the home once no data is left in it."""
        folder = self.system / self.project
        with contextlib.suppress(OSError):
            if {each.name for each in folder.iterdir()} <= {"socket"}:
                for socket in folder.iterdir():
                    socket.rmdir()
                folder.rmdir()

    def _forget_all(self) -> Iterator[Event]:
        from hearth_control.engine.embedded.client import open_link
        from hearth_control.engine.embedded.order import stop_waves
        from hearth_control.engine.embedded.shell import supervisor_environment

        with open_link(self.layout, supervisor_environment(self.environment)) as link:
            state = load_state(self.layout.state) or EngineState()
            needs = {name: record.needs for name, record in state.units.items()}
            for wave in stop_waves(needs):
                yield from _ask_each(link, wave, "forget", StepKind.REMOVE, "taken down by you")
            link.ask({"do": "quit"})
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline and is_alive(state.pid, state.start):
            time.sleep(0.01)
        self.layout.state.unlink(missing_ok=True)

    def _unit_environment(self, unit: str) -> dict[str, Any] | None:
        from hearth_control.engine.embedded.client import connect

        link = connect(self.layout)
        if link is None:
            return None
        with link:
            return link.ask({"do": "environment", "unit": unit})


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write what processes read; what is as it should be stays untouched."""
    from hearth_kit.files import write_atomic

    for name, text in files.items():
        path = folder / name
        with contextlib.suppress(OSError):
            if path.read_bytes() == text.encode():
                continue
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text)


def _run(given: Mapping[str, Any], argv: tuple[str, ...], timeout_seconds: float) -> Executed:
    """Run a command as a unit would, with what the supervisor gave of it."""
    import subprocess

    try:
        done = subprocess.run(
            argv, **_as_unit(given), capture_output=True, timeout=timeout_seconds, check=False
        )
    except subprocess.TimeoutExpired:
        text = f"{argv[0]}: took longer than {timeout_seconds:g} s\n"
        return Executed(exit_code=124, stdout="", stderr=text)
    except OSError as error:
        return _not_started(argv, error)
    return Executed(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)


def _as_unit(given: Mapping[str, Any]) -> dict[str, Any]:
    """Give what makes a process like one of the unit's own: its environment, folder and user."""
    import subprocess

    uid, gid = given["user"] or (None, None)
    return {
        "env": given["values"],
        "cwd": given["folder"],
        "user": uid,
        "group": gid,
        "extra_groups": None if uid is None else [],
        "stdin": subprocess.DEVNULL,
        "text": True,
        "errors": "replace",
    }


def _not_started(argv: tuple[str, ...], error: OSError) -> Executed:
    text = f"{argv[0]}: {(error.strerror or str(error)).lower()}\n"
    return Executed(exit_code=127, stdout="", stderr=text)


def _run_telling(
    given: Mapping[str, Any],
    argv: tuple[str, ...],
    timeout_seconds: float,
    tell: Callable[[str], None],
) -> Executed:
    """Run a command as a unit would, giving each line of its output as it comes."""
    import subprocess
    from tempfile import TemporaryFile
    from threading import Timer

    kept: list[str] = []
    with TemporaryFile("w+", errors="replace") as errors:
        try:
            process = subprocess.Popen(
                argv, **_as_unit(given), stdout=subprocess.PIPE, stderr=errors
            )
        except OSError as error:
            return _not_started(argv, error)
        limit = Timer(timeout_seconds, process.kill)
        limit.start()
        try:
            with process:
                for line in process.stdout or ():
                    kept.append(line)
                    tell(line.removesuffix("\n"))
        finally:
            limit.cancel()
        errors.seek(0)
        return Executed(exit_code=process.returncode, stdout="".join(kept), stderr=errors.read())


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
    paths: Sequence[tuple[str, Path]], tail: int, *, following: bool
) -> Iterator[LogLine]:
    from hearth_control.engine.embedded.logs import follow, read_tails

    for entry in follow(paths, tail=tail) if following else read_tails(paths, tail):
        moment = datetime.fromisoformat(entry.time) if entry.time else None
        yield LogLine(unit=entry.unit, text=entry.text, time=moment, stream=entry.stream)
