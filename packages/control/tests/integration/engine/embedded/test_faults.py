"""What goes wrong with processes, and what is left afterwards: nothing, and a clear word."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from embedded_bench import (
    AS_NOBODY,
    Rig,
    eventually,
    free_port,
    postgres_unit,
    rig,
    shell_unit,
    strangers_python,
)
from engine_conformance import done, failure_of
from hearth_control.catalog.model import Process
from hearth_control.engine.embedded.errors import HomeNotWritableError
from hearth_control.engine.embedded.processes import start_mark
from hearth_control.engine.events import Waiting
from hearth_control.engine.observed import Health, State
from hearth_control.plan.model import ProcessUnit, SecretUse

pytestmark = pytest.mark.integration

RUN = "echo here; exec sleep 1000"


@pytest.fixture
def here() -> Iterator[Rig]:
    with rig() as made:
        yield made


def pid_in(path: Path) -> int:
    eventually(lambda: path.exists() and path.read_text().strip() != "", f"{path}")
    return int(path.read_text())


def test_killed_unit_restarts(here: Rig) -> None:
    here.up(shell_unit("one", RUN))
    killed = here.seen("one").pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: here.seen("one").pid not in {None, killed}, "another process")
    eventually(lambda: here.seen("one").state is State.RUNNING, "it runs")
    assert here.seen("one").restarts == 1
    assert "was ended by SIGKILL; starts again in 0.5 s" in here.texts("one")


def test_crash_loop_is_reported(here: Rig) -> None:
    failure = failure_of(here.up(shell_unit("bad", "echo boom; exit 7", ready=("false",))))
    assert failure.log_lines == ("boom",)
    assert failure.exit_code == 7
    assert failure.summary == "bad: exited with code 7 before it was ready; starts again in 0.5 s"
    eventually(lambda: here.seen("bad").restarts >= 2, "more attempts")
    seen = here.seen("bad")
    assert seen.state in {State.RESTARTING, State.STARTING}
    assert seen.exit_code == 7


def test_repaired_unit_starts_at_once(here: Rig, tmp_path: Path) -> None:
    script = f"test -e {tmp_path}/ok || exit 7; {RUN}"
    unit = shell_unit("one", script, ready=("test", "-e", f"{tmp_path}/ok"))
    failure_of(here.up(unit))
    (tmp_path / "ok").touch()
    assert done(here.up(unit)) == ["start one"]


def test_missing_program_is_told(here: Rig) -> None:
    unit = ProcessUnit(
        name="one", service="one", hash="h", process=Process(command=("/no/such/program",))
    )
    failure = failure_of(here.up(unit))
    assert failure.summary.startswith("one: cannot run `/no/such/program`: No such file")


def test_before_runs_each_start(here: Rig, tmp_path: Path) -> None:
    count = tmp_path / "count"
    unit = shell_unit("one", RUN, before=(("sh", "-c", f"echo x >> {count}"),))
    here.up(unit)
    list(here.engine.stop(["one"]))
    here.up(unit)
    assert count.read_text() == "x\nx\n"


def test_before_failure_stops_start(here: Rig, tmp_path: Path) -> None:
    unit = shell_unit(
        "one", f"touch {tmp_path}/ran", before=(("sh", "-c", "echo no schema >&2; exit 5"),)
    )
    failure = failure_of(here.up(unit))
    assert failure.summary == "one: `sh` exited with code 5; starts again in 0.5 s"
    assert failure.log_lines == ("no schema",)
    assert not (tmp_path / "ran").exists()


def test_slow_unit_is_waited_for(here: Rig) -> None:
    events = here.up(
        shell_unit("slow", RUN, ready=("sh", "-c", "echo not yet; exit 1"), start_seconds=1)
    )
    whys = [event.why for event in events if isinstance(event, Waiting)]
    assert "health: starting (probe said: not yet)" in whys
    failure = failure_of(events)
    assert failure.summary == "slow: was not ready after 1 s (probe said: not yet)"
    assert failure.probe_output == "not yet"
    assert here.seen("slow").state is State.RUNNING
    assert here.seen("slow").health is Health.UNHEALTHY


def test_http_readiness_is_asked(here: Rig, tmp_path: Path) -> None:
    port = free_port()
    process = Process(
        command=("{python}", "-m", "http.server", "{port}", "--bind", "127.0.0.1"),
        ready_http="/",
    )
    events = here.up(ProcessUnit(name="web", service="web", hash="h", process=process, port=port))
    assert done(events) == ["create web"]
    whys = [event.why for event in events if isinstance(event, Waiting)]
    assert "health: starting (probe said: connection refused)" in whys


def test_killed_supervisor_leaves_no_orphan(here: Rig, tmp_path: Path) -> None:
    # A grandchild in a session of its own, as a converter might be, and one that ignores SIGTERM.
    script = (
        f"setsid sh -c 'echo $$ > {tmp_path}/escaped; exec sleep 1000' & "
        f"sh -c 'trap \"\" TERM; echo $$ > {tmp_path}/stubborn; while :; do sleep 1; done' & "
        "exec sleep 1000"
    )
    here.up(shell_unit("one", script))
    pids = [pid_in(tmp_path / "escaped"), pid_in(tmp_path / "stubborn"), here.seen("one").pid]
    here.kill_supervisor()
    observed = here.engine.observe()
    assert observed.warnings[0].startswith("the supervisor was killed")
    assert observed.units[0].state is State.STOPPED
    assert observed.units[0].pid is None
    eventually(lambda: not any(start_mark(pid or 0) for pid in pids), "no orphan", 5)


def test_up_after_killed_supervisor(here: Rig) -> None:
    unit = shell_unit("one", RUN)
    here.up(unit)
    before = here.supervisor
    here.kill_supervisor()
    assert done(here.up(unit)) == ["start one"]
    assert here.supervisor != before
    assert here.engine.observe().warnings == ()
    # The guard of the killed one must not touch what the new one started.
    first = here.seen("one").pid
    eventually(lambda: not guards_of(before), "the old guard's end", 5)
    assert here.seen("one").pid == first


def guards_of(supervisor: int) -> list[int]:
    return [
        int(path.name)
        for path in Path("/proc").iterdir()
        if path.name.isdecimal() and _parent_and_group(path) == supervisor
    ]


def _parent_and_group(path: Path) -> int | None:
    try:
        fields = (path / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1])


def test_killed_guard_too(here: Rig, tmp_path: Path) -> None:
    script = f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 1; done"
    unit = shell_unit("one", script)
    here.up(unit)
    stubborn = pid_in(tmp_path / "pid")
    (guard,) = [pid for pid in guards_of(here.supervisor) if pid != here.seen("one").pid]
    os.kill(here.supervisor, signal.SIGSTOP)
    os.kill(guard, signal.SIGKILL)
    here.kill_supervisor()
    assert start_mark(stubborn) is not None
    assert done(here.up(unit)) == ["start one"]
    assert start_mark(stubborn) is None
    # Its like would hold the end of this test up for the whole of its grace.
    os.kill(pid_in(tmp_path / "pid"), signal.SIGKILL)


def test_dead_guard_is_replaced(here: Rig) -> None:
    here.up(shell_unit("one", RUN))
    own = here.seen("one").pid
    (guard,) = [pid for pid in guards_of(here.supervisor) if pid != own]
    os.kill(guard, signal.SIGKILL)
    eventually(lambda: len(set(guards_of(here.supervisor)) - {guard, own}) == 1, "another guard")
    here.kill_supervisor()
    eventually(lambda: start_mark(own or 0) is None, "the unit's end", 5)


def test_terminated_supervisor_stops_all(here: Rig) -> None:
    here.up(shell_unit("one", RUN), shell_unit("two", RUN, needs=("one",)))
    pid = here.supervisor
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: start_mark(pid) is None, "its end")
    assert [unit.state for unit in here.engine.observe().units] == [State.STOPPED] * 2
    assert here.engine.observe().warnings == ()


def test_units_survive_terminal(here: Rig) -> None:
    master, slave = pty.openpty()
    script = textwrap.dedent(
        f"""
        import signal, sys, time
        # Who runs the tests may have had itself shielded from a terminal's end.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        sys.path.insert(0, {str(Path(__file__).parents[3])!r})
        from pathlib import Path
        from embedded_bench import *
        from hearth_control.engine.embedded.adapter import EmbeddedEngine
        engine = EmbeddedEngine(project="hearth-test", home=Path({str(here.home)!r}))
        Rig(engine).up(shell_unit("one", {RUN!r}))
        print("up", flush=True)
        time.sleep(60)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  # no threads here
    ) as shell:
        os.close(slave)
        assert b"up" in os.read(master, 1000)
        os.close(master)
        assert shell.wait(10) == -signal.SIGHUP
    assert here.seen("one").state is State.RUNNING
    assert start_mark(here.supervisor) is not None


