"""Command lines of `docker compose`, as tuples. Pure; somebody else runs them.

Source: https://docs.docker.com/reference/cli/docker/compose/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# What Docker's own programs need; the rest stays outside, because Compose lets the environment
# win over the environment file, so that a variable of the person's shell would replace a secret.
_PASSED = (
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "SSH_AUTH_SOCK",
    "DBUS_SESSION_BUS_ADDRESS",
    "DOCKER_CONFIG",
    "DOCKER_BUILDKIT",
    "BUILDX_BUILDER",
    "BUILDKIT_PROGRESS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What every `docker compose` call about one installation names."""

    name: str
    file: Path
    env_file: Path
    program: str = "docker"

    @property
    def base(self) -> tuple[str, ...]:
        """Begin a command: the project, its one file and the file with its secrets."""
        return (
            *(self.program, "compose", "--ansi", "never", "--progress", "plain"),
            *("-p", self.name, "-f", str(self.file), "--env-file", str(self.env_file)),
        )


def create(project: Project, units: Sequence[str], *, recreate: bool) -> tuple[str, ...]:
    """Create containers, their networks and volumes, and start none of them.

    Images are there already, and dependencies are the plan's business.
    """
    again = "--force-recreate" if recreate else "--no-recreate"
    flags = ("--no-start", "--no-deps", "--no-build", "--pull", "never", again)
    return (*project.base, "up", *flags, *units)


def build(project: Project, units: Sequence[str]) -> tuple[str, ...]:
    """Build the images of units that have a build context."""
    return (*project.base, "build", *units)


def version(program: str = "docker") -> tuple[str, ...]:
    """Ask the compose plugin for its version."""
    return (program, "compose", "version", "--short")


def environment(outside: Mapping[str, str], *, docker_host: str) -> dict[str, str]:
    """Give the environment that `docker compose` runs in: Docker's own variables, no others."""
    inside = {name: outside[name] for name in _PASSED if name in outside}
    return {**inside, "DOCKER_HOST": docker_host, "COMPOSE_STATUS_STDOUT": "0"}
