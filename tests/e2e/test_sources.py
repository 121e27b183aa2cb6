"""A service must be able to come from elsewhere and back, and nothing be lost on the way.

Infisical is a placeholder here. PostgreSQL, Valkey and the lambda server are real. The PostgreSQL
"on the host" is a process of this machine; the Valkey runs in the host's own network, as a program
of the host does.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from compose_bench import eventually
from journey import ROOT, Installation
from lab.ports import free_base_port
from lab.shell import run, succeeds
from sources import (
    Running,
    certificate_for,
    postgres_on_host,
    refused,
    valkey,
    valkey_over_tls,
)

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]

ENV = "ENGINE=compose\nPRESET=none\nLAMBDA_SERVER_SOURCE=container\nINFISICAL_SOURCE=container\n"
HOST = "host.docker.internal"
SPEAK = """
import os, socket, ssl, urllib.parse
at = urllib.parse.urlsplit(os.environ["REDIS_URL"])
assert at.scheme == "rediss", at.scheme
context = ssl.create_default_context(cafile=os.environ["NODE_EXTRA_CA_CERTS"])
plain = socket.create_connection((at.hostname, at.port), 5)
secure = context.wrap_socket(plain, server_hostname=at.hostname)
secure.sendall(f"AUTH {at.password}\\r\\nPING\\r\\n".encode())
said = b""
while b"PONG" not in said:
    said += secure.recv(100) or exit(said)
