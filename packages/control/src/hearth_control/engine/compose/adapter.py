"""The compose engine: one installation on Docker, behind the engine port."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hearth_kit.clock import Clock, SystemClock
from hearth_kit.errors import BugError

from hearth_control.engine.compose.api import EngineAPI
from hearth_control.engine.compose.endpoint import Endpoint, find_endpoint
from hearth_control.engine.compose.observe import PROJECT, UNIT, observe
from hearth_control.engine.errors import EngineUnavailableError, UnitNotRunningError
from hearth_control.engine.observed import Observed
from hearth_control.engine.port import NOTHING, EngineFacts, Executed, Usage

if TYPE_CHECKING:
    from hearth_kit.secret import Secret

    from hearth_control.engine.compose.apply import Conductor
    from hearth_control.engine.compose.argv import Project
    from hearth_control.engine.compose.tools import Tools
    from hearth_control.engine.events import Event, LogLine
    from hearth_control.plan.model import Plan
    from hearth_control.render.artifacts import Artifacts

RENDERED = "rendered"
MOUNTED = "mounted"
CACHE = "cache"
PASSED = "passed-checks.json"


class ComposeEngine:
    """One installation on a Docker engine. What a method needs is imported when it is called."""

    def __init__(
        self,
        *,
        project: str,
        home: Path,
        environment: Mapping[str, str],
        clock: Clock | None = None,
        endpoint: Endpoint | None = None,
    ) -> None:
        self._project = project
        self._home = home
        self._environment = environment
        self._clock = clock or SystemClock()
        self._chosen = endpoint

    @cached_property
    def api(self) -> EngineAPI:
        """Give the engine's API; making it asks nothing yet."""
        return EngineAPI(self._chosen or find_endpoint(self._environment))

    def probe(self) -> EngineFacts:
        """Ask the engine who it is. 1 ms over a socket."""
        ping = self.api.ping()
        api = ".".join(str(part) for part in ping.api)
        detail = f"API {api} at {self.api.endpoint.label}"
        return EngineFacts(name="Docker Engine", version=ping.version, detail=detail)

    def observe(self) -> Observed:
        """Take one snapshot, from the engine's own lists."""
        return observe(self.api, self._project, passed=self._load_passed)

    def apply(
        self, plan: Plan, artifacts: Artifacts, secrets: Mapping[str, Secret]
    ) -> Iterator[Event]:
        """Write the rendered files, then carry the steps out.

        Raises:
            BugError: a secret that the files mention was not handed in.
            RenderedNotWrittenError: the disk is full or the home cannot be written; nothing was
                changed.
            EngineUnavailableError: the engine went away meanwhile.
        """
        from hearth_control.engine.compose.envfile import env_file
        from hearth_control.engine.compose.mounted import write_mounted
        from hearth_control.engine.compose.rendered import write_rendered
        from hearth_control.secrets.handed import content_of

        values = _values(artifacts, secrets)
        contents = {file.name: content_of(file, secrets) for file in artifacts.secret_files}
        write_mounted(self._home / MOUNTED, contents)
        write_rendered(self._home / RENDERED, artifacts.files, env=env_file(values))
        if plan.steps:
            from hearth_control.engine.compose.apply import Conductor

            known = {secret.reveal() for secret in secrets.values()} | set(values.values())
            tools = self._tools(plan, tuple(sorted(known)))
            yield from self._carry_out(Conductor(tools, clock=self._clock), plan)

    def _carry_out(self, conductor: Conductor, plan: Plan) -> Iterator[Event]:
        from hearth_control.engine.compose.own_images import try_remove_stale
        from hearth_control.engine.events import StepFailed

        is_whole = True
        for event in conductor.run():
            is_whole = is_whole and not isinstance(event, StepFailed)
            yield event
        if is_whole:
            try_remove_stale(self.api, plan)

    def stop(self, units: Sequence[str]) -> Iterator[Event]:
        """Stop units and keep them and their data."""
        from hearth_control.engine.compose.halt import Halt

        yield from Halt(self.api, self._project, clock=self._clock).stop(units)

    def down(self, *, volumes: Sequence[str] = ()) -> Iterator[Event]:
        """Remove every unit and network; volumes by the file's name or the engine's."""
        from hearth_control.engine.compose.halt import Halt
        from hearth_control.engine.compose.mounted import remove_mounted

        yield from Halt(self.api, self._project, clock=self._clock).down(volumes)
        remove_mounted(self._home / MOUNTED)

    def logs(
        self, units: Sequence[str], *, tail: int = 100, follow: bool = False
    ) -> Iterator[LogLine]:
        """Give last lines, all units' where none is named, then new ones if following."""
        from hearth_control.engine.compose.logs import containers_of, follow_logs, read_logs

        found = self.api.containers(f"{PROJECT}={self._project}")
        wanted = containers_of(found, units, label=UNIT)
        yield from (follow_logs if follow else read_logs)(self.api, wanted, tail=tail)

    def execute(
        self,
        unit: str,
        argv: Sequence[str],
        *,
        timeout_seconds: float = 60,
        environment: Mapping[str, str] = NOTHING,
        tell: Callable[[str], None] | None = None,
    ) -> Executed:
        """Run a command inside a unit's first running container.

        Raises:
            UnitNotRunningError: no container of the unit runs.
            EngineUnavailableError: the command was silent for longer than the time-out.
        """
        from hearth_control.engine.compose.stream import Lines, demux

        container = next(iter(self._running((unit,))), None)
        if container is None:
            message = f"{self._project}: unit `{unit}` does not run"
            raise UnitNotRunningError(message, hint="hearth up")
        exec_id = self.api.create_exec(container, argv, environment=environment)
        said = {"stdout": b"", "stderr": b""}
        told = Lines(tell)
        try:
            with self.api.start_exec(exec_id, timeout_seconds=timeout_seconds) as stream:
                for name, payload in demux(stream.pieces()):
                    said[name] += payload
                    if name == "stdout":
                        told.take(payload)
        except EngineUnavailableError as error:
            if not isinstance(error.__cause__, TimeoutError):
                raise
            message = f"{unit}: `{argv[0]}` was silent for {timeout_seconds:g} s"
            raise EngineUnavailableError(message, hint=f"hearth logs {unit}") from error
        code = self.api.exec_exit_code(exec_id)
        return Executed(
            exit_code=-1 if code is None else code,
            stdout=said["stdout"].decode("utf-8", "replace"),
            stderr=said["stderr"].decode("utf-8", "replace"),
        )

    def stats(self, units: Sequence[str]) -> tuple[Usage, ...]:
        """Measure running units over a quarter of a second."""
        from hearth_control.engine.compose.usage import measure

        return measure(self.api, self._running(units))

    def _running(self, units: Sequence[str]) -> dict[str, str]:
        found = self.api.containers(f"{PROJECT}={self._project}")
        names = {
            one["Id"]: one["Labels"].get(UNIT, "") for one in found if one["State"] == "running"
        }
        return {
            container: unit
            for unit in units
            for container, name in sorted(names.items())
            if name == unit
        }

    def _tools(self, plan: Plan, secrets: tuple[str, ...]) -> Tools:
        from hearth_control.engine.compose.argv import environment
        from hearth_control.engine.compose.crew import Interrupts
        from hearth_control.engine.compose.own_check import Passed
        from hearth_control.engine.compose.tools import Tools

        return Tools(
            api=self.api,
            project=self._files(),
            plan=plan,
            environment=environment(self._environment, docker_host=self.api.endpoint.url),
            check_plugin=self._check_plugin,
            interrupts=Interrupts(),
            passed=Passed(self._home / CACHE / PASSED),
            secrets=secrets,
        )

    def _load_passed(self) -> Mapping[str, str]:
        from hearth_control.engine.compose.own_check import Passed

        return Passed(self._home / CACHE / PASSED).load()

    def _files(self) -> Project:
        from hearth_control.engine.compose.argv import Project
        from hearth_control.engine.compose.rendered import COMPOSE_FILE, ENV_FILE

        folder = self._home / RENDERED
        return Project(name=self._project, file=folder / COMPOSE_FILE, env_file=folder / ENV_FILE)

    def _check_plugin(self) -> None:
        """Check the compose plugin, once for each file of it: asking it takes 80 ms."""
        from hearth_kit.files import write_atomic

        from hearth_control.engine.compose.plugin import check_plugin, find_plugin

        plugin = find_plugin(self._environment)
        seen = self._home / CACHE / "compose-plugin.json"
        stat = plugin.stat() if plugin else None
        mark = [str(plugin), stat.st_mtime_ns, stat.st_size] if stat else []
        try:
            known = json.loads(seen.read_bytes())
        except (OSError, ValueError):
            known = None
        if mark and known == mark:
            return
        check_plugin(self._environment)
        seen.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(seen, json.dumps(mark))


def _values(artifacts: Artifacts, secrets: Mapping[str, Secret]) -> dict[str, str]:
    missing = sorted(set(artifacts.secret_variables.values()) - secrets.keys())
    if missing:
        # Compose would start the container with an empty value.
        message = f"secrets: `{missing[0]}` is mentioned by the rendered file and was not given"
        raise BugError(message)
    from hearth_control.secrets.handed import value_of

    return {name: value_of(name, secrets[key]) for name, key in artifacts.secret_variables.items()}
