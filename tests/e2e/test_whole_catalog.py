"""The preset `full` on a real engine: it must come up in order, stay as it is, and say what fails.

Most programs are placeholders: this proves ordering, change and explanation, not the services.
Real: PostgreSQL, Valkey, Caddy, Prometheus, node exporter, RabbitMQ, nginx, Loki, the lambda
server.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import urllib.error
import urllib.request
from typing import Any

import pytest
from compose_bench import eventually
from full_preset import FullPreset
from lab.shell import run
from leaks import held, public_places, secret_values

pytestmark = [pytest.mark.docker, pytest.mark.timeout(700)]

PLACEHOLDER, OTHER = "hearth-lab/placeholder:1", "hearth-lab/padded:1"


def fetch(url: str, **headers: str) -> Any:
    """Get a document of JSON."""
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def containers(full: FullPreset) -> dict[str, Any]:
    return {unit["name"]: unit for unit in full.plan["units"] if "spec" in unit}


def ready_times(full: FullPreset) -> dict[str, int]:
    """When each unit first showed that it is ready, in ns: a check that passed, or a job's end."""
    times: dict[str, int] = {}
    for event in full.seen:
        said = event["Actor"]["Attributes"]
        unit, action = said["hearth.unit"], event["Action"]
        is_job = said.get("hearth.job") == "true"
        passed = action.startswith("exec_die") and said.get("exitCode") == "0"
        ended = is_job and action == "die" and said.get("exitCode") == "0"
        if passed or ended or action == "health_status: healthy":
            times.setdefault(unit, event["timeNano"])
    return times


def test_everything_comes_up_healthy(full: FullPreset) -> None:
    assert full.came_up.returncode == 0, full.came_up.stdout + full.came_up.stderr
    status = json.loads(full.installation.must("status", "--json"))
    assert status["problems"] == []
    found = full.inspected()
    assert set(found) == set(containers(full))
    assert len(found) > 60
    ill = {
        unit: one["State"]["Status"]
        for unit, one in found.items()
        if one["State"]["Status"] != ("exited" if containers(full)[unit]["job"] else "running")
    }
    assert ill == {}


def test_needs_are_ready_before_their_consumers_start(full: FullPreset) -> None:
    ready = ready_times(full)
    started: dict[str, int] = {}
    for event in full.seen:
        if event["Action"] == "start":
            unit = event["Actor"]["Attributes"]["hearth.unit"]
            started.setdefault(unit, event["timeNano"])
    units = containers(full)
    checked = {
        name for name, unit in units.items() if unit["job"] or unit["spec"].get("healthcheck")
    }
    pairs = [(name, need) for name, unit in units.items() for need in unit["needs"]]
    assert len(pairs) > 40
    late = [
        (name, need)
        for name, need in pairs
        if (ready if need in checked else started)[need] > started[name]
    ]
    assert late == []


def test_second_up_changes_nothing(full: FullPreset) -> None:
    before = full.started()
    said = full.installation.must("up", "--yes")
    assert "as planned" in said or "othing" in said, said
    assert full.started() == before


