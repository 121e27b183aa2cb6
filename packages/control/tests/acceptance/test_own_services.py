"""A person's own services, from their Compose file to their removal, by the installed command."""

from __future__ import annotations

import ctypes
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

DROP_CAPABILITY = 24
MAY_PASS_PERMISSIONS = (1, 2)

PROJECT = """\
# A notebook. https://notes.example.org
services:
  notes: # the page
    image: example/notes:3.1
    ports: ["8080:8080"]
    environment:
      DATABASE_URL: postgres://notes:changeme@db/notes
      SECRET_KEY: please-change-me
    depends_on: [db]
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: notes
      POSTGRES_PASSWORD: changeme
    volumes: ["data:/var/lib/postgresql/data"]
volumes:
  data:
"""


@dataclass(frozen=True, slots=True)
class Home:
    """A home, and a project of somebody else's beside it."""

    folder: Path
    project: Path

    def hearth(self, *arguments: str) -> tuple[int, str, str]:
        """Run the command as a user whom file permissions bind."""
        done = subprocess.run(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            preexec_fn=bind_root_by_permissions if os.geteuid() == 0 else None,
            env=environment(),
        )
        return done.returncode, done.stdout, done.stderr

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "hearth_control", "--home", str(self.folder), *arguments]

    def must(self, *arguments: str) -> Any:
        code, out, err = self.hearth(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    @property
    def service(self) -> Path:
        return self.folder / "services" / "notes"


def bind_root_by_permissions() -> None:
    """Give up root's right to read everything; it stays the same user."""
    system = ctypes.CDLL(None)
    for capability in MAY_PASS_PERMISSIONS:
        system.prctl(DROP_CAPABILITY, capability, 0, 0, 0)


def environment() -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1", "DOCKER_HOST": "unix:///nowhere/docker.sock"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home", tmp_path / "notes")
    made.folder.mkdir()
    (made.folder / ".env").write_text("# mine\nPRESET=starter\nENGINE=embedded\n")
    made.project.mkdir()
    (made.project / "docker-compose.yml").write_text(PROJECT)
    return made


def test_added_service_is_one_of_the_catalog(home: Home) -> None:
    added = home.must("add", str(home.project), "--use", "postgres", "--yes")
    assert (added["service"], added["written"]) == ("notes", True)
    assert added["derived"]["url"] == "http://127.0.0.1:63200"
    assert [use["role"] for use in added["derived"]["uses"]] == ["postgres"]
    text = (home.service / "compose.yaml").read_text()
    assert text == added["text"]
    assert "# the page" in text
    assert "changeme" not in text
    listed = {one["name"]: one for one in home.must("services")["services"]}
    assert listed["notes"]["on"] is False
    assert (home.project / "docker-compose.yml").read_text() == PROJECT
    assert home.hearth("enable", "notes")[0] == 0
    shown = home.must("show", "notes")
    assert shown["file"] == f"{home.service}/compose.yaml"
    listed = {one["name"]: one for one in home.must("services")["services"]}
    assert listed["notes"]["on"] is True


def test_own_service_is_completed(home: Home) -> None:
    home.must("add", str(home.project), "--yes")
    done = subprocess.run(
        [sys.executable, "-m", "hearth_control"],
        env={
            **environment(),
            "HEARTH_HOME": str(home.folder),
            "_HEARTH_COMPLETE": "bash_complete",
            "COMP_WORDS": "hearth enable no",
            "COMP_CWORD": "2",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "plain,notes" in done.stdout.split()


def test_dry_run_writes_nothing(home: Home) -> None:
    code, out, _ = home.hearth("add", str(home.project), "--yes", "--dry-run")
    assert code == 0
    assert "x-hearth:" in out
    assert not (home.folder / "services").exists()


def test_second_add_keeps_a_copy(home: Home) -> None:
    home.must("add", str(home.project), "--yes")
    mine = (home.service / "compose.yaml").read_text() + "# edited by hand\n"
    (home.service / "compose.yaml").write_text(mine)
    assert home.hearth("add", str(home.project), "--yes")[::2] == (
        1,
        (
            f"error: {home.service}: you have a service `notes` already\n\n"
            f"hint: hearth add {home.project} --yes --force\n"
        ),
    )
    assert (home.service / "compose.yaml").read_text() == mine
    again = home.must("add", str(home.project), "--yes", "--force")
    assert (Path(again["kept"]) / "compose.yaml").read_text() == mine
    assert (home.service / "compose.yaml").read_text() == again["text"]


def test_removed_service_leaves_its_file(home: Home) -> None:
    home.must("add", str(home.project), "--yes")
    home.hearth("enable", "notes")
    code, _, err = home.hearth("remove", "notes")
    assert (code, err) == (
        1,
        (
            "error: notes: is on (you turned it on); turn it off and let `hearth up` stop"
            " it first\n\n"
            "hint: hearth disable notes && hearth up\n"
        ),
    )
    home.hearth("disable", "notes")
    text = (home.service / "compose.yaml").read_text()
    gone = home.must("remove", "notes")
    assert (Path(gone["kept"]) / "compose.yaml").read_text() == text
    assert gone["volumes"] == ["notes-data"]
    assert not home.service.exists()
    assert (home.folder / ".env").read_text() == "# mine\nPRESET=starter\nENGINE=embedded\n"
    assert "notes" not in {one["name"] for one in home.must("services")["services"]}
    assert home.must("add", gone["kept"], "--name", "notes", "--yes")["written"] is True


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "n8n",
            (
                "error: n8n: belongs to the catalog; it can be turned off, not removed\n\n"
                "hint: hearth disable n8n\n"
            ),
        ),
        (
            "note",
            "error: note: you have added no service of this name\n\nhint: hearth remove notes\n",
        ),
    ],
)
def test_only_own_services_are_removed(home: Home, name: str, text: str) -> None:
    home.must("add", str(home.project), "--yes")
    assert home.hearth("remove", name) == (1, "", text)


