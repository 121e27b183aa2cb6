"""What a person gets wrong, and what a machine refuses, told by the installed command.

Each asserts the whole text with its hint, the exit code, and that the home is as it was.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fake_docker import fake_engine
from lab.ports import free_base_port

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(60)]

ENV = "# mine\nPRESET=starter\nENGINE=embedded\nBASE_PORT={base}\n"
DROP_CAPABILITY = 24
MAY_PASS_PERMISSIONS = (1, 2)


@dataclass(frozen=True, slots=True)
class Home:
    """A home with settings and nothing brought up."""

    folder: Path
    docker: str = "unix:///nowhere/docker.sock"

    def hearth(self, *arguments: str) -> tuple[int, str]:
        """Run the command as a user whom file permissions bind; give its code and errors."""
        done = subprocess.run(
            [sys.executable, "-m", "hearth_control", "--home", str(self.folder), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            preexec_fn=bind_root_by_permissions if os.geteuid() == 0 else None,
            env={**os.environ, "NO_COLOR": "1", "DOCKER_HOST": self.docker},
        )
        return done.returncode, done.stderr

    def kept(self) -> dict[str, bytes]:
        """Read everything of the home but the cache, which anyone may throw away."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and "cache" not in path.parts
        }

    def own_service(self, name: str, text: str) -> Path:
        file = self.folder / "services" / name / "compose.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(text)
        return file

    def says(self, text: str) -> None:
        with (self.folder / ".env").open("a") as file:
            file.write(text)


def bind_root_by_permissions() -> None:
    """Give up root's right to read and write everything; it stays the same user."""
    system = ctypes.CDLL(None)
    for capability in MAY_PASS_PERMISSIONS:
        system.prctl(DROP_CAPABILITY, capability, 0, 0, 0)


def own_service(name: str, *, needs: str, offers: str, port: int) -> str:
    return f"""\
x-hearth:
  title: {name}
  summary: One half of a circle
  home: https://example.org
  licence: MIT
  port: {port}
  needs: [{needs}]
  offers: {{{offers}: {{url: "http://{name}:80"}}}}
  memory: {{typical: 10M, limit: 20M}}
  embedded: {{processes: {{{name}: {{command: ["true"]}}}}}}
services:
  {name}:
    image: example/{name}:1.0
    expose: ["80"]
    healthcheck: {{test: [CMD, "true"]}}
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    folder = tmp_path / "my home"
    folder.mkdir()
    (folder / ".env").write_text(ENV.format(base=free_base_port()))
    yield Home(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700)


def test_unknown_setting_named(home: Home) -> None:
    home.says("POSTGRES_SORCE=container\n")
    before = home.kept()
    assert home.hearth("up", "--yes") == (
        1,
        (
            f"error: {home.folder}/.env:5: POSTGRES_SORCE: unknown setting;"
            " did you mean `POSTGRES_SOURCE`?\n\nhint: hearth settings explain POSTGRES_SOURCE\n"
        ),
    )
    assert home.kept() == before


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ("enable", "postgrs"),
            "error: postgrs: there is no service with this name\n\nhint: hearth enable postgres\n",
        ),
        (
            ("settings", "set", "BASE_PROT", "1"),
            (
                "error: BASE_PROT: there is no such setting\n\n"
                "hint: hearth settings explain BASE_PORT\n"
            ),
        ),
        (
            ("init", "--preset", "stater", "--yes"),
            (
                "error: stater: there is no preset with this name\n\n"
                "hint: hearth init --preset starter\n"
            ),
        ),
        (
            ("source", "redis", "localhots"),
            (
                "error: hearth source: invalid value for"
                " `{container|localhost|external|embedded|disabled}`: `localhots` is not one of"
                " `container`, `localhost`, `external`, `embedded`, `disabled`\n\n"
                "hint: hearth source --help\n"
            ),
        ),
    ],
    ids=["service", "setting", "preset", "source"],
)
def test_typed_name_is_usage(home: Home, arguments: tuple[str, ...], text: str) -> None:
    before = home.kept()
    assert home.hearth(*arguments) == (2, text)
    assert home.kept() == before


def test_malformed_file_named(home: Home) -> None:
    file = home.own_service("mine", "services:\n  mine:\n    image: [\n")
    before = home.kept()
    assert home.hearth("up", "--yes") == (
        1,
        (
            f"error: {file}:3: is not valid YAML: did not find expected node content\n\n"
            f"hint: ${{EDITOR:-vi}} +3 '{file}'\n"
        ),
    )
    assert home.kept() == before


def test_need_cycle_named(home: Home) -> None:
    home.own_service("first", own_service("first", needs="b", offers="a", port=95))
    home.own_service("second", own_service("second", needs="a", offers="b", port=96))
    home.says("FIRST_SOURCE=embedded\n")
    before = home.kept()
    assert home.hearth("up", "--yes") == (
        1,
        "error: first: needs itself: first → second → first\n\nhint: hearth disable second\n",
    )
    assert home.kept() == before


def test_taken_port_names_holder(home: Home) -> None:
    base = int((home.folder / ".env").read_text().rpartition("=")[2])
    before = home.kept()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", base + 50))
        holder.listen()
        code, text = home.hearth("up", "--yes")
    named = Path("/proc/self/comm").read_text().strip()
    assert code == 1
    assert text == (
        f"error: lambda-server: port {base + 50} is taken by {named} (pid {os.getpid()})\n\n"
        f"hint: hearth settings set LAMBDA_SERVER_PORT={base + 150}\n"
    )
    assert home.kept() == before


def test_carriage_returns_stay(home: Home) -> None:
    env = home.folder / ".env"
    env.write_bytes(env.read_bytes().replace(b"\n", b"\r\n"))
    before = env.read_bytes()
    assert home.hearth("plan") == (0, "")
    code, _ = home.hearth("settings", "set", "MODE", "private")
    assert code == 0
    assert env.read_bytes() == before + b"MODE=private\r\n"


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    """A folder with a short path, as the path of a socket may have 107 letters."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder)


