"""A service must be able to come from elsewhere and back, and nothing be lost on the way.

Infisical is a placeholder here. PostgreSQL, Valkey and the lambda server are real, the Valkey "on
the host" too: it runs in the host's own network, as a program of the host does.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from compose_bench import eventually
from journey import ROOT, Installation
from lab.place import LABEL
from lab.ports import free_base_port
from lab.shell import run, succeeds

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]

VALKEY = "valkey/valkey:8.1.4-alpine"
ENV = "ENGINE=compose\nPRESET=none\nLAMBDA_SERVER_SOURCE=container\nINFISICAL_SOURCE=container\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An installation with a database, a cache and who uses them."""

    installation: Installation
    project: str
    free_port: int

    @property
    def env(self) -> str:
        return (self.installation.home / ".env").read_text()

    def secret(self, key: str) -> str:
        return (self.installation.home / "secrets" / key).read_text().strip()

    def units(self) -> dict[str, Any]:
        wanted = f"label=hearth.project={self.project}"
        ids = run("docker", "ps", "--all", "--quiet", "--filter", wanted).split()
        found = json.loads(run("docker", "inspect", *ids)) if ids else []
        return {one["Config"]["Labels"]["hearth.unit"]: one for one in found}

    def ids(self) -> dict[str, str]:
        return {unit: one["Id"] for unit, one in self.units().items()}

    def is_well(self) -> bool:
        """Whether everything runs and nobody complains."""
        status = self.installation.run("status", "--json")
        return status.returncode == 0 and json.loads(status.stdout)["problems"] == []

    def psql(self, sql: str, *, database: str = "hearth") -> str:
        container = f"{self.project}-postgres-1"
        argv = ("psql", "-U", "postgres", "-d", database, "-tAc", sql)
        return run("docker", "exec", container, *argv).strip()


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


@contextmanager
def on_host(image: str, *words: str, options: tuple[str, ...] = ()) -> Iterator[str]:
    """Run a server in the host's network; give its container's name."""
    name = f"hearth-test-{uuid4().hex[:8]}"
    base = ("docker", "run", "--detach", "--name", name, "--label", f"{LABEL}=test")
    run(*base, "--network", "host", *options, image, *words)
    try:
        yield name
    finally:
        run("docker", "rm", "--force", "--volumes", name)


@contextmanager
def valkey(port: int, password: str, *words: str) -> Iterator[str]:
    argv = ("valkey-server", "--port", str(port), "--requirepass", password, *words)
    with on_host(VALKEY, *argv) as name:
        eventually(lambda: is_open(port), f"Valkey listens on {port}")
        yield name


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def refused(running: Running, *words: str) -> str:
    """Take a source that has to be refused; nothing may have changed."""
    env, ids = running.env, running.ids()
    said = running.installation.run("source", *words, "--apply", "--yes")
    assert said.returncode == 1, said.stdout + said.stderr
    assert running.env == env
    assert running.ids() == ids
    return said.stderr


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
    tmp_path.chmod(0o755)
    subject = ("-subj", "/CN=host.docker.internal", "-days", "1")
    files = ("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "crt.pem"))
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *subject)
    (tmp_path / "key.pem").chmod(0o644)
    tls = ("--tls-cert-file", "/tls/crt.pem", "--tls-key-file", "/tls/key.pem")
    words = ("--port", "0", "--tls-port", str(port), *tls, "--tls-auth-clients", "no")
    argv = ("valkey-server", "--requirepass", "pw", *words)
    with on_host(VALKEY, *argv, options=("--volume", f"{tmp_path}:/tls:ro")):
        eventually(lambda: is_open(port), f"Valkey listens on {port}")
        safe = refused(
            running, "redis", "external", "--url", f"rediss://:pw@host.docker.internal:{port}"
        )
        plain = refused(
            running, "redis", "external", "--url", f"redis://:pw@host.docker.internal:{port}"
        )
    assert re.search(r"TLS failed: certificate.verify.failed", safe, re.IGNORECASE), safe
    assert re.search(r"hung up|no Redis answer|closed before an answer", plain), plain


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


def test_ctrl_c_brings_back_what_ran(running: Running) -> None:
    env = running.env
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
    with child.stderr as lines:
        seen = []
        for line in lines:
            seen.append(line)
            if "redis removed" in line:
                break
        child.send_signal(signal.SIGINT)
        rest = lines.read()
    assert child.wait(timeout=120) == 130, "".join(seen) + rest
    assert "error: redis: cancelled; the old source is back" in rest
    assert running.env == env
    assert running.units()["redis"]["State"]["Running"]
    eventually(running.is_well, "everything is healthy again")


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
