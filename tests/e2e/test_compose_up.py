"""`apply` on a real Docker engine must bring up what the plan says, and only that."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from compose_bench import (
    QUICK,
    SERVER,
    ComposeBench,
    compose_bench,
    done,
    eventually,
    failure_in,
    get_failure,
)
from hearth_control.catalog.model import Probe
from hearth_control.engine.events import StepDone, StepProgress, StepStarted, Waiting
from hearth_control.engine.observed import Health, State
from hearth_control.plan.model import ContainerUnit, Network, Step, StepKind
from hearth_control.render.artifacts import Artifacts
from lab.engine import Engine
from lab.shell import run

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]

PADDED = "hearth-lab/padded:1"
CHECK = {"test": ["CMD", "curl", "http://127.0.0.1:8080/ready"], **QUICK}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[ComposeBench]:
    with compose_bench(tmp_path) as made:
        yield made


def server(bench: ComposeBench, name: str, **options: object) -> ContainerUnit:
    environment = options.pop("environment", {})
    spec = {"image": SERVER, "environment": environment, "healthcheck": CHECK}
    return bench.unit(name, spec, **options)  # type: ignore[arg-type]  # passed on as given


def test_cold_up_waits_for_health(bench: ComposeBench) -> None:
    first = server(bench, "first", environment={"PLACEHOLDER_START_SECONDS": "2"})
    second = server(bench, "second", needs=("first",))
    events = bench.apply(second, first)
    assert done(events) == ["create first", "create second"]
    waits = [event for event in events if isinstance(event, Waiting)]
    assert any(event.unit == "first" and "health: starting" in event.why for event in waits)
    assert {bench.seen(name).health for name in ("first", "second")} == {Health.HEALTHY}
    assert f"{bench.project}-lan" not in bench.engine.observe().foreign_subnets


def test_slow_interval_is_not_waited_for(bench: ComposeBench) -> None:
    check = {**CHECK, "interval": "1m"}
    unit = bench.unit("slow", {"image": SERVER, "healthcheck": check})
    events = bench.apply(unit)
    ended = [event.seconds for event in events if isinstance(event, StepDone)]
    assert len(ended) == 1
    assert ended[0] < 10
    assert bench.seen("slow").health is Health.HEALTHY


def test_noop_never_calls_compose(bench: ComposeBench) -> None:
    unit = server(bench, "one")
    bench.apply(unit)
    before = bench.seen("one").id
    rendered = bench.home / "rendered" / "compose.yaml"
    written = rendered.stat().st_mtime_ns
    asked = {key: value for key, value in os.environ.items() if key == "DOCKER_HOST"}
    blind = ComposeBench(
        home=bench.home, project=bench.project, environment={**asked, "PATH": str(bench.home)}
    )
    assert list(blind.carry_out(blind.plan([unit], []))) == []
    assert done(blind.apply(unit)) == ["create one"]
    assert (rendered.stat().st_mtime_ns, blind.seen("one").id) == (written, before)


def test_recreate_keeps_volume(bench: ComposeBench) -> None:
    script = "echo $HOSTNAME >> /data/seen; exec sleep 600"
    spec = {"volumes": ["store:/data"]}
    bench.apply(bench.sh("one", script, spec=spec))
    changed = bench.sh("one", script, spec={**spec, "environment": {"A": "1"}}, mark="h2")
    assert done(bench.apply(changed, kind=StepKind.RECREATE)) == ["recreate one"]
    said = bench.engine.execute("one", ("cat", "/data/seen"))
    assert len(said.stdout.split()) == 2
    assert bench.seen("one").hash == "h2"


def test_recreate_leaves_others_alone(bench: ComposeBench) -> None:
    other = bench.sh("other", "exec sleep 600")
    bench.apply(bench.sh("one", "exec sleep 600"), other)
    before = bench.seen("other").id
    changed = bench.sh("one", "exec sleep 601", mark="h2")
    step = Step(kind=StepKind.RECREATE, target="one", cause="changed")
    events = list(bench.carry_out(bench.plan([changed, other], [step])))
    assert done(events) == ["recreate one"]
    assert bench.seen("other").id == before


def test_job_comes_before_its_consumers(bench: ComposeBench) -> None:
    job = bench.sh("job", "echo working; sleep 1; touch /data/done", job=True, spec=shared())
    user = bench.sh("user", "test -f /data/done && exec sleep 600", needs=("job",), spec=shared())
    assert done(bench.apply(user, job)) == ["run job", "create user"]
    assert bench.seen("job").state is State.EXITED
    assert bench.seen("job").exit_code == 0


def shared() -> dict[str, list[str]]:
    return {"volumes": ["shared:/data"]}


def test_probe_from_outside_is_waited_for(bench: ComposeBench) -> None:
    spec = {"image": SERVER, "environment": {"PLACEHOLDER_START_SECONDS": "2"}}
    unit = bench.unit("mute", spec, probe=Probe(port=8080, http="/healthz"))
    events = bench.apply(unit)
    assert done(events) == ["create mute"]
    waits = [event.why for event in events if isinstance(event, Waiting)]
    assert any(why.startswith("probe: ") and "refused" in why for why in waits)


def test_scale_starts_every_replica(bench: ComposeBench) -> None:
    unit = bench.sh("many", "exec sleep 600", spec={"scale": 3})
    assert done(bench.apply(unit)) == ["create many"]
    seen = [one for one in bench.engine.observe().units if one.name == "many"]
    assert [(one.replica, one.state) for one in seen] == [
        (1, State.RUNNING),
        (2, State.RUNNING),
        (3, State.RUNNING),
    ]


def test_network_is_made_before_containers(bench: ComposeBench) -> None:
    unit = bench.sh("one", "exec sleep 600")
    network = Step(kind=StepKind.NETWORK, target=f"{bench.project}-lan", cause="one uses it")
    create = Step(kind=StepKind.CREATE, target="one", cause="asked", needs=(network.id,))
    events = list(bench.carry_out(bench.plan([unit], [network, create])))
    assert done(events) == [network.id, create.id]
    assert list(bench.engine.observe().networks) == [f"{bench.project}-lan"]


def test_pull_tells_real_percent(bench: ComposeBench, engine: Engine) -> None:
    if not engine.is_lab:
        pytest.skip("only the lab's own registry has this image; make e2e starts a lab")
    run("docker", "rmi", "--force", PADDED)
    step = Step(kind=StepKind.PULL, target=PADDED, cause="missing")
    events = list(bench.carry_out(bench.plan([], [step])))
    assert done(events) == [f"pull {PADDED}"]
    shares = [
        event.done / event.total
        for event in events
        if isinstance(event, StepProgress) and event.done is not None and event.total
    ]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert PADDED in bench.engine.observe().images


def test_build_makes_the_image(bench: ComposeBench) -> None:
    image = f"{bench.project}:1"
    recipe = f"FROM {SERVER}\nENV BUILT=yes\n"
    unit = bench.unit(
        "own",
        {
            "image": image,
            "build": {"context": str(bench.home), "dockerfile_inline": recipe},
            "healthcheck": CHECK,
        },
    )
    unit = replace(unit, build=True)
    build = Step(kind=StepKind.BUILD, target=image, cause="missing")
    create = Step(kind=StepKind.CREATE, target="own", cause="asked", needs=(build.id,))
    try:
        events = list(bench.carry_out(bench.plan([unit], [build, create])))
        assert done(events) == [build.id, create.id]
        assert image in bench.engine.observe().images
    finally:
        bench.end()
        run("docker", "rmi", image)


def test_own_images_of_the_past_go(bench: ComposeBench) -> None:
    tags = [f"{bench.project}:{number}" for number in (1, 2, 3)]
    theirs = f"{bench.project}:theirs"
    run("docker", "tag", SERVER, theirs)
    try:
        for number, tag in enumerate(tags, 1):
            recipe = f"FROM {SERVER}\nENV ROUND={number}\n"
            context = {"context": str(bench.home), "dockerfile_inline": recipe}
            made = {**context, "labels": {"hearth.built": "true"}}
            spec = {"image": tag, "build": made, "healthcheck": CHECK}
            unit = replace(bench.unit("own", spec, mark=f"h{number}"), build=True)
            build = Step(kind=StepKind.BUILD, target=tag, cause="missing")
            kind = StepKind.CREATE if number == 1 else StepKind.RECREATE
            start = Step(kind=kind, target="own", cause="asked", needs=(build.id,))
            events = list(bench.carry_out(bench.plan([unit], [build, start])))
            assert failure_in(events) is None
        there = bench.engine.observe().images
        # Engines from 29 on keep even what was built here by digest, beside its name.
        left = {one for one in there if one.startswith(bench.project) and "@" not in one}
        assert left == {tags[1], tags[2], theirs}
    finally:
        bench.end()
        for image in (*tags, theirs):
            run("docker", "rmi", "--force", image)


def test_failed_build_shows_its_end(bench: ComposeBench) -> None:
    image = f"{bench.project}:1"
    recipe = f"FROM {SERVER}\nCOPY nothing-here /x\n"
    spec = {"image": image, "build": {"context": str(bench.home), "dockerfile_inline": recipe}}
    unit = replace(bench.unit("own", spec), build=True)
    build = Step(kind=StepKind.BUILD, target=image, cause="missing")
    create = Step(kind=StepKind.CREATE, target="own", cause="asked", needs=(build.id,))
    events = list(bench.carry_out(bench.plan([unit], [build, create])))
    failure = get_failure(events)
    assert failure.summary.startswith(f"{image}: the build failed: ")
    assert "nothing-here" in failure.summary
    assert done(events) == []


def test_shared_network_is_made_and_left(bench: ComposeBench) -> None:
    name = f"{bench.project}-shared"
    network = Network(name=name, role="flat", internal=False, members=("one",), external=True)
    unit = bench.sh("one", "exec sleep 600", spec={"networks": [name]})
    make = Step(kind=StepKind.NETWORK, target=name, cause="all services share it")
    create = Step(kind=StepKind.CREATE, target="one", cause="asked", needs=(make.id,))
    plan = replace(bench.plan([unit], [make, create]), networks=(network,))
    files = json.loads(bench.artifacts(plan).files["compose.yaml"])
    files["networks"] = {name: {"name": name, "external": True}}
    artifacts = Artifacts(files={"compose.yaml": json.dumps(files)}, secret_variables={})
    try:
        assert done(list(bench.engine.apply(plan, artifacts, {}))) == [make.id, create.id]
        list(bench.engine.down())
        assert name in {one["Name"] for one in bench.engine.api.networks()}
    finally:
        bench.end()
        run("docker", "network", "rm", name)


def test_killed_apply_goes_on(bench: ComposeBench, tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(
        f"""
