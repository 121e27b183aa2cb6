"""`up` on a Docker engine beside `docker compose up` on the same file.

Cold: both start the same rendered project on images that are already there (placeholders of the
lab, which prove the orchestration and not the services).
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from report import Report
from timing import Command, in_turn, once
from world import HEARTH, has_docker, hearth, home


def run(report: Report, *, runs: int) -> None:
    if not has_docker():
        report.left_out("up", "no Docker engine answers")
        return
    with home("compose", PRESET="full") as folder:
        up = [str(HEARTH), "--home", str(folder), "up", "--yes"]
        peer = compose_argv(folder)
        mine, theirs = [], []
        hearth(folder, "up", "--yes")
        units = running(folder)
        for _ in range(min(runs, 3)):
            hearth(folder, "down", "--yes")
            mine.append(once(Command(name="cold up", argv=up))[0])
            noop = in_turn(
                [
                    Command(name="hearth up, nothing to do", argv=up, limit=400),
                    Command(name="docker compose up -d, nothing to do", argv=[*peer, "up", "-d"]),
                ],
                runs=min(runs, 5),
            )
            with kept_secrets(folder):
                hearth(folder, "down", "--yes")
            # It ends with 1 although all is well, as jobs have ended: what runs is looked at.
            cold_compose = Command(
                name="cold compose", argv=[*peer, "up", "-d", "--wait"], exit_codes=(0, 1)
            )
            theirs.append(once(cold_compose)[0])
            if (there := running(folder)) != units:
                raise SystemExit(f"docker compose started {there} of {units} units")
            subprocess.run([*peer, "down"], capture_output=True, check=True)
        report.timings("up (compose)", noop)
        ratio = statistics.median(mine) / statistics.median(theirs)
        cold = statistics.median(mine), statistics.median(theirs)
        print(f"  cold: hearth {cold[0]:.0f} ms, docker compose {cold[1]:.0f} ms")
        report.figure(
            "up (compose)",
            "cold up against docker compose up -d --wait",
            ratio,
            unit="×",
            limit=1.1,
        )
        noop_ratio = noop[0].median / noop[1].median
        report.figure(
            "up (compose)", "no-op up against docker compose up -d", noop_ratio, unit="×", limit=1.0
        )


def compose_argv(folder: Path) -> list[str]:
    """Give the compose command on the file that `up` itself hands to compose."""
    rendered = folder / "rendered"
    project = json.loads(hearth(folder, "plan", "--json").stdout)["project"]
    return [
        "docker",
        "compose",
        "-p",
        project,
        "-f",
        str(rendered / "compose.yaml"),
        "--env-file",
        str(rendered / "secrets.env"),
    ]


@contextmanager
def kept_secrets(folder: Path) -> Iterator[None]:
    """Put the mounted secrets back afterwards, which `down` removes and compose mounts again."""
    mounted, kept = folder / "mounted", folder / "mounted-for-compose"
    shutil.copytree(mounted, kept)
    yield
    shutil.rmtree(mounted, ignore_errors=True)
    kept.rename(mounted)


def running(folder: Path) -> int:
    """Count the containers of the installation that run."""
    project = json.loads(hearth(folder, "plan", "--json").stdout)["project"]
    argv = ["docker", "ps", "--quiet", "--filter", f"label=hearth.project={project}"]
    return len(subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split())
