"""The whole catalog brought up once for a run of the tests, with what the engine saw of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journey import Installation
from lab.ports import free_base_port
from lab.shell import run


@dataclass(frozen=True, slots=True, kw_only=True)
class FullPreset:
    """One installation of the preset `full`.

    `came_up`: the first `up` · `seen`: the engine's own events during it, in order.
    """

    installation: Installation
    base_port: int
    plan: Mapping[str, Any]
    came_up: subprocess.CompletedProcess[str]
    seen: tuple[Mapping[str, Any], ...]

    @property
    def project(self) -> str:
        """Name the project."""
        return str(self.plan["project"])

    def container(self, unit: str) -> str:
        """Name a unit's first container."""
        return f"{self.project}-{unit}-1"

    def secret(self, key: str) -> str:
        """Read a secret that was made for it."""
        return (self.installation.home / "secrets" / key).read_text().strip()

    def inspected(self) -> dict[str, Any]:
        """Inspect every container, by unit."""
        wanted = f"label=hearth.project={self.project}"
        ids = run("docker", "ps", "--all", "--quiet", "--filter", wanted).split()
        found = json.loads(run("docker", "inspect", *ids))
        return {one["Config"]["Labels"]["hearth.unit"]: one for one in found}

    def started(self) -> dict[str, tuple[str, str]]:
        """Give each unit's container and when it was started: what a change must leave alone."""
        return {
            unit: (one["Id"], one["State"]["StartedAt"]) for unit, one in self.inspected().items()
        }

    def write_extra(self, image: str, *, name: str = "extra", port: int = 230, **said: str) -> None:
        """Turn on a service of the person's own, on a placeholder that behaves as it is told."""
        folder = self.installation.home / "services" / name
        folder.mkdir(parents=True, exist_ok=True)
        document = {
            "x-hearth": {
                "title": name,
                "summary": "A service of the person's own",
                "home": "https://example.org/extra",
                "licence": "MIT",
                "port": port,
                "memory": {"typical": "16M", "limit": "64M"},
                "stateless": True,
            },
            "services": {
                name: {
                    "image": image,
                    "expose": ["8080"],
                    "environment": said,
                    "healthcheck": {
                        "test": ["CMD", "curl", "http://127.0.0.1:8080/ready"],
                        "interval": "1s",
                        "timeout": "2s",
                        "retries": 3,
                        "start_period": "2s",
                    },
                }
            },
        }
        (folder / "compose.yaml").write_text(json.dumps(document, indent=1))
        self.installation.must("enable", name)


@contextmanager
def full_preset(home: Path) -> Iterator[FullPreset]:
    """Bring the preset up while the engine's events are kept; down with its data afterwards."""
    base_port = free_base_port()
    (home / ".env").write_text(f"ENGINE=compose\nPRESET=full\nFIT=warn\nBASE_PORT={base_port}\n")
    installation = Installation(home=home)
    plan = json.loads(installation.must("plan", "--json"))
    events = home / "engine-events.jsonl"
    argv = ("docker", "events", "--format", "{{json .}}", "--filter", "type=container")
    wanted = ("--filter", f"label=hearth.project={plan['project']}")
    try:
        with (
            events.open("wb") as output,
            subprocess.Popen((*argv, *wanted), stdout=output) as listener,
        ):
            came_up = installation.run("up", "--yes", timeout_seconds=600)
            listener.terminate()
        seen = tuple(json.loads(line) for line in events.read_text().splitlines())
        yield FullPreset(
            installation=installation,
            base_port=base_port,
            plan=json.loads(installation.must("plan", "--json")),
            came_up=came_up,
            seen=seen,
        )
    finally:
        installation.run("down", "--delete-data", "--yes")
