"""Run programs, with what they said in the error where they fail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


class LabError(Exception):
    """The lab could not make what was asked; the text says which program said what."""


class NotHereError(LabError):
    """Something that nobody has brought yet; the text says what brings it."""


def run(
    *argv: str,
    cwd: Path | None = None,
    timeout_seconds: float = 900,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a program to its end and return what it printed; `environment` adds to this process's.

    Raises:
        LabError: it is missing, failed or took too long.
    """
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            # Debian's client of 20.10 builds the old way unless it is told.
            env={**os.environ, "DOCKER_BUILDKIT": "1", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise LabError(f"{argv[0]}: not installed") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(argv)}: not done after {timeout_seconds:g} s") from error
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
        raise LabError(f"{' '.join(argv)}: exit {done.returncode}\n{tail}")
    return done.stdout


def succeeds(*argv: str, timeout_seconds: float = 20) -> bool:
    """Tell whether a program runs and exits 0."""
    try:
        run(*argv, timeout_seconds=timeout_seconds)
    except LabError:
        return False
    return True


def say(text: str) -> None:
    """Report progress on stderr."""
    print(f"lab: {text}", file=sys.stderr, flush=True)
