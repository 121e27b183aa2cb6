"""The two commands of the README must work on a fresh Debian 12, or say what to install."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from lab.images import make_real
from lab.place import LABEL, REPOSITORY, Place

pytestmark = [pytest.mark.docker, pytest.mark.bootstrap, pytest.mark.timeout(600)]

Run = Callable[[str, str, str], subprocess.CompletedProcess[str]]
_LEFT_OUT = (".git", ".venv", ".tools", ".*_cache", "__pycache__", "artifacts", ".hypothesis")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone holds, without what this checkout's own set-up made."""
    copy = tmp_path_factory.mktemp("clone") / "hearth"
    shutil.copytree(REPOSITORY, copy, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=True)
    return copy


@pytest.fixture
def run(place: Place, clone: Path) -> Iterator[Run]:
    """Run a script as a user on a fresh Debian with these packages, in a checkout of its own."""
    started: list[str] = []

    def run_script(packages: str, user: str, script: str) -> subprocess.CompletedProcess[str]:
        image = f"hearth-lab/bare:{packages.replace(' ', '-') or 'nothing'}"
        make_real(place, image, folder="bare", suite="bookworm", packages=packages)
        started.append(f"hearth-lab-bare-{uuid4().hex[:8]}")
        home = "/root" if user == "root" else f"/home/{user}"
        setting = f'cp -r /clone "{home}/my hearth" && cd "{home}/my hearth" && {script}'
        return subprocess.run(
            (
                *("docker", "run", "--rm", "--name", started[-1], "--label", f"{LABEL}=test"),
                *("--volume", f"{clone}:/clone:ro", "--user", user, "--env", f"HOME={home}"),
                *(image, "sh", "-c", setting),
            ),
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    yield run_script
    for name in started:
        subprocess.run(("docker", "rm", "--force", name), capture_output=True, check=False)


@pytest.mark.parametrize(
    ("packages", "user"), [("python3 python3-venv", "person"), ("python3 python3-pip", "root")]
)
def test_command_works(run: Run, packages: str, user: str) -> None:
    done = run(packages, user, "./hearth version && ./hearth services")
    assert done.returncode == 0, done.stderr
    assert "hearth: ready" in done.stderr
    assert "n8n" in done.stdout


def test_tests_run(run: Run) -> None:
    done = run("python3 python3-venv make", "person", "make test PYTEST_ARGS='-m unit -k kit'")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert " passed" in done.stdout


@pytest.mark.parametrize("packages", ["", "python3"])
def test_missing_python_is_told(run: Run, packages: str) -> None:
    done = run(packages, "person", "./hearth version")
    found = "Python 3.11.2" if packages else "none"
    assert done.returncode == 10
    assert done.stderr.endswith(
        f"error: python: a Python 3.11 or newer with venv or pip is needed, found `{found}`\n\n"
        "hint: Debian, Ubuntu: sudo apt-get install python3 python3-venv\n"
        "hint: Fedora: sudo dnf install python3 python3-pip\n"
        "hint: macOS: brew install python@3.13\n"
        "hint: another interpreter: HEARTH_PYTHON=/path/to/python3 ./hearth\n"
    )
