"""The real PostgreSQL of the wheel, started, killed and misused."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from embedded_bench import (
    APP_DATABASE,
    AS_NOBODY,
    SECRETS,
    Rig,
    eventually,
    free_port,
    postgres_unit,
    query,
    rig,
    shell_unit,
    strangers_python,
)
from engine_conformance import done, failure_of
from hearth_control.engine.embedded.observe import recorded_data
from hearth_control.engine.observed import Health, State
from hearth_kit.secret import Secret

pytestmark = pytest.mark.integration

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its user")


@pytest.fixture
def here() -> Iterator[Rig]:
    with rig() as made:
        yield made


@pytest.fixture
def port() -> int:
    return free_port()


def data_of(here: Rig) -> Path:
    data = recorded_data(here.engine.layout)
    assert data is not None
    return data


def make_row(port: int) -> None:
    query(port, "app_owner", "owner-word", "create table t (n int)")
    query(port, "app_owner", "owner-word", "insert into t values (42)")


def read_rows(port: int) -> list[tuple]:
    return query(port, "app_owner", "owner-word", "select n from t")


def test_first_start_provisions(here: Rig, port: int) -> None:
    events = here.up(postgres_unit(port), databases=[APP_DATABASE])
    assert done(events) == ["create postgres"]
    rights = "select rolsuper, rolcreatedb, rolbypassrls from pg_roles where rolname = 'app_user'"
    assert query(port, "app_user", "user-word", rights) == [(False, False, False)]
    extensions = query(port, "app_user", "user-word", "select extname from pg_extension")
    assert ("vector",) in extensions
    owner = (
        "select rolname from pg_database d join pg_roles r on r.oid = datdba where datname='app'"
    )
    assert query(port, "app_user", "user-word", owner) == [("app_owner",)]
    locale = "select datcollate, datlocale, datlocprovider from pg_database where datname = 'app'"
    assert query(port, "app_user", "user-word", locale) == [("C", "C.UTF-8", "b")]


def test_passwords_are_needed(here: Rig, port: int) -> None:
    here.up(postgres_unit(port), databases=[APP_DATABASE])
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        query(port, "app_user", "wrong", "select 1")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        query(port, "postgres", "wrong", "select 1", "postgres")
    assert query(port, "postgres", "super-word", "select 1", "postgres") == [(1,)]


def test_second_start_keeps_data(here: Rig, port: int) -> None:
    unit = postgres_unit(port)
    here.up(unit, databases=[APP_DATABASE])
    make_row(port)
    assert here.up(unit, databases=[APP_DATABASE]) == []
    list(here.engine.down())
    assert done(here.up(unit, databases=[APP_DATABASE])) == ["create postgres"]
    assert read_rows(port) == [(42,)]


def test_stop_is_clean(here: Rig, port: int) -> None:
    here.up(postgres_unit(port))
    list(here.engine.stop(["postgres"]))
    assert "LOG:  database system is shut down" in here.texts("postgres")
    assert here.seen("postgres").state is State.STOPPED


def test_killed_server_recovers(here: Rig, port: int) -> None:
    here.up(postgres_unit(port), databases=[APP_DATABASE])
    make_row(port)
    killed = here.seen("postgres").pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)

    def is_new() -> bool:
        seen = here.seen("postgres")  # once: between two looks it may have been missed and gone
        return seen.health is Health.HEALTHY and seen.pid not in {None, killed}

    eventually(is_new, "a new server")
    assert read_rows(port) == [(42,)]
    assert here.seen("postgres").restarts == 1
    assert "was ended by SIGKILL; starts again in 0.5 s" in here.texts("postgres")


def test_killed_supervisor_ends_server(here: Rig, port: int) -> None:
    here.up(postgres_unit(port), databases=[APP_DATABASE])
    make_row(port)
    here.kill_supervisor()
    eventually(lambda: not (data_of(here) / "postmaster.pid").exists(), "its end", 5)
    assert done(here.up(postgres_unit(port), databases=[APP_DATABASE])) == ["start postgres"]
    assert read_rows(port) == [(42,)]


def test_stale_pid_is_cleared(here: Rig, port: int) -> None:
    here.up(postgres_unit(port))
    list(here.engine.down())
    data = data_of(here)
    user = data.stat()
    with subprocess.Popen(
        ["sleep", "60"], user=user.st_uid if os.geteuid() == 0 else None
    ) as stranger:
        stale = data / "postmaster.pid"
        stale.write_text(f"{stranger.pid}\n{data}\n1\n{port}\n\n\n\nready\n")
        os.chown(stale, user.st_uid, user.st_gid)
        assert done(here.up(postgres_unit(port))) == ["create postgres"]
        assert stranger.poll() is None
        stranger.kill()


def test_half_cluster_is_replaced(here: Rig, port: int) -> None:
    here.up(postgres_unit(port))
    list(here.engine.down())
    half = data_of(here).with_name("postgres.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    data_of(here).rename(data_of(here).with_name("aside"))
    assert done(here.up(postgres_unit(port))) == ["create postgres"]
    assert not half.exists()


def test_other_major_is_refused(here: Rig, port: int) -> None:
    here.up(postgres_unit(port))
    list(here.engine.down())
    data = data_of(here)
    (data / "PG_VERSION").write_text("16\n")
    failure = failure_of(here.up(postgres_unit(port)))
    assert failure.cause == f"{data}: was written by PostgreSQL 16, and this is 18"
    assert failure.hint == "https://www.postgresql.org/docs/current/pgupgrade.html"


def test_foreign_folder_is_spared(here: Rig, port: int) -> None:
    here.up(postgres_unit(port))
    list(here.engine.down())
    data = data_of(here)
    data.rename(data.with_name("aside"))
    data.mkdir()
    (data / "letter.txt").write_text("keep me")
    failure = failure_of(here.up(postgres_unit(port)))
    assert failure.cause == f"{data}: is not empty and holds no PostgreSQL"
    assert (data / "letter.txt").read_text() == "keep me"


def test_taken_port_names_holder(here: Rig) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = int(holder.getsockname()[1])
        failure = failure_of(here.up(postgres_unit(port)))
    assert failure.cause.startswith(f"port {port} is taken by py")
    assert failure.cause.endswith(f"(pid {os.getpid()})")
    assert failure.hint == "hearth settings explain POSTGRES_PORT"
    assert failure.exit_code == 1


def test_new_consumer_is_provisioned(here: Rig, port: int) -> None:
    unit = postgres_unit(port)
    here.up(unit)
    before = here.seen("postgres").pid
    other = shell_unit("other", "exec sleep 1000", needs=("postgres",))
    assert done(here.up(unit, other, databases=[APP_DATABASE])) == ["create other"]
    assert query(port, "app_user", "user-word", "select 1") == [(1,)]
    assert here.seen("postgres").pid == before


def test_new_password_is_set(here: Rig, port: int) -> None:
    unit = postgres_unit(port)
    here.up(unit, databases=[APP_DATABASE])
    here.secrets = {**SECRETS, "app_db_app_user": Secret("newer-word")}
    here.up(replace(unit, hash="p2"), databases=[APP_DATABASE])
    assert query(port, "app_user", "newer-word", "select 1") == [(1,)]


def test_secrets_stay_unsaid(here: Rig, port: int) -> None:
    here.up(postgres_unit(port), databases=[APP_DATABASE])
    pid = here.seen("postgres").pid
    said = [
        Path(f"/proc/{pid}/cmdline").read_bytes().decode(),
        here.engine.layout.state.read_text(),
        "\n".join(here.texts("postgres")),
        here.engine.layout.supervisor_log.read_text(),
    ]
    for secret in SECRETS.values():
        assert not [text for text in said if secret.reveal() in text]


def test_provision_failure_is_told(here: Rig, port: int) -> None:
    here.secrets = {"postgres_password": Secret("super-word")}
    failure = failure_of(here.up(postgres_unit(port), databases=[APP_DATABASE]))
    assert failure.summary.startswith("postgres: `psql` exited with code 3")


@needs_root
def test_root_hands_data_over(here: Rig, port: int) -> None:
    closed = here.home.parent
    before = [(path, stat.S_IMODE(path.stat().st_mode)) for path in (closed, *closed.parents)]
    here.up(postgres_unit(port))
    data = data_of(here)
    assert here.engine.system in data.parents
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    pid = here.seen("postgres").pid
    assert Path(f"/proc/{pid}").stat().st_uid == data.stat().st_uid != 0
    assert [(path, stat.S_IMODE(path.stat().st_mode)) for path, _ in before] == before
    assert stat.S_IMODE(here.home.stat().st_mode) == 0o700


@needs_root
def test_root_copies_closed_programs(here: Rig, tmp_path: Path) -> None:
    from hearth_control.engine.embedded.place import (
        copy_programs,
        may_enter,
        system_user,
        wheel_folder,
    )

    here.engine.system.mkdir()
    copied = copy_programs(wheel_folder(), here.engine.system)
    assert copy_programs(wheel_folder(), here.engine.system) == copied
    user = system_user()
    assert may_enter(copied / "bin", user)
    assert not may_enter(tmp_path, user)
    done = subprocess.run(
        [copied / "bin" / "postgres", "--version"],
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("postgres (PostgreSQL) 18")


@needs_root
def test_normal_user_runs_it(here: Rig, port: int) -> None:
    home = here.home.parent / "nobody"
    home.mkdir()
    os.chown(home, 65534, 65534)
    script = textwrap.dedent(
        f"""
        import json, sys
        sys.path.insert(0, {str(Path(__file__).parents[3])!r})
        from pathlib import Path
        from embedded_bench import *
        from engine_conformance import done
        with rig(Path({str(home)!r}) / "a home") as here:
            first = done(here.up(postgres_unit({port}), databases=[APP_DATABASE]))
            rows = query({port}, "app_user", "user-word", "select 1")
            data = here.engine.observe().volumes["postgres"]["path"]
        print(json.dumps([first, rows, data]))
        """
    )
    done = subprocess.run(
        [*AS_NOBODY, strangers_python(home.parent), "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    first, rows, data = json.loads(done.stdout)
    assert (first, rows) == (["create postgres"], [[1]])
    assert data == f"{home}/a home/data/postgres"


def test_down_removes_named_data(here: Rig, port: int) -> None:
    here.up(postgres_unit(port))
    data = data_of(here)
    list(here.engine.down())
    assert (data / "PG_VERSION").exists()
    list(here.engine.down(volumes=["postgres", "files"]))
    assert not data.exists()
    assert here.engine.observe().volumes == {}
    assert not (here.engine.system / here.engine.project).exists()
