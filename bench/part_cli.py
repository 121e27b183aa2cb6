"""`hearth --help`, `status` and `plan` beside tutor and docker compose."""

from __future__ import annotations

from report import Report
from timing import Command, in_turn
from world import HEARTH, has_docker, hearth, home, tutor


def run(report: Report, *, runs: int) -> None:
    engine = "compose" if has_docker() else "embedded"
    with home(engine, PRESET="full") as folder:
        mine = [str(HEARTH), "--home", str(folder)]
        # A status of nothing exits with 10 or 0; what is timed is the same work either way.
        commands = [
            Command(name="hearth --help", argv=[*mine, "--help"], limit=100),
            Command(
                name="hearth status", argv=[*mine, "status"], limit=120, exit_codes=(0, 1, 3, 10)
            ),
            Command(
                name="hearth plan (whole catalog)",
                argv=[*mine, "plan"],
                limit=300,
                exit_codes=(0, 1),
            ),
        ]
        peer = tutor()
        root = {"TUTOR_ROOT": str(folder / "tutor")}
        if peer is not None:
            commands.append(
                Command(
                    name="tutor config save", argv=[str(peer), "config", "save"], environment=root
                )
            )
            if engine == "compose":
                commands.append(
                    Command(
                        name="tutor local status",
                        argv=[str(peer), "local", "status"],
                        environment=root,
                    )
                )
        else:
            report.left_out("cli: tutor", "it cannot be installed here")
        if engine == "compose":
            ejected = folder / "ejected"
            hearth(folder, "eject", str(ejected))
            compose = [
                "docker",
                "compose",
                "-p",
                "hearth-bench-peer",
                "--project-directory",
                str(ejected),
            ]
            commands += [
                Command(name="docker compose ps", argv=[*compose, "ps"]),
                Command(name="docker compose config", argv=[*compose, "config", "-q"]),
            ]
        else:
            report.left_out("cli: docker compose", "no Docker engine answers")
        report.timings(f"cli ({engine})", in_turn(commands, runs=runs))
