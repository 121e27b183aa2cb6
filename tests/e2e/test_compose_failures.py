"""What does not come up must be explained in place: probe, log, exit code, cause, way on."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from compose_bench import QUICK, SERVER, ComposeBench, compose_bench, done, get_failure
from hearth_control.catalog.model import Probe
from hearth_control.engine.compose.adapter import ComposeEngine
from hearth_control.engine.compose.errors import RenderedNotWrittenError
from hearth_control.engine.errors import EngineUnavailableError
from hearth_control.engine.events import StepSkipped
from hearth_control.engine.observed import State
from hearth_control.plan.model import Step, StepKind
from lab.shell import run

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[ComposeBench]:
    with compose_bench(tmp_path) as made:
        yield made


def test_failing_check_shows_its_output(bench: ComposeBench) -> None:
    check = {"test": ["CMD", "curl", "http://127.0.0.1:8080/ready"], **QUICK}
    spec = {"image": SERVER, "environment": {"PLACEHOLDER_STATUS": "503"}, "healthcheck": check}
    after = bench.sh("after", "exec sleep 600", needs=("ill",))
    events = bench.apply(bench.unit("ill", spec, start_seconds=5), after)
    failure = get_failure(events)
    assert failure.summary.startswith("ill: not ready after 5 s, health: ")
    assert "HTTP 503" in failure.probe_output
    assert failure.exit_code is None
    assert failure.hint == "hearth logs ill"
    skipped = [event for event in events if isinstance(event, StepSkipped)]
    assert [(event.step.id, event.because) for event in skipped] == [
        ("create after", "`create ill` failed")
    ]
    assert bench.seen("after").state is State.STOPPED


def test_crash_shows_last_lines(bench: ComposeBench) -> None:
    script = (
        "for i in $(seq 30); do echo line $i; done; echo 'EACCES: permission denied' >&2; exit 4"
    )
    failure = get_failure(bench.apply(bench.sh("bad", script)))
    assert failure.summary == "bad: ended before it was ready (exit code 4)"
    assert failure.exit_code == 4
    assert len(failure.log_lines) == 20
    assert "line 30" in failure.log_lines
    assert "belong to another user" in failure.cause


def test_crash_loop_is_given_up(bench: ComposeBench) -> None:
    unit = bench.sh("loop", "echo round; exit 7", spec={"restart": "always"})
    failure = get_failure(bench.apply(unit))
    assert failure.summary.startswith("loop: crashed 5 times")
    assert failure.exit_code == 7
    assert "round" in failure.log_lines


def test_lack_of_memory_is_named(bench: ComposeBench) -> None:
    spec = {"image": SERVER, "environment": {"PLACEHOLDER_EAT": "1"}, "mem_limit": "16m"}
    unit = bench.unit("hungry", spec, probe=Probe(port=9, http="/never"))
    failure = get_failure(bench.apply(unit))
    assert failure.oom
    assert failure.exit_code == 137
    assert (
        failure.cause == "the container needed more memory than its limit and the kernel ended it"
    )
    assert failure.hint == "hearth settings explain HUNGRY_MEMORY"


def test_taken_port_is_named(bench: ComposeBench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        unit = bench.sh("late", "exec sleep 600", spec={"ports": [f"127.0.0.1:{port}:80"]})
        failure = get_failure(bench.apply(unit))
    assert failure.cause == f"port {port} of this machine is taken by another program"
    assert failure.hint == f"sudo ss -ltnp 'sport = :{port}'"
    assert done(bench.apply(unit)) == ["create late"]


def test_failed_job_stops_its_consumers(bench: ComposeBench) -> None:
    job = bench.sh(
        "job", "echo 'FATAL: password authentication failed for user \"x\"'; exit 2", job=True
    )
    user = bench.sh("user", "exec sleep 600", needs=("job",))
    events = bench.apply(user, job)
    failure = get_failure(events)
    assert failure.summary == "job: the job failed (exit code 2)"
    assert failure.cause.startswith("the database refuses the password")
    assert bench.seen("user").state is State.STOPPED
    mended = bench.sh("job", "echo fine", job=True, mark="h2")
    assert done(bench.apply(user, mended)) == ["run job", "create user"]


def test_missing_image_is_explained(bench: ComposeBench) -> None:
    image = "hearth-lab/nobody-has-this:1"
    pull = Step(kind=StepKind.PULL, target=image, cause="missing")
    unit = bench.unit("one", {"image": image})
    create = Step(kind=StepKind.CREATE, target="one", cause="asked", needs=(pull.id,))
    good = bench.sh("good", "exec sleep 600")
    other = Step(kind=StepKind.CREATE, target="good", cause="asked")
    events = list(bench.carry_out(bench.plan([unit, good], [pull, create, other])))
    failure = get_failure(events)
    assert failure.unit == image
    assert failure.cause
    assert failure.hint
    assert done(events) == ["create good"]


def test_wrong_processor_is_explained(bench: ComposeBench) -> None:
    unit = bench.unit(
        "odd", {"init": False, "entrypoint": ["/odd"], "volumes": [f"{odd_program(bench)}:/odd"]}
    )
    failure = get_failure(bench.apply(unit))
    assert "exec format error" in f"{failure.summary} {' '.join(failure.log_lines)}"
    assert failure.cause == "the image is built for another processor than this machine's"


def odd_program(bench: ComposeBench) -> Path:
    program = bench.home / "odd"
    program.write_bytes(b"\x7fELF" + bytes(60))
    program.chmod(0o755)
    return program


def test_one_bad_container_spares_others(bench: ComposeBench) -> None:
    bad = bench.sh("bad", "exec sleep 600", spec={"volumes": ["/proc/none:/x"]})
    events = bench.apply(bad, bench.sh("good", "exec sleep 600"))
    assert get_failure(events).unit == "bad"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk; sudo make e2e")
def test_full_disk_changes_nothing(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small))
    try:
        with compose_bench(small / "home") as bench:
            bench.home.mkdir()
            bench.apply(bench.sh("one", "exec sleep 600"))
            rendered = bench.home / "rendered"
            before = {path.name: path.read_bytes() for path in rendered.iterdir()}
            big = bench.sh("one", "exec sleep 600", spec={"labels_": "x" * 200_000}, mark="h2")
            with pytest.raises(RenderedNotWrittenError) as caught:
                bench.apply(big)
            assert caught.value.message == (
                f"{rendered}: the disk is full; the files of the last `up` are as they were"
            )
            assert {path.name: path.read_bytes() for path in rendered.iterdir()} == before
            assert bench.seen("one").hash == "h1"
    finally:
        run("umount", str(small))


def test_silent_command_is_given_up(bench: ComposeBench) -> None:
    bench.apply(bench.sh("one", "exec sleep 600"))
    with pytest.raises(EngineUnavailableError) as caught:
        bench.engine.execute("one", ("sleep", "30"), timeout_seconds=0.5)
    assert caught.value.message == "one: `sleep` was silent for 0.5 s"


def test_lost_engine_is_said(tmp_path: Path) -> None:
    engine = ComposeEngine(
        project="hearth-test-none",
        home=tmp_path,
        environment={"DOCKER_HOST": f"unix://{tmp_path}/none.sock"},
    )
    with pytest.raises(EngineUnavailableError) as caught:
        engine.observe()
    assert caught.value.message == (
        f"no Docker engine answers at `{tmp_path}/none.sock`: no such socket; "
        "Docker is not installed or not started (named by DOCKER_HOST)"
    )