def test_no_secret_is_where_it_must_not_be(
    full: FullPreset, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing written, said, logged or started has one; the engine shows what no file can give."""
    values = secret_values(full.installation.home)
    found = full.inspected()
    said = full.came_up.stdout + full.came_up.stderr
    places = public_places(full.installation, said, map(full.container, found))
    assert {place: keys for place, text in places.items() if (keys := held(values, text))} == {}
    units = full.plan["units"]
    by_variable = {
        (unit["name"], use["key"]) for unit in units for use in unit["secrets"] if use["variable"]
    }
    shown = {
        (unit, key)
        for unit, one in found.items()
        for key in held(values, json.dumps(one, ensure_ascii=False))
    }
    assert shown <= by_variable, shown - by_variable
    assert shown, "what this looks for is there to be found"
    assert len(values) > 60
    with capsys.disabled():
        print(
            f"\n{len(values)} secrets in none of {len(places)} places; the engine shows"
            f" {len(shown)} of {len(by_variable)} that are handed over as variables"
        )


def test_prometheus_scrapes_every_target(full: FullPreset) -> None:
    base = f"http://127.0.0.1:{full.base_port + 90}/api/v1"
    wanted = {target["service"] for target in full.plan["watch"]["targets"]}
    assert {"node-exporter", "prometheus", "rabbitmq", "grafana"} <= wanted

    def health() -> dict[str, str]:
        targets = fetch(f"{base}/targets?state=active")["data"]["activeTargets"]
        return {target["labels"]["job"]: target["health"] for target in targets}

    try:
        eventually(lambda: health() == dict.fromkeys(wanted, "up"), "all targets up", seconds=60)
    finally:
        assert health() == dict.fromkeys(wanted, "up")
    query = f"{base}/query?query=node_memory_MemTotal_bytes"
    (told,) = fetch(query)["data"]["result"]
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    assert abs(float(told["value"][1]) / (pages * size) - 1) < 0.01, "of this very machine"


def test_rabbitmq_takes_its_own_password_only(full: FullPreset) -> None:
    url = f"http://127.0.0.1:{full.base_port + 3}/api/whoami"

    def sign_in(user: str, password: str) -> Any:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return fetch(url, Authorization=f"Basic {pair}")

    assert sign_in("hearth", full.secret("rabbitmq_password"))["name"] == "hearth"
    for user, password in (("guest", "guest"), ("hearth", "guessed")):
        with pytest.raises(urllib.error.HTTPError) as caught:
            sign_in(user, password)
        caught.value.close()
        assert caught.value.code == 401


def test_media_cache_has_its_settings(full: FullPreset) -> None:
    conf = run("docker", "exec", full.container("media-cache"), "nginx", "-T")
    assert "max_size=10g inactive=7d" in conf
    assert "proxy_set_header Range $slice_range;" in conf


def test_killed_service_comes_back(full: FullPreset) -> None:
    before = full.started()
    state = ("docker", "inspect", "--format", "{{.State.Running}} {{.RestartCount}} {{.State.Pid}}")
    _, restarts, pid = run(*state, full.container("searxng")).split()
    again = ["true", str(int(restarts) + 1)]
    # A crash: the engine's own policy starts it again.
    os.kill(int(pid), signal.SIGKILL)
    eventually(
        lambda: run(*state, full.container("searxng")).split()[:2] == again,
        "the engine restarts searxng",
    )
    # `docker kill` counts as a person's wish, which the policy respects: `up` starts it again.
    run("docker", "kill", full.container("dozzle"))
    assert run(*state, full.container("dozzle")).startswith("false")
    full.installation.must("up", "--yes")
    assert run(*state, full.container("dozzle")).startswith("true")
    after = full.started()
    assert {unit for unit, was in before.items() if after[unit] != was} == {"searxng", "dozzle"}
    assert {unit for unit, (was, _) in before.items() if after[unit][0] != was} == set()


def take_away(full: FullPreset, *names: str) -> None:
    for name in names:
        full.installation.must("disable", name, "--yes")
    full.installation.must("up", "--yes")
    assert not set(names) & set(full.inspected())


def test_changed_image_recreates_only_its_own(full: FullPreset) -> None:
    full.write_extra(PLACEHOLDER)
    full.installation.must("up", "--yes")
    try:
        before = full.started()
        full.write_extra(OTHER)
        full.installation.must("up", "--yes")
        after = full.started()
        assert {unit for unit in before if after.get(unit) != before[unit]} == {"extra"}
        assert full.inspected()["extra"]["Config"]["Image"] == OTHER
    finally:
        take_away(full, "extra")


FAULTS = {
    "mute": (
        {"PLACEHOLDER_STATUS": "503"},
        (r"mute did not come up: not ready after", r"HTTP 503", r"│ placeholder: listening on"),
    ),
    "brief": (
        {"PLACEHOLDER_EXIT": "7"},
        (r"brief did not come up: .*exit code 7", r"│ placeholder: told to exit with 7"),
    ),
    "greedy": (
        {"PLACEHOLDER_EAT": "1"},
        (r"greedy did not come up", r"needed more memory than its limit", r"GREEDY_MEMORY"),
    ),
}


def test_what_fails_is_explained_and_the_rest_stays(full: FullPreset) -> None:
    before = full.started()
    for number, (name, (environment, _)) in enumerate(FAULTS.items()):
        full.write_extra(PLACEHOLDER, name=name, port=231 + number, **environment)
    try:
        said = full.installation.run("up", "--yes")
        text = said.stdout + said.stderr
        assert said.returncode == 3, text
        for _, told in FAULTS.values():
            for pattern in told:
                assert re.search(pattern, text), f"{pattern}\n{text}"
        after = full.started()
        assert {unit for unit in before if after.get(unit) != before[unit]} == set()
    finally:
        take_away(full, *FAULTS)