def test_closed_socket_told(home: Home, socket_folder: Path) -> None:
    home.says("ENGINE=compose\n")
    before = home.kept()
    with fake_engine(socket_folder) as docker:
        Path(docker.endpoint.path).chmod(0o000)
        path = docker.endpoint.path
        told = Home(home.folder, f"unix://{path}").hearth("up", "--yes")
    assert told == (
        1,
        (
            f"error: no Docker engine answers at `{path}`: permission denied;"
            " this user is not in the group `docker` (named by DOCKER_HOST):"
            " [Errno 13] Permission denied\n\n"
            "hint: sudo usermod -aG docker $USER  # then sign out and in again\n"
        ),
    )
    assert home.kept() == before


def test_old_engine_told(home: Home, socket_folder: Path) -> None:
    home.says("ENGINE=compose\n")
    before = home.kept()
    with fake_engine(socket_folder, api="1.40") as docker:
        told = Home(home.folder, f"unix://{docker.endpoint.path}").hearth("up", "--yes")
    assert told == (
        1,
        (
            f"error: {docker.endpoint.path}: engine 20.10.24+dfsg1 is older than 20.10\n\n"
            "hint: https://docs.docker.com/engine/install/\n"
        ),
    )
    assert home.kept() == before


@pytest.mark.parametrize("arguments", [("up", "--yes"), ("settings", "set", "MODE", "private")])
def test_closed_home_told(home: Home, arguments: tuple[str, ...]) -> None:
    before = home.kept()
    home.folder.chmod(0o500)
    code, text = home.hearth(*arguments)
    assert code == 1
    what, _, rest = text[text.index("error: ") :].partition(": [Errno 13]")
    assert what == f"error: {home.folder}: the home cannot be written by this user"
    assert rest.endswith(f"\n\nhint: ls -ld '{home.folder}'\n")
    assert home.kept() == before


@pytest.mark.parametrize("verb", ["plan", "status", "up"])
def test_foreign_home_told(home: Home, verb: str) -> None:
    home.folder.chmod(0o000)
    code, text = home.hearth(verb, "--json")
    home.folder.chmod(0o700)
    error = json.loads(text)["error"]
    assert code == 1
    assert error["code"] in ("home-not-writable", "settings-unreadable")
    assert error["message"].startswith(str(home.folder))
    assert error["hint"].startswith("ls -ld ")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root: sudo make accept")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk_told(home: Home, small_disk: Path) -> None:
    there = Home(small_disk / "home")
    shutil.copytree(home.folder, there.folder)
    with (small_disk / "fill").open("wb", buffering=0) as file:
        while file.write(b"\0" * 4096) == 4096 and file.tell() < 15 * 4096:
            continue
    before = there.kept()
    code, text = there.hearth("settings", "set", "MODE", "private")
    assert (code, text) == (
        1,
        (
            f"error: {there.folder}: the disk is full; nothing half-written was left:"
            " [Errno 28] No space left on device\n\n"
            f"hint: df -h {there.folder}\n"
        ),
    )
    assert there.kept() == before
