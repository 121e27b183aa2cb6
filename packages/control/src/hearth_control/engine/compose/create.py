"""Creating containers: one call of `docker compose` for all of them, starting none.

Compose makes what it is good at making out of a file: networks, volumes, containers. Hearth
starts them itself, each as soon as what it needs is ready, which Compose would find out by
polling.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence

from hearth_kit.errors import HearthError

from hearth_control.engine.compose import argv
from hearth_control.engine.compose.api import Json
from hearth_control.engine.compose.diagnose import is_subnet_taken
from hearth_control.engine.compose.errors import ComposeFailedError
from hearth_control.engine.compose.observe import HASH
from hearth_control.engine.compose.tools import Tools
from hearth_control.plan.model import ContainerUnit

TIMEOUT_SECONDS = 1800
_HALF_RECREATED = re.compile(r"^/[0-9a-f]{12}_")
_DAEMON = "Error response from daemon: "


def create_containers(tools: Tools, units: Sequence[ContainerUnit]) -> Mapping[str, HearthError]:
    """Make every unit have a container of its hash; give the units that have none, and why.

    Units that are as they should be are not touched; without any other, Compose is not called.
    """
    before = tools.containers()
    _remove_half_recreated(tools, before)
    wanting = [unit for unit in units if not _is_there(unit, before)]
    if not wanting:
        return {}
    tools.check_plugin()
    recreate = any(_has_other_hash(unit, before) for unit in wanting)
    names = [unit.name for unit in wanting]
    error = run_compose(tools, argv.create(tools.project, names, recreate=recreate))
    if error is None:
        return {}
    return _sorted_out(tools, wanting, error)


def run_compose(tools: Tools, command: Sequence[str]) -> ComposeFailedError | None:
    """Run a `docker compose` command to its end; give its error, None when it went well."""
    try:
        # In a session of its own: Ctrl-C at the terminal is for Hearth, which ends the step.
        ended = subprocess.run(
            command,
            env=dict(tools.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
            start_new_session=True,
        )
    except FileNotFoundError:
        return ComposeFailedError(f"docker compose: no command `{command[0]}` on PATH")
    except subprocess.TimeoutExpired:
        return ComposeFailedError(f"docker compose: no end after {TIMEOUT_SECONDS} s")
    if ended.returncode == 0:
        return None
    text = tools.redact(said(ended.stdout)) or f"exit code {ended.returncode}"
    return ComposeFailedError(f"docker compose: {text}")


def said(output: str) -> str:
    """Find what a failed compose command says is wrong."""
    lines = [" ".join(line.split()) for line in output.splitlines() if line.strip()]
    for line in reversed(lines):
        if _DAEMON in line:
            return line.partition(_DAEMON)[2]
    return lines[-1] if lines else ""


def _sorted_out(
    tools: Tools, wanting: Sequence[ContainerUnit], error: ComposeFailedError
) -> Mapping[str, HearthError]:
    # One container's error makes Compose leave others undone: each of those is tried alone, so
    # that each has its own error and the rest comes up.
    after = tools.containers()
    missing = [unit for unit in wanting if not _is_there(unit, after)]
    if len(missing) < 2 or _is_about_file(error) or is_subnet_taken(error.message):
        return {unit.name: error for unit in missing}
    errors: dict[str, HearthError] = {}
    for unit in missing:
        recreate = _has_other_hash(unit, after)
        command = argv.create(tools.project, [unit.name], recreate=recreate)
        if (own := run_compose(tools, command)) is not None:
            errors[unit.name] = own
    return errors


def _is_about_file(error: ComposeFailedError) -> bool:
    texts = ("yaml:", "validating ", "undefined ", "invalid compose", "failed to read", "unknown ")
    return any(text in error.message for text in texts)


def _remove_half_recreated(tools: Tools, found: dict[str, list[Json]]) -> None:
    # A recreation that was cut off leaves the new container under a makeshift name, never run.
    for unit, containers in found.items():
        kept = []
        for container in containers:
            if container["State"] == "created" and _HALF_RECREATED.match(container["Names"][0]):
                tools.api.remove(container["Id"])
            else:
                kept.append(container)
        found[unit] = kept


def _is_there(unit: ContainerUnit, found: Mapping[str, list[Json]]) -> bool:
    containers = found.get(unit.name, [])
    same = all(container["Labels"].get(HASH) == unit.hash for container in containers)
    return same and len(containers) == int(unit.spec.get("scale", 1))


def _has_other_hash(unit: ContainerUnit, found: Mapping[str, list[Json]]) -> bool:
    return any(one["Labels"].get(HASH) != unit.hash for one in found.get(unit.name, []))
