"""The compose plugin: whether it is there and new enough.

Looking for the file takes no process (under a millisecond); its version is asked only before it
is used.

Source: docker/cli `cli-plugins/manager` (folders, in this order), read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from hearth_control.engine.compose import argv
from hearth_control.engine.compose.endpoint import config_folder, read_json
from hearth_control.engine.errors import SET_UP, EngineTooOldError, EngineUnavailableError

OLDEST = (2, 24)
INSTALL = "https://docs.docker.com/compose/install/linux/"
NAME = "docker-compose"
FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
    "/opt/homebrew/lib/docker/cli-plugins",
)


def find_plugin(environment: Mapping[str, str], *, folders: Sequence[str] = FOLDERS) -> Path | None:
    """Find the plugin's file; None where it is not installed."""
    config = config_folder(environment)
    extra = read_json(config / "config.json").get("cliPluginsExtraDirs")
    own = [str(folder) for folder in extra] if isinstance(extra, list) else []
    for folder in (*own, str(config / "cli-plugins"), *folders):
        candidate = Path(folder) / NAME
        if candidate.is_file():
            return candidate
    return None


def require_plugin(environment: Mapping[str, str]) -> Path:
    """Find the plugin's file.

    Raises:
        EngineUnavailableError: it is not installed.
    """
    found = find_plugin(environment)
    if found is None:
        message = f"docker compose: the plugin `{NAME}` is not installed"
        raise EngineUnavailableError(message, hint=SET_UP)
    return found


def check_plugin(environment: Mapping[str, str], *, program: str = "docker") -> str:
    """Ask the plugin for its version and give it.

    Raises:
        EngineUnavailableError: there is no `docker` command, or it has no compose plugin.
        EngineTooOldError: the plugin is older than 2.24.
    """
    import subprocess

    try:
        asked = subprocess.run(
            argv.version(program),
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except FileNotFoundError as error:
        message = f"docker: no command `{program}` on PATH"
        raise EngineUnavailableError(message, hint=SET_UP) from error
    except subprocess.TimeoutExpired as error:
        message = "docker compose: no answer within 30 s when asked for its version"
        raise EngineUnavailableError(message, hint="docker compose version") from error
    found = parse_version(asked.stdout)
    if asked.returncode != 0 or found is None:
        message = f"docker compose: the plugin `{NAME}` is not installed"
        raise EngineUnavailableError(message, hint=SET_UP)
    if found < OLDEST:
        message = f"docker compose: version {asked.stdout.strip()} is older than 2.24"
        raise EngineTooOldError(message, hint=INSTALL)
    return asked.stdout.strip()


def parse_version(text: str) -> tuple[int, int] | None:
    """Read `2.26.1-4` or `v2.40.0`; None for anything else."""
    match = re.match(r"\s*v?(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None