def test_idle_supervisor_leaves(here: Rig) -> None:
    here.up(shell_unit("one", RUN))
    pid = here.supervisor
    list(here.engine.stop(["one"]))
    eventually(lambda: start_mark(pid) is None, "the supervisor's end")
    assert here.engine.observe().warnings == ()
    assert done(here.up(shell_unit("one", RUN))) == ["start one"]


def test_unwritable_home_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    home = tmp_path / "file" / "home"
    with rig(home) as here, pytest.raises(HomeNotWritableError) as caught:
        here.up(shell_unit("one", RUN))
    assert caught.value.message == f"{home}: cannot be written (not a directory)"
    assert caught.value.hint == f"ls -ld '{home}'"


def test_closed_home_is_told(here: Rig) -> None:
    closed = here.home.parent / "closed"
    closed.mkdir(mode=0o500)
    script = textwrap.dedent(
        f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parents[3])!r})
        from pathlib import Path
        from embedded_bench import *
        engine = EmbeddedEngine(project="hearth-test", home=Path({str(closed / "home")!r}))
        try:
            Rig(engine).up(shell_unit("one", "true"))
        except Exception as error:
            print(error)
        """
    )
    given = subprocess.run(
        [*AS_NOBODY, strangers_python(here.home.parent), "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    assert given.stdout == f"{closed}/home: cannot be written (permission denied)\n"


def test_deep_home_works(here: Rig) -> None:
    deep = here.home.parent / ("a deep folder " * 5) / ("and a deeper one " * 5) / "home"
    port = free_port()
    with rig(deep) as below:
        below.engine.system = here.engine.system
        events = below.up(postgres_unit(port), shell_unit("one", RUN))
        assert sorted(done(events)) == ["create one", "create postgres"]
        assert len(below.state.socket) < 104
        assert below.engine.execute("one", ("pwd",)).stdout == f"{deep}\n"


def test_two_installations_live_apart(here: Rig) -> None:
    with rig() as other:
        here.up(shell_unit("one", RUN))
        other.up(shell_unit("one", RUN))
        assert here.seen("one").pid != other.seen("one").pid
        list(other.engine.down())
        assert here.seen("one").state is State.RUNNING


def test_second_supervisor_ends(here: Rig) -> None:
    from hearth_control.engine.embedded.client import ALREADY_RUNNING, start_supervisor

    here.up(shell_unit("one", RUN))
    before = here.supervisor
    assert start_supervisor(here.engine.layout, {"PATH": os.defpath}) == ALREADY_RUNNING
    assert here.supervisor == before
    assert here.seen("one").state is State.RUNNING


def test_secret_reaches_unit_only(here: Rig) -> None:
    unit = shell_unit(
        "one",
        'test "$WORD" = "a super-word b" && echo right; exec sleep 1000',
        environment={"WORD": "a ${POSTGRES_PASSWORD} b"},
        secrets=(SecretUse(key="postgres_password", variable="POSTGRES_PASSWORD"),),
    )
    here.up(unit)
    eventually(lambda: "right" in here.texts("one"), "the unit's word")
    assert here.engine.execute("one", ("printenv", "WORD")).stdout == "a super-word b\n"
    files = [path for path in here.home.rglob("*") if path.is_file()]
    assert [path for path in files if "super-word" in path.read_text()] == []
    assert here.engine.layout.state in files


def test_shell_environment_is_kept_out(here: Rig) -> None:
    here.engine.environment = {"PATH": os.environ["PATH"], "AWS_SECRET": "x", "LANG": "C.UTF-8"}
    here.up(shell_unit("one", RUN))
    names = {line.partition("=")[0] for line in here.engine.execute("one", ("env",)).stdout.split()}
    assert names == {"LANG", "PATH", "PYTHONUNBUFFERED"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_full_disk_is_told(here: Rig) -> None:
    disk = here.home.parent / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], check=True)
    try:
        with rig(disk / "home") as small:
            small.engine.system = disk / "system"
            events = small.up(postgres_unit(free_port()), shell_unit("one", RUN))
            assert done(events) == ["create one"]
            failure = failure_of(events)
            assert failure.cause == "the disk is full"
            assert failure.hint == f"df -h '{disk}/home'"
            assert small.seen("one").state is State.RUNNING
            assert not list((disk / "system").rglob("PG_VERSION"))
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_filled_disk_spares_units(here: Rig) -> None:
    disk = here.home.parent / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    try:
        with rig(disk / "home") as small:
            small.up(shell_unit("one", "while sleep 0.02; do echo tick; done"))
            ballast = disk / "ballast"
            with pytest.raises(OSError, match="No space"):
                ballast.write_bytes(b"x" * 2**21)
            killed = small.seen("one").pid
            os.kill(killed or 0, signal.SIGKILL)
            eventually(lambda: start_mark(killed or 0) is None, "its end")
            ballast.unlink()
            eventually(lambda: small.seen("one").restarts == 1, "the state to be written")
            eventually(lambda: small.seen("one").state is State.RUNNING, "it runs again")
    finally:
        subprocess.run(["umount", disk], check=True)
