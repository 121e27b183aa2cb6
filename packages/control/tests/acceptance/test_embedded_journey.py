"""The installed command as a process, on the embedded engine with the real server and Postgres."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from installed import Hearth
from lab.ports import free_base_port

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def hearth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearth]:
    """An installation that was set up and brought up once."""
    made = Hearth(tmp_path_factory.mktemp("person") / "my hearth")
    assert made("init", "--preset", "starter", "--engine", "embedded", "--yes").returncode == 0
    assert made("settings", "set", "BASE_PORT", str(free_base_port())).returncode == 0
    first = made("up", "--yes")
    assert first.returncode == 0, first.stdout + first.stderr
    (made.home / "first-up.txt").write_text(first.stdout)
    yield made
    made("down", "--delete-data", "--yes")


def test_first_up_prints_link(hearth: Hearth) -> None:
    text = (hearth.home / "first-up.txt").read_text()
    url = next(line.strip() for line in text.splitlines() if "/sign-in" in line)
    with urllib.request.urlopen(url, timeout=10) as page:
        assert page.status == 200
        assert "Sign in" in page.read().decode()


def test_status_tells_units(hearth: Hearth) -> None:
    status = hearth.data("status")
    assert status["engine"] == "embedded"
    assert status["state"] == "running"
    assert {service["name"]: service["health"] for service in status["services"]} == {
        "postgres": "healthy",
        "lambda-server": "healthy",
        "lambda-worker": "healthy",
    }


def test_second_up_changes_nothing(hearth: Hearth) -> None:
    before = pids(hearth)
    done = hearth("up")
    assert done.returncode == 0
    assert "Nothing to do" in done.stdout
    assert pids(hearth) == before


def pids(hearth: Hearth) -> dict[str, int]:
    return {
        unit["name"]: unit["pid"]
        for service in hearth.data("status")["services"]
        for unit in service["units"]
    }


def test_up_json_is_lines(hearth: Hearth) -> None:
    done = hearth("up", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["event"] == "result"


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan",),
        ("status",),
        ("services",),
        ("show", "lambda-server"),
        ("why", "postgres"),
        ("settings", "list"),
        ("settings", "explain", "BASE_PORT"),
        ("open",),
        ("version",),
        ("completion", "bash"),
    ],
    ids=" ".join,
)
def test_json_is_one_document(hearth: Hearth, arguments: tuple[str, ...]) -> None:
    assert isinstance(hearth.data(*arguments), dict)


def test_logs_give_lines(hearth: Hearth) -> None:
    done = hearth("logs", "postgres", "--tail", "20")
    assert done.returncode == 0
    assert "database system is ready to accept connections" in done.stdout


def test_open_gives_fresh_links(hearth: Hearth) -> None:
    first, second = hearth.data("open")["url"], hearth.data("open")["url"]
    assert first != second
    assert "/sign-in?link=" in first


def test_server_tells_which_services_are_up(hearth: Hearth) -> None:
    """The list that the plan gives is the list that the server reads and asks."""
    answer = ask(hearth, "/api/v1/health/stack")
    assert answer["note"] == ""
    assert {each["name"]: (each["state"], each["detail"]) for each in answer["services"]} == {
        "postgres": ("up", "accepts connections"),
        "lambda-server": ("up", "answers you"),
        "lambda-worker": ("unknown", "not reachable from here by design"),
    }


def ask(hearth: Hearth, path: str) -> Any:
    """Ask the server as whoever used a sign-in link."""
    page, _, link = hearth.data("open")["url"].partition("?link=")
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    browser.open(page, data=f"link={link}".encode(), timeout=10).close()
    with browser.open(page.removesuffix("/sign-in") + path, timeout=10) as answer:
        return json.load(answer)


def test_no_secret_is_told(hearth: Hearth) -> None:
    """Every generated value, in everything that is printed, logged or rendered."""
    secrets = [
        path.read_text().strip()
        for path in (hearth.home / "secrets").iterdir()
        if not path.name.startswith(".")
    ]
    assert len(secrets) >= 3
    told = "".join(
        hearth(*arguments).stdout
        for arguments in (("plan", "--json"), ("show", "postgres", "--json"), ("logs",))
    )
    told += (hearth.home / "audit.log").read_text()
    told += "".join(path.read_text() for path in (hearth.home / "logs").glob("*.log"))
    told += (hearth.home / "run" / "state.json").read_text()
    for value in filter(None, secrets):
        assert value not in told


def test_stop_and_up_keep_data(hearth: Hearth) -> None:
    assert hearth("stop").returncode == 0
    assert json.loads(hearth("status", "--json").stdout)["state"] == "stopped"
    assert hearth("up").returncode == 0
    assert hearth.data("status")["state"] == "running"


def test_down_keeps_data(hearth: Hearth) -> None:
    secrets = sorted(path.name for path in (hearth.home / "secrets").iterdir())
    assert hearth("down", "--yes").returncode == 0
    assert sorted(path.name for path in (hearth.home / "secrets").iterdir()) == secrets
    again = hearth("up")
    assert again.returncode == 0
    assert hearth.data("status")["state"] == "running"


def test_unknown_names_point_on(hearth: Hearth) -> None:
    done = hearth("why", "postgrs")
    assert done.returncode == 2
    assert done.stderr == (
        "error: postgrs: there is no service with this name\n\nhint: hearth why postgres\n"
    )


def test_errors_are_one_object(hearth: Hearth) -> None:
    done = hearth("show", "nothing-like-it", "--json")
    assert done.stdout == ""
    assert json.loads(done.stderr)["error"]["code"] == "unknown-service"


def test_unset_home_is_told(tmp_path: Path) -> None:
    done = Hearth(tmp_path / "none")("status")
    assert done.returncode == 10
    assert done.stderr.endswith("nothing is set up here yet\n\nhint: hearth init\n")


def test_closed_pipe_is_quiet(hearth: Hearth) -> None:
    line = f"'{sys.executable}' -m hearth_control --home '{hearth.home}' logs --json | head -1"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_parses(hearth: Hearth, shell: str) -> None:
    script = hearth("completion", shell)
    assert script.returncode == 0
    program = shutil.which(shell)
    if program is None:
        assert "_HEARTH_COMPLETE" in script.stdout
        return
    flag = ["--no-execute"] if shell == "fish" else ["-n"]
    parsed = subprocess.run(
        [program, *flag], input=script.stdout, capture_output=True, text=True, check=False
    )
    assert parsed.stderr == ""


def test_completion_names_services(hearth: Hearth) -> None:
    done = hearth(
        _HEARTH_COMPLETE="bash_complete", COMP_WORDS="hearth enable open-w", COMP_CWORD="2"
    )
    assert done.stdout.split() == ["plain,open-webui"]


def test_delete_data_asks_first(hearth: Hearth) -> None:
    done = hearth("down", "--delete-data")
    assert done.returncode == 2
    assert re.search(r"destroys postgres with \d+ MB", done.stderr)
    assert done.stderr.endswith("hint: hearth down --delete-data --yes\n")
    assert hearth("status").returncode == 0