print(secure.version(), said)
"""
"""What Infisical does with what it was given; its image is a placeholder."""


@pytest.fixture(scope="module")
def running(engine: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home: Path = tmp_path_factory.mktemp("sources")
    base_port = free_base_port()
    (home / ".env").write_text(f"{ENV}BASE_PORT={base_port}\n")
    installation = Installation(home=home)
    try:
        installation.must("up", "--yes")
        project = json.loads(installation.must("plan", "--json"))["project"]
        yield Running(installation=installation, project=project, free_port=base_port + 98)
    finally:
        installation.run("down", "--delete-data", "--yes")


def test_cache_moves_to_the_host_and_back(running: Running) -> None:
    before, port = running.env, running.free_port
    with valkey(port, running.secret("redis_password")) as name:
        running.installation.must("settings", "set", "REDIS_PORT", str(port))
        said = running.installation.run("source", "redis", "localhost", "--apply", "--yes")
        assert said.returncode == 0, said.stderr
        assert f"redis at host.docker.internal:{port}, from a container: " in said.stderr
        units = running.units()
        assert "redis" not in units
        assert any("host.docker.internal" in one for one in units["infisical"]["Config"]["Env"])
        asker = f"{running.project}-infisical-1"
        assert succeeds("docker", "exec", asker, "nc", "-z", "host.docker.internal", str(port))
        eventually(running.is_well, "everything is healthy from there")
        run("docker", "stop", name)
    running.installation.must("settings", "unset", "REDIS_PORT")
    running.installation.must("source", "redis", "container", "--apply", "--yes")
    assert running.units()["redis"]["State"]["Running"]
    eventually(running.is_well, "everything is healthy again")
    assert set(before.splitlines()) <= set(running.env.splitlines())


def test_silent_target_is_refused(running: Running) -> None:
    url = f"redis://:any@host.docker.internal:{running.free_port}"
    said = refused(running, "redis", "external", "--url", url)
    assert "from a container: connection refused" in said


def test_wrong_password_is_refused(running: Running) -> None:
    port = running.free_port
    with valkey(port, "another"):
        url = f"redis://:guessed@host.docker.internal:{port}"
        said = refused(running, "redis", "external", "--url", url)
    assert "WRONGPASS" in said
    assert "guessed" not in said.partition("hint:")[0]


def test_tls_where_there_is_none_is_refused(running: Running) -> None:
    port = running.free_port
    with valkey(port, "pw"):
        url = f"rediss://:pw@host.docker.internal:{port}"
        said = refused(running, "redis", "external", "--url", url)
    assert "it does not answer TLS" in said or "TLS failed" in said, said


def test_untrusted_certificate_is_refused(running: Running, tmp_path: Path) -> None:
    port = running.free_port
    with valkey_over_tls(port, "pw", certificate_for(HOST, tmp_path / "tls")):
        safe = refused(running, "redis", "external", "--url", f"rediss://:pw@{HOST}:{port}")
        plain = refused(running, "redis", "external", "--url", f"redis://:pw@{HOST}:{port}")
    assert "TLS failed: CERTIFICATE_VERIFY_FAILED: " in safe, safe
    assert "hearth settings set CA_FILE" in safe
    assert re.search(r"hung up|no Redis answer|closed before an answer", plain), plain


def test_certificate_of_an_own_authority_is_believed(running: Running, tmp_path: Path) -> None:
    before, port, password = running.env, running.free_port, running.secret("redis_password")
    made = certificate_for(HOST, tmp_path / "tls")
    running.installation.must("settings", "set", "CA_FILE", str(made.authority))
    with valkey_over_tls(port, password, made):
        url = f"rediss://:{password}@{HOST}:{port}"
        running.installation.must("source", "redis", "external", "--url", url, "--apply", "--yes")
        assert "redis" not in running.units()
        assert running.as_infisical(SPEAK).startswith("TLSv1.")
        eventually(running.is_well, "everything is healthy over TLS")
    running.installation.must("source", "redis", "container", "--apply", "--yes")
    for key in ("CA_FILE", "REDIS_URL"):
        running.installation.must("settings", "unset", key)
    running.installation.must("up", "--yes")
    eventually(running.is_well, "everything is healthy again")
    assert set(before.splitlines()) <= set(running.env.splitlines())


def test_certificate_for_another_name_is_refused(running: Running, tmp_path: Path) -> None:
    port = running.free_port
    made = certificate_for("cache.example.org", tmp_path / "tls")
    running.installation.must("settings", "set", "CA_FILE", str(made.authority))
    with valkey_over_tls(port, "pw", made):
        said = refused(running, "redis", "external", "--url", f"rediss://:pw@{HOST}:{port}")
    assert "CERTIFICATE_VERIFY_FAILED: Hostname mismatch" in said, said
    assert "use a name that its certificate is made for" in said
    running.installation.must("settings", "unset", "CA_FILE")


def test_database_moves_to_the_host_and_back(running: Running) -> None:
    before, port = running.env, running.free_port
    running.psql("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')")
    plan = json.loads(running.installation.must("plan", "--json"))
    with postgres_on_host(port) as postgres:
        running.installation.must("settings", "set", "POSTGRES_PORT", str(port))
        missing = refused(running, "postgres", "localhost")
        assert "password authentication failed" in missing
        for database in plan["databases"]:
            postgres.make(database, {key: running.secret(key) for _, key in database["roles"]})
        said = running.installation.run("source", "postgres", "localhost", "--apply", "--yes")
        assert said.returncode == 0, said.stderr
        assert f"postgres at {HOST}:{port} as `hearth_app`, from a container: " in said.stderr
        assert "postgres" not in running.units()
        eventually(running.is_well, "everything is healthy from there")
        eventually(lambda: running.is_steady("lambda-server"), "its own check says so, too")
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname NOT LIKE 'pg%'"
        assert int(postgres.psql(tables, database="hearth")) > 10, "its own tables are there"
        users = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'hearth_app'"
        assert int(postgres.psql(users)) > 0, "and it is signed in"
    running.installation.must("settings", "unset", "POSTGRES_PORT")
    running.installation.must("source", "postgres", "container", "--apply", "--yes")
    eventually(running.is_well, "everything is healthy again")
    eventually(lambda: running.is_steady("lambda-server"), "its own check says so, too")
    assert running.psql("SELECT word FROM kept") == "here"
    assert set(before.splitlines()) <= set(running.env.splitlines())


def test_forced_target_that_fails_is_reverted(running: Running) -> None:
    env = running.env
    url = f"postgresql://postgres:any@host.docker.internal:{running.free_port}"
    words = ("source", "postgres", "external", "--url", url, "--force", "--apply", "--yes")
    said = running.installation.run(*words)
    assert said.returncode == 1, said.stdout + said.stderr
    assert "the old source is back" in said.stderr
    assert running.env == env
    assert running.units()["postgres"]["State"]["Running"]
    assert running.is_well()


def interrupted(running: Running, *moments: str) -> tuple[int, str]:
    """Move the cache elsewhere and press Ctrl-C at each moment that is told, in this order."""
    url = f"redis://:any@host.docker.internal:{running.free_port}"
    words = ("source", "redis", "external", "--url", url, "--force", "--apply", "--yes")
    home = running.installation.home
    child = subprocess.Popen(
        # A shell's background job ignores Ctrl-C, and so would whatever it starts.
        ("env", "--default-signal=INT", str(ROOT / "hearth"), "--home", str(home), *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert child.stderr is not None
    said, waited_for = [], list(moments)
    with child.stderr as lines:
        for line in lines:
            said.append(line)
            if waited_for and waited_for[0] in line:
                waited_for.pop(0)
                child.send_signal(signal.SIGINT)
    code = child.wait(timeout=120)
    assert not waited_for, "".join(said)
    return code, "".join(said)


def test_ctrl_c_brings_back_what_ran(running: Running) -> None:
    env = running.env
    code, said = interrupted(running, "redis removed")
    assert code == 130, said
    assert "error: redis: cancelled; the old source is back" in said
    assert running.env == env
    assert running.units()["redis"]["State"]["Running"]
    eventually(running.is_well, "everything is healthy again")


def test_ctrl_c_on_the_way_back_is_healed_by_the_next_up(running: Running) -> None:
    env = running.env
    code, said = interrupted(running, "redis removed", "redis starting")
    assert code == 130, said
    assert "`.env` is as it was, and the way back to what ran before was cancelled, too" in said
    assert said.endswith("hint: hearth up\n")
    assert running.env == env
    running.installation.must("up", "--yes")
    assert running.units()["redis"]["State"]["Running"]
    eventually(running.is_well, "everything is healthy again")
    plan = json.loads(running.installation.must("plan", "--json"))
    assert plan["noop"], [step["id"] for step in plan["steps"]]


def test_down_keeps_data_and_deletes_it_only_when_told(running: Running) -> None:
    running.psql("CREATE TABLE IF NOT EXISTS stays (word text); INSERT INTO stays VALUES ('yes')")
    running.installation.must("down")
    assert running.units() == {}
    running.installation.must("up", "--yes")
    assert running.psql("SELECT word FROM stays") == "yes"

    ids = running.ids()
    said = running.installation.run("down", "--delete-data")
    assert said.returncode == 2
    assert re.search(r"destroys postgres-data with \d+(\.\d)? MB", said.stderr), said.stderr
    assert said.stderr.endswith("hint: hearth down --delete-data --yes\n")
    assert running.ids() == ids

    running.installation.must("down", "--delete-data", "--yes")
    wanted = f"label=hearth.project={running.project}"
    assert run("docker", "volume", "ls", "--quiet", "--filter", wanted) == ""
