"""Fetch from Maven Central by Maven itself, into a folder that is thrown away."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from lab.shell import LabError, run

_PLUGIN: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"


def fetch(work: Path, goal: str, *arguments: str) -> None:
    """Run one goal of Maven's dependency plugin, which keeps what it needs itself below `work`.

    Raises:
        LabError: Maven is not installed, or cannot fetch that.
    """
    if shutil.which("mvn") is None:
        raise LabError("mvn: not installed; sudo apt-get install maven openjdk-17-jdk-headless")
    kept = f"-Dmaven.repo.local={work}/repository"
    run("mvn", "--batch-mode", "--quiet", kept, *arguments, f"{_PLUGIN}:{goal}")
