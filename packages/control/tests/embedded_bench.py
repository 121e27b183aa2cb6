"""What the tests of the embedded engine share: an installation to try, with units to suit."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest
from engine_conformance import Bench, steps_for
from hearth_control.catalog.model import Process
from hearth_control.engine.embedded.adapter import EmbeddedEngine
from hearth_control.engine.embedded.place import may_enter
from hearth_control.engine.embedded.processes import start_mark
from hearth_control.engine.embedded.spec import User
from hearth_control.engine.embedded.state import EngineState, load_state
from hearth_control.engine.events import Event
from hearth_control.engine.observed import ObservedUnit
from hearth_control.plan.model import Database, ProcessUnit, SecretUse
from hearth_control.render.artifacts import Artifacts
from hearth_control.settings.model import EngineName
from hearth_kit.secret import Secret

SECRETS = {
    "postgres_password": Secret("super-word"),
    "app_db_app_owner": Secret("owner-word"),
    "app_db_app_user": Secret("user-word"),
}
APP_DATABASE = Database(
    provider="postgres",
    consumer="app",
    name="app",
    roles=(("app_owner", "app_db_app_owner"), ("app_user", "app_db_app_user")),
    extensions=("vector",),
)
AS_NOBODY = (
    ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()
)
"""What runs a command as a normal user, if this user is none."""
NOBODY = User(name="nobody", uid=65534, gid=65534)
NOTHING = Artifacts(files={}, secret_variables={})


@dataclass
class Rig:
    """One installation."""

    engine: EmbeddedEngine
    secrets: Mapping[str, Secret] = field(default_factory=lambda: dict(SECRETS))

    @property
    def home(self) -> Path:
        return self.engine.home

    @property
    def state(self) -> EngineState:
        state = load_state(self.engine.layout.state)
        assert state is not None
        return state

    @property
    def supervisor(self) -> int:
        assert self.state.pid is not None
        return self.state.pid

    def up(self, *units: ProcessUnit, databases: Sequence[Database] = ()) -> list[Event]:
        bench = Bench(
            engine=self.engine,
            make=lambda *_: units[0],
            name=EngineName.EMBEDDED,
            secrets=self.secrets,
        )
        plan = bench.plan(units, steps_for(units, self.engine.observe()))
        plan = replace(plan, databases=tuple(databases))
        return list(self.engine.apply(plan, NOTHING, self.secrets))

    def seen(self, name: str) -> ObservedUnit:
        unit = self.engine.observe().unit(name)
        assert unit is not None
        return unit

    def texts(self, name: str) -> list[str]:
        return [line.text for line in self.engine.logs([name], tail=1000)]

    def kill_supervisor(self) -> None:
        pid = self.supervisor
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: start_mark(pid) is None, "the supervisor's end")


@contextmanager
def rig(home: Path | None = None, project: str = "hearth-test") -> Iterator[Rig]:
    """Give an installation below a folder that an unprivileged user may enter; clean up after."""
    base = Path(tempfile.mkdtemp(prefix="hearth-test-"))
    base.chmod(0o755)
    engine = EmbeddedEngine(project=project, home=home or base / "home", system=base / "system")
    try:
        yield Rig(engine)
    finally:
        list(engine.down())
        shutil.rmtree(base)


def eventually(check: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Wait until a check holds, or fail saying what was waited for."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"waited {seconds} s: {what}"
        time.sleep(0.02)


def strangers_python(folder: Path) -> str:
    """Give a Python with this one's packages that another user may run.

    Root's own may lie below `/root`: then a small environment of the system's is made in a folder.
    """
    if os.geteuid() != 0 or may_enter(Path(sys.executable).resolve().parent, NOBODY):
        return sys.executable
    python = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    if not Path(python).exists():
        pytest.skip(f"needs a Python that another user may run, such as {python}")
    subprocess.run([python, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    (site / "here.pth").write_text("\n".join(path for path in sys.path if path))
    return str(folder / "venv/bin/python")


def free_port() -> int:
    """Find a port that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def shell_unit(
    name: str,
    script: str,
    *,
    digest: str = "h1",
    needs: tuple[str, ...] = (),
    ready: tuple[str, ...] = ("true",),
    before: tuple[tuple[str, ...], ...] = (),
    environment: Mapping[str, str] | None = None,
    secrets: tuple[SecretUse, ...] = (),
    start_seconds: int = 10,
) -> ProcessUnit:
    """Give a unit that runs a shell script."""
    return ProcessUnit(
        name=name,
        service=name,
        hash=digest,
        process=Process(command=("sh", "-c", script), ready_command=ready, before=before),
        environment=environment or {},
        secrets=secrets,
        needs=needs,
        start_seconds=start_seconds,
    )


def postgres_unit(port: int, *, digest: str = "p1") -> ProcessUnit:
    """Give the built-in PostgreSQL."""
    return ProcessUnit(
        name="postgres",
        service="postgres",
        hash=digest,
        builtin="postgres",
        port=port,
        secrets=(SecretUse(key="postgres_password", variable="POSTGRES_PASSWORD"),),
    )


def query(port: int, role: str, word: str, sql: str, database: str = "app") -> list[tuple]:
    """Ask a database over the port, as its consumers do."""
    with psycopg.connect(
        host="127.0.0.1", port=port, user=role, password=word, dbname=database, connect_timeout=5
    ) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []
