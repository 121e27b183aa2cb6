"""Backups on a real engine: taken, lost, brought back on a new machine, and what may go wrong.

PostgreSQL, Valkey and restic are real, the other programs placeholders: this proves what is in the
databases and volumes, not what the programs make of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from journey import ROOT, Installation
from lab.ports import free_base_port

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]

SERVICES = ("postgres", "redis", "n8n", "infisical", "backup")
ENV = "ENGINE=compose\nPRESET=none\nPOSTGRES_PROVIDER=postgres\n"
KEY = "backup_repository_password"
BIG = 8 * 1024 * 1024
FILES = {"config": b'{"key": 1}', "deep/odd [name]* $HOME.txt": b"odd", "big": os.urandom(BIG)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An installation that is up."""

    home: Path

    @property
    def installation(self) -> Installation:
        return Installation(home=self.home)

    @property
    def project(self) -> str:
        found: str = json.loads((self.home / "applied.json").read_text())["project"]
        return found

    def container(self, unit: str) -> str:
        return f"{self.project}-{unit}-1"

    def sql(self, database: str, text: str) -> str:
        argv = ("psql", "-qAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database)
        return docker("exec", self.container("postgres"), *argv, "-c", text)

    def say(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.installation.must(*arguments, "--json"))
        return found

    def refused(self, *arguments: str) -> tuple[int, str]:
        done = self.installation.run(*arguments)
        return done.returncode, done.stderr

    def give_password(self, value: str) -> None:
        done = subprocess.run(
            [str(ROOT / "hearth"), "--home", str(self.home), "secrets", "set", KEY, "--yes"],
            input=f"{value}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def state(self, unit: str) -> str:
        return docker("inspect", "--format", "{{.State.Status}}", self.container(unit)).strip()

    def volume(self, name: str) -> Path:
        path = docker("volume", "inspect", "--format", "{{.Mountpoint}}", f"{self.project}_{name}")
        return Path(path.strip())


def docker(*arguments: str) -> str:
    done = subprocess.run(("docker", *arguments), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def new_home(home: Path, *, services: Sequence[str], folder: Path) -> Running:
    home.mkdir()
    sources = "".join(f"{name.upper()}_SOURCE=container\n" for name in services)
    settings = f"BASE_PORT={free_base_port()}\nBACKUP_FOLDER={folder}\n"
    (home / ".env").write_text(f"{ENV}{settings}{sources}")
    return Running(home=home)


def fill(running: Running) -> None:
    for database, owner in (("n8n", "n8n"), ("infisical", "infisical")):
        running.sql(database, f"CREATE TABLE kept (a text); ALTER TABLE kept OWNER TO {owner}")
        running.sql(database, f"INSERT INTO kept VALUES ('of {database}')")
    volume = running.volume("n8n-data")
    for name, content in FILES.items():
        (volume / name).parent.mkdir(exist_ok=True)
        (volume / name).write_bytes(content)
        os.chown(volume / name, 1000, 1000)


def contents(running: Running) -> dict[str, tuple[str, int, int]]:
    """Give each file's digest, owner and mode."""
    volume = running.volume("n8n-data")
    return {
        str(path.relative_to(volume)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_uid,
            path.stat().st_mode,
        )
        for path in volume.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("repository")


@pytest.fixture(scope="module")
def running(
    engine: object, tmp_path_factory: pytest.TempPathFactory, folder: Path
) -> Iterator[Running]:
    del engine
    made = new_home(tmp_path_factory.mktemp("old") / "home", services=SERVICES, folder=folder)
    try:
        made.installation.must("up", "--yes")
        fill(made)
        yield made
    finally:
        made.installation.run("down", "--delete-data", "--yes")


def test_second_backup_adds_only_what_is_new(running: Running) -> None:
    first = running.say("backup", "now")
    assert (first["kind"], first["left_out"]) == ("whole", {})
    assert first["databases"] == ["infisical", "n8n"]
    assert {"n8n-data", "redis-data"} <= set(first["volumes"])
    assert first["added"] > BIG
    running.sql("n8n", "INSERT INTO kept VALUES ('later')")
    second = running.say("backup", "now")
    assert second["size"] > BIG
    assert second["added"] < BIG / 8
    print(f"first added {first['added']} bytes, second {second['added']}")


def test_what_must_stand_still_is_left_out_while_it_runs(running: Running) -> None:
    done = running.say("backup", "now", "--live")
    assert done["kind"] == "running"
    assert set(done["left_out"]) == {"redis-data"}
    assert running.state("redis") == "running"


def test_runner_can_change_nothing_that_it_backs_up(running: Running) -> None:
    runner = running.container("backup")
    mounts = json.loads(docker("inspect", "--format", "{{json .Mounts}}", runner))
    open_ones = {one["Destination"] for one in mounts if one["RW"]}
    assert open_ones == {"/repository", "/set/run"}
    networks = json.loads(
        docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", runner)
    )
    assert list(networks) == [f"{running.project}-role-postgres"]


def test_restore_puts_back_and_keeps_what_it_replaced(running: Running) -> None:
    before, kept = contents(running), running.say("backup", "now")["snapshot"]
    running.sql("n8n", "DROP TABLE kept; CREATE TABLE other (a text)")
    running.sql("postgres", "DROP DATABASE infisical WITH (FORCE)")
    shutil.rmtree(running.volume("n8n-data") / "deep")
    (running.volume("n8n-data") / "config").write_bytes(b"broken")
    (running.volume("n8n-data") / "new").write_bytes(b"of later")
    code, said = running.refused("backup", "restore", kept)
    assert (code, "hint: hearth backup restore" in said) == (2, True)
    assert (running.volume("n8n-data") / "config").read_bytes() == b"broken"
    done = running.say("backup", "restore", kept, "--yes")
    assert running.sql("n8n", "SELECT a FROM kept ORDER BY a").split("\n")[:2] == [
        "later",
        "of n8n",
    ]
    assert running.sql("infisical", "SELECT a FROM kept") == "of infisical\n"
    assert contents(running) == before
    # Its role owns what it owned, and others still may not enter.
    assert "n8n" in running.sql("n8n", "SELECT tableowner FROM pg_tables WHERE tablename = 'kept'")
    acl = "SELECT has_database_privilege('infisical', 'n8n', 'CONNECT')"
    assert running.sql("postgres", acl) == "f\n"
    assert "everything is as planned" in running.installation.must("plan")
    # What it replaced is there, too.
    running.say("backup", "restore", done["copy"], "--yes", "--only", "n8n", "--no-copy")
    assert running.sql("n8n", "SELECT count(*) FROM other") == "0\n"
    running.say("backup", "restore", kept, "--yes", "--only", "n8n", "--no-copy")


def _is_saving(name: str, arguments: list[str]) -> bool:
    return Path(name).name == "restic" and "backup" in arguments


def test_killed_backup_leaves_the_repository_usable(running: Running) -> None:
    with (running.volume("n8n-data") / "huge").open("wb") as huge:
        for _ in range(8):
            huge.write(os.urandom(64 * 1024 * 1024))
    argv = ("docker", "exec", running.container("backup"), "hearth-backup", "now")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        pids: list[int] = []
        while not pids and process.poll() is None:
            top = docker("top", running.container("backup"), "-eo", "pid,args").splitlines()[1:]
            lines = [line.split() for line in top]
            # Other commands of restic come before it; half a gigabyte takes it seconds.
            pids = [int(pid) for pid, name, *rest in lines if _is_saving(name, rest)]
        for pid in pids:
            os.kill(pid, 9)
        rest = process.communicate()[0]
    assert pids
    assert json.loads(rest.splitlines()[-1])["code"] == "backup-repository"
    (running.volume("n8n-data") / "huge").unlink()
    running.say("backup", "now")
    assert running.say("backup", "check", "--every-byte")["every_byte"] is True


def test_full_folder_is_told_and_earlier_backups_stay(
    running: Running, folder: Path, tmp_path: Path
) -> None:
    kept = running.say("backup", "now")["snapshot"]
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(small)], check=True)
    try:
        running.installation.must("settings", "set", f"BACKUP_FOLDER={small}")
        running.installation.must("up", "--yes")
        code, said = running.refused("backup", "now")
        assert (code, "there is no room left for this backup" in said) == (1, True), said
        assert running.state("redis") == "running"
    finally:
        running.installation.must("settings", "set", f"BACKUP_FOLDER={folder}")
        running.installation.must("up", "--yes")
        subprocess.run(["umount", str(small)], check=True)
    assert kept in {one["id"] for one in running.say("backup", "list")["backups"]}


def test_unreachable_repository_is_told(running: Running) -> None:
    running.installation.must("settings", "set", "BACKUP_REPOSITORY=rest:http://u:p@127.0.0.1:9/")
    try:
        running.installation.must("up", "--yes")
        code, said = running.refused("backup", "list")
        assert (code, "rest:http://127.0.0.1:9/: " in said, "u:p" in said) == (1, True, False)
    finally:
        running.installation.must("settings", "unset", "BACKUP_REPOSITORY")
        running.installation.must("up", "--yes")


def test_everything_comes_back_on_a_new_machine(
    running: Running, tmp_path: Path, folder: Path
) -> None:
    kept = running.say("backup", "now")["snapshot"]
    before = contents(running)
    password = (running.home / "secrets" / KEY).read_text().strip()
    n8n_key = (running.home / "secrets" / "n8n_encryption_key").read_text()
    running.installation.must("down", "--delete-data", "--yes")
    fresh = new_home(tmp_path / "home", services=("backup",), folder=folder)
    base_port = f"BASE_PORT={free_base_port()}"
    try:
        fresh.give_password("not the one")
        fresh.installation.must("up", "--yes")
        code, said = fresh.refused("backup", "list")
        assert (code, "was made with another password" in said) == (12, True)
        assert "hint: hearth down --volume backup-run && hearth secrets set" in said
        fresh.installation.must("down", "--volume", "backup-run", "--yes")
        fresh.give_password(password)
        fresh.installation.must("up", "--yes")
        assert kept in {one["id"] for one in fresh.say("backup", "list")["backups"]}
        fresh.say("backup", "restore", kept, "--settings", "--yes")
        assert (fresh.home / "secrets" / "n8n_encryption_key").read_text() == n8n_key
        fresh.installation.must("settings", "set", base_port)
        fresh.installation.must("up", "--yes")
        done = fresh.say("backup", "restore", kept, "--yes")
        assert {one["name"] for one in done["databases"]} == {"n8n", "infisical"}
        assert fresh.sql("infisical", "SELECT a FROM kept") == "of infisical\n"
        assert contents(fresh) == before
        assert {fresh.state(unit) for unit in ("n8n", "infisical", "redis")} == {"running"}
    finally:
        fresh.installation.run("down", "--delete-data", "--yes")
