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

Run = Callable[..., subprocess.CompletedProcess[str]]
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

    def run_script(
        packages: str, user: str, script: str, *, suite: str = "bookworm", hosts: str = ""
    ) -> subprocess.CompletedProcess[str]:
        image = f"hearth-lab/bare:{packages.replace(' ', '-') or 'nothing'}"
        image += f"-{suite}" if suite != "bookworm" else ""
        make_real(place, image, folder="bare", suite=suite, packages=packages)
        started.append(f"hearth-lab-bare-{uuid4().hex[:8]}")
        home = "/root" if user == "root" else f"/home/{user}"
        setting = f'cp -r /clone "{home}/my hearth" && cd "{home}/my hearth" && {script}'
        return subprocess.run(
            (
                *("docker", "run", "--rm", "--name", started[-1], "--label", f"{LABEL}=test"),
                *("--volume", f"{clone}:/clone:ro", "--user", user, "--env", f"HOME={home}"),
                *(("--add-host", hosts) if hosts else ()),
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


def test_missing_docker_is_set_up_by_a_script_that_changes_nothing(run: Run) -> None:
    look = "find / -xdev -newer /tmp/before -not -path '/proc/*' -not -path '/root*'"
    done = run(
        "python3 python3-venv",
        "root",
        "./hearth version >/dev/null 2>&1 && mkdir /root/.hearth && touch /tmp/before && sleep 1;"
        " HEARTH_ENGINE=compose ./hearth plan;"
        f" ./hearth host setup --dry-run > /root/setup.sh && {look} && sh -n /root/setup.sh"
        " && cat /root/setup.sh",
    )
    assert done.returncode == 0, done.stderr
    assert "Docker is not installed" in done.stderr
    assert "hint: hearth host setup\n" in done.stderr
    assert done.stdout.startswith("#!/bin/sh\n# For Debian GNU/Linux 12 (bookworm), "), done.stdout
    assert "apt-get install --yes docker-ce docker-ce-cli containerd.io" in done.stdout
    assert "# by hand: there is no systemd to start Docker" in done.stdout


def test_setup_names_what_cannot_be_reached(run: Run) -> None:
    done = run(
        "python3 python3-venv",
        "root",
        "./hearth host setup --yes; echo $?; command -v curl; ls /etc/apt/keyrings",
        hosts="download.docker.com:127.0.0.1",
    )
    assert done.stdout.split() == ["1", "/usr/bin/curl"], done.stdout + done.stderr
    error = done.stderr[done.stderr.index("error: ") :]
    assert error.startswith("error: fetch Docker's key: `curl --fail"), error
    assert "https://download.docker.com/linux/debian/gpg` exited with 7" in error
    assert "it said: curl: (7) Failed to connect to download.docker.com port 443" in error
    assert "done before it: read the package lists, install what fetches keys" in error
    assert error.endswith("hint: hearth host setup\n")


def test_setup_adds_the_plugin_that_debian_packages(run: Run) -> None:
    done = run(
        "python3 python3-venv docker.io docker-cli",
        "root",
        "./hearth host setup --yes; docker compose version --short; ./hearth host setup --yes",
        suite="trixie",
    )
    assert "install the compose plugin" in done.stderr, done.stderr
    assert done.returncode == 3, "an engine that no systemd starts is left to the person"
    version = next(line for line in done.stdout.splitlines() if line[:1].isdigit())
    assert tuple(int(part) for part in version.split("-")[0].split(".")[:2]) >= (2, 24)