from pathlib import Path
from compose_bench import ComposeBench, done
bench = ComposeBench(home=Path({str(bench.home)!r}), project={bench.project!r})
first = bench.sh("first", "exec sleep 600")
second = bench.sh("second", "sleep 2; exec sleep 600", needs=("first",))
for event in bench.start(second, first):
    print(type(event).__name__, event.step.id, flush=True)
"""
    )
    child = subprocess.Popen(
        (sys.executable, str(script)),
        cwd=tmp_path,
        env={**bench.environment, "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child.stdout as lines:
        assert any("StepDone create first" in line for line in lines)
        child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    before = bench.seen("first").id
    first = bench.sh("first", "exec sleep 600")
    second = bench.sh("second", "sleep 2; exec sleep 600", needs=("first",))
    assert sorted(done(bench.apply(second, first))) == ["create first", "create second"]
    assert bench.seen("first").id == before
    assert bench.seen("second").state is State.RUNNING


def test_started_but_unready_is_waited_for(bench: ComposeBench) -> None:
    slow = server(bench, "slow", environment={"PLACEHOLDER_START_SECONDS": "3"})
    events = bench.start(slow)
    assert any(isinstance(event, Waiting) for event in events)
    events.close()  # type: ignore[attr-defined]  # apply is a generator; the port says Iterator
    assert bench.seen("slow").health is Health.STARTING
    user = bench.sh("user", "exec sleep 600", needs=("slow",))
    create = Step(kind=StepKind.CREATE, target="user", cause="asked")
    events = bench.carry_out(bench.plan([slow, user], [create]))
    seen = [bench.seen("slow").health for event in events if isinstance(event, StepStarted)]
    assert seen == [Health.HEALTHY]


def test_unready_for_good_fails_its_consumer(bench: ComposeBench) -> None:
    ill = server(bench, "ill", environment={"PLACEHOLDER_STATUS": "503"}, start_seconds=3)
    get_failure(bench.apply(ill))
    user = bench.sh("user", "exec sleep 600", needs=("ill",))
    create = Step(kind=StepKind.CREATE, target="user", cause="asked")
    failure = get_failure(list(bench.carry_out(bench.plan([ill, user], [create]))))
    assert failure.unit == "ill"
    assert "HTTP 503" in failure.probe_output
    assert bench.seen("user").state is State.STOPPED


def test_closed_before_start_is_continued(bench: ComposeBench) -> None:
    unit = bench.sh("one", "exec sleep 600")
    events = bench.start(unit)
    assert any(isinstance(event, StepStarted) for event in events)
    events.close()  # type: ignore[attr-defined]  # apply is a generator; the port says Iterator
    assert done(bench.apply(unit)) == ["create one"]
    assert bench.seen("one").state is State.RUNNING


def test_half_recreated_container_is_replaced(bench: ComposeBench) -> None:
    unit = bench.sh("one", "exec sleep 600")
    bench.apply(unit)
    old = bench.seen("one").id
    labels = json.loads(run("docker", "inspect", "--format", "{{json .Config.Labels}}", old))
    left = [f"--label={key}={value}" for key, value in labels.items()]
    # As compose leaves it when it is killed between making the new container and the old's end.
    run("docker", "create", "--name", f"{old[:12]}_{bench.project}-one-1", *left, unit.image)
    changed = bench.sh("one", "exec sleep 601", mark="h2")
    assert failure_in(bench.apply(changed, kind=StepKind.RECREATE)) is None
    assert len(bench.engine.api.containers(f"hearth.project={bench.project}")) == 1


def test_logs_follow_a_restart(bench: ComposeBench) -> None:
    script = "echo begin $(date +%s%N); sleep 2; exit 1"
    bench.apply(bench.sh("again", script, spec={"restart": "always"}))
    lines = bench.engine.logs(["again"], follow=True)
    texts = [next(lines).text, next(lines).text]
    lines.close()  # type: ignore[attr-defined]  # logs is a generator; the port says Iterator
    assert all(text.startswith("begin ") for text in texts)
    assert texts[0] != texts[1]


def test_stop_waits_for_consumers(bench: ComposeBench) -> None:
    base = bench.sh("base", "exec sleep 600")
    user = bench.sh("user", "exec sleep 600", needs=("base",))
    bench.apply(base, user)
    assert done(list(bench.engine.stop(["base", "user"]))) == ["stop user", "stop base"]
    eventually(lambda: bench.seen("base").state is State.STOPPED, "the base is stopped")
