"""The supervisor itself, asked over its socket."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from embedded_bench import Rig, eventually, rig, shell_unit
from engine_conformance import Bench, done, steps_for
from hearth_control.engine.embedded import client
from hearth_control.engine.embedded.client import Link, open_link
from hearth_control.engine.embedded.errors import SupervisorLostError
from hearth_control.engine.embedded.spec import Command, Ready, UnitSpec, spec_as_dict
from hearth_control.engine.observed import State
from hearth_control.settings.model import EngineName

pytestmark = pytest.mark.integration


@pytest.fixture
def here() -> Iterator[Rig]:
    with rig() as made:
        yield made


@pytest.fixture
def link(here: Rig) -> Iterator[Link]:
    with open_link(here.engine.layout, {"PATH": os.environ["PATH"]}) as opened:
        yield opened


def start(link: Link, script: str, **changes: Any) -> None:
    values: dict[str, Any] = {
        "name": "one",
        "service": "one",
        "hash": "h",
        "command": Command(argv=("sh", "-c", script)),
        "environment": {"PATH": os.environ["PATH"]},
        "ready": Ready(kind="command", argv=("true",)),
        **changes,
    }
    link.send({"do": "start", "id": "start", "spec": spec_as_dict(UnitSpec(**values))})
    while (answer := link.receive(10)) is not None:
        if answer["event"] not in {"waiting", "prepared"}:
            assert answer["event"] == "ready", answer
            return


def test_stubborn_unit_is_killed(here: Rig, link: Link) -> None:
    start(link, "trap '' TERM; echo deaf; while :; do sleep 0.1; done", grace_seconds=0.3)
    eventually(lambda: "deaf" in here.texts("one"), "the trap")
    began = time.monotonic()
    assert link.ask({"do": "stop", "unit": "one"})["event"] == "stopped"
    assert time.monotonic() - began >= 0.3
    assert here.seen("one").exit_code == -9


def test_gentle_unit_ends_itself(here: Rig, link: Link) -> None:
    start(link, "trap 'echo bye; exit 0' TERM; echo on; while :; do sleep 0.05; done")
    eventually(lambda: "on" in here.texts("one"), "the trap")
    link.ask({"do": "stop", "unit": "one"})
    assert "bye" in here.texts("one")
    assert here.seen("one").exit_code == 0


def test_stop_during_before(here: Rig, link: Link, tmp_path: Path) -> None:
    before = (Command(argv=("sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 60")),)
    spec = UnitSpec(
        name="one", service="one", hash="h", command=Command(argv=("true",)), before=before
    )
    link.send({"do": "start", "id": "start", "spec": spec_as_dict(spec)})
    pid = tmp_path / "pid"
    eventually(lambda: pid.exists() and pid.read_text() != "", "the command before")
    link.send({"do": "stop", "id": "stop", "unit": "one"})
    answers = {}
    while "stop" not in answers:
        answer = link.receive(5)
        assert answer is not None
        answers[answer["id"]] = answer["event"]
    assert answers == {"start": "failed", "stop": "stopped"}
    assert (
        not psutil.pid_exists(int(pid.read_text()))
        or psutil.Process(int(pid.read_text())).status() == psutil.STATUS_ZOMBIE
    )


def test_killed_command_leaves_no_children(here: Rig, link: Link, tmp_path: Path) -> None:
    start(link, f"sleep 1000 & echo $! > {tmp_path}/child; sleep 0.8; exit 1")
    child = int((tmp_path / "child").read_text())
    eventually(lambda: here.seen("one").restarts >= 1, "its end")
    assert not psutil.pid_exists(child) or (psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def test_nonsense_is_answered(link: Link) -> None:
    answer = link.ask({"do": "dance"})
    assert answer["event"] == "failed"
    assert "does not understand" in answer["why"]
    assert link.ask({"do": "hello"})["event"] == "hello"


def test_broken_client_is_dropped(here: Rig, link: Link) -> None:
    start(link, "exec sleep 1000")
    link.sock.sendall(b"{not json\n")
    assert link.sock.recv(100) == b""
    assert here.seen("one").state is State.RUNNING


def test_socket_is_private(here: Rig, link: Link) -> None:
    assert stat.S_IMODE(Path(here.state.socket).stat().st_mode) == 0o600
    assert stat.S_IMODE(here.engine.layout.run.stat().st_mode) == 0o700
    assert link.ask({"do": "hello"})["pid"] == here.supervisor


def test_dead_client_harms_nobody(here: Rig) -> None:
    unit = shell_unit("one", "exec sleep 1000", ready=("sleep", "0.3"))
    bench = here.engine
    link = open_link(bench.layout, {"PATH": os.environ["PATH"]})
    assert unit.process is not None
    spec = UnitSpec(
        name="one",
        service="one",
        hash="h1",
        command=Command(argv=("sleep", "1000")),
        environment={"PATH": os.environ["PATH"]},
        ready=Ready(kind="command", argv=("sleep", "0.3")),
    )
    link.send({"do": "start", "id": "start", "spec": spec_as_dict(spec)})
    assert link.receive(5) is not None
    link.sock.close()
    eventually(lambda: here.seen("one").state is State.RUNNING, "the unit's start")


def test_supervisor_is_small(here: Rig, link: Link) -> None:
    start(link, "exec sleep 1000")
    process = psutil.Process(here.supervisor)
    family = [
        process,
        *(each for each in process.children() if "supervisor" in str(each.cmdline())),
    ]
    assert len(family) == 2
    assert sum(each.memory_full_info().uss for each in family) < 25 * 1024**2


def test_supervisor_sleeps_when_idle(here: Rig, link: Link) -> None:
    start(link, "exec sleep 1000", ready=Ready(kind="alive"))
    process = psutil.Process(here.supervisor)
    before, switches = process.cpu_times(), process.num_ctx_switches().voluntary
    time.sleep(1)
    after = process.cpu_times()
    assert (after.user + after.system) - (before.user + before.system) <= 0.02
    assert process.num_ctx_switches().voluntary - switches < 10


def test_older_supervisor_is_replaced(here: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = shell_unit("one", "exec sleep 1000"), shell_unit("two", "exec sleep 1000")
    here.up(one)
    before = here.supervisor
    monkeypatch.setattr(client, "VERSION", client.VERSION + 1)
    monkeypatch.setattr(client, "START_SECONDS", 0.5)
    with pytest.raises(SupervisorLostError):
        open_link(here.engine.layout, {"PATH": os.environ["PATH"]})
    monkeypatch.undo()
    here.up(one, two)
    assert here.supervisor != before
    assert [unit.state for unit in here.engine.observe().units] == [State.RUNNING] * 2


def test_lost_unit_is_started_again(here: Rig) -> None:
    one, two = shell_unit("one", "exec sleep 1000"), shell_unit("two", "exec sleep 1000")
    here.up(one)
    late = steps_for([one, two], here.engine.observe())
    here.kill_supervisor()
    bench = Bench(engine=here.engine, make=lambda *_: one, name=EngineName.EMBEDDED)
    plan = replace(bench.plan([one, two], late), unchanged=("one",))
    assert sorted(done(bench.apply(plan))) == ["create two", "start one"]


def test_flood_does_not_deafen(here: Rig, link: Link) -> None:
    start(link, "exec yes a rather long line that is said again and again for ever and ever")
    time.sleep(0.5)
    assert link.ask({"do": "hello"})["event"] == "hello"
    link.ask({"do": "stop", "unit": "one"})
    assert sum(path.stat().st_size for path in here.engine.layout.logs.iterdir()) < 45 * 1024**2
