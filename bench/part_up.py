"""`up` on a Docker engine beside `docker compose up` on the same file.

Cold: both start the same rendered project on images that are already there (placeholders of the
lab, which prove the orchestration and not the services).
"""

from __future__ import annotations

import json
import statistics
import subprocess
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
            hearth(folder, "down", "--yes")
            theirs.append(
                once(
                    Command(
                        name="cold compose", argv=[*peer, "up", "-d", "--wait"], exit_codes=(0, 1)
                    )
                )[0]
            )
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