def _text(content: str) -> Callable[[Path], None]:
    return lambda file: file.write_text(content) and None


def _closed(file: Path) -> None:
    file.write_text(PROJECT)
    file.chmod(0)


BAD: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "no YAML": (
        _text("a: [1\n"),
        ":1: is not valid YAML: did not find expected ',' or ']'",
        "${{EDITOR:-vi}} +1 {file}",
    ),
    "empty": (_text(""), ": is empty", "${{EDITOR:-vi}} {file}"),
    "a list": (_text("- a\n"), ": should be a mapping with `services`", "${{EDITOR:-vi}} {file}"),
    "other YAML": (
        _text("a: 1\n"),
        ": has no `services`, so it is no Compose file",
        "${{EDITOR:-vi}} {file}",
    ),
    "huge": (
        _text("#" * (1 << 20) + "\n"),
        ": is larger than 1 MiB, which no Compose file is",
        "ls -l {file}",
    ),
    "absent": (lambda _file: None, ": there is no such file or folder", "ls {folder}"),
    "a dangling link": (
        lambda file: file.symlink_to("nowhere"),
        ": this link leads to nothing",
        "ls -l {file}",
    ),
    "a pipe": (os.mkfifo, ": is no file", "ls -l {file}"),
    "an empty folder": (
        Path.mkdir,
        (
            ": this folder has no Compose file; looked for `compose.yaml`, `compose.yml`,"
            " `docker-compose.yaml`, `docker-compose.yml`"
        ),
        "ls {file}",
    ),
    "closed": (_closed, ": cannot be read by this user", "ls -ld {file}"),
    "nested too deep": (
        _text("services: " + "{a: " * 50 + "1" + "}" * 50),
        ":1: is nested deeper than 40 levels",
        "${{EDITOR:-vi}} +1 {file}",
    ),
    "a wrong shape": (
        _text("services: {a: {image: 'x:1', ports: 80}}\n"),
        ": services.a.ports: is neither a list nor a mapping",
        "${{EDITOR:-vi}} {file}",
    ),
    "a broken reference": (
        _text("services: {a: {image: 'x:1', environment: {A: '${'}}}\n"),
        (
            "services/thing/compose.yaml: services.thing: `${` is not a valid reference; write `$$`"
            " for a dollar"
        ),
        "${{EDITOR:-vi}} {file}",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file_is_told(home: Home, case: str, tmp_path: Path) -> None:
    make, what, hint = BAD[case]
    file = tmp_path / "given.yaml"
    make(file)
    code, out, err = home.hearth("add", str(file), "--name", "thing", "--yes")
    assert (code, out) == (1, "")
    error, _, rest = err.partition("\n\n")
    # A system's own words for the cause may follow.
    assert what in error
    assert error.startswith(f"error: {file}" if what.startswith(":") else "error: ")
    assert rest == f"hint: {hint.format(file=file, folder=tmp_path)}\n"
    assert sorted(path.name for path in home.folder.iterdir() if path.name != "cache") == [".env"]


def test_every_problem_is_told_with_its_option(home: Home) -> None:
    file = home.project / "docker-compose.yml"
    text = PROJECT.replace("notes:3.1", "notes").replace(
        "    ports", "    privileged: true\n    ports"
    )
    file.write_text(text)
    assert home.hearth("add", str(file), "--yes")[::2] == (
        1,
        (
            f"error: {file}: services.notes.image: `example/notes` may be another program tomorrow;"
            " name a version (and 1 more)\n"
            "  services.notes.privileged: takes `privileged: true`, which lets it reach beyond its"
            " container\n\n"
            f"hint: hearth add {file} --yes --image notes=example/notes:VERSION"
            " --allow 'privileged: true=WHY'\n"
        ),
    )


def test_questions_have_the_guess_as_answer(home: Home) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        home.command("add", str(home.project)),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment(),
    ) as asking:
        os.close(slave)
        seen = talk(
            master,
            ("Name [notes]", "book\n"),
            ("Title [Book]", "\n"),
            ("Use Hearth's postgres instead", "y\n"),
            ("Add book?", "\n"),
        )
        assert asking.wait(30) == 0, seen
    os.close(master)
    text = (home.folder / "services" / "book" / "compose.yaml").read_text()
    assert "postgres: {database: book}" in text


def talk(terminal: int, *exchange: tuple[str, str]) -> str:
    """Answer each question once it is asked; give everything that was printed."""
    seen = ""
    for question, answer in exchange:
        deadline = time.monotonic() + 30
        while question not in seen:
            assert time.monotonic() < deadline, f"`{question}` was not asked:\n{seen}"
            seen += os.read(terminal, 4096).decode()
        os.write(terminal, answer.encode())
        seen = seen.partition(question)[2]
    while True:
        try:
            piece = os.read(terminal, 4096).decode()
        except OSError:
            return seen
        if not piece:
            return seen
        seen += piece
