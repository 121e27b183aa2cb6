"""The small pure functions of the compose engine, each in a table."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hearth_control.engine.compose.actions import network_body
from hearth_control.engine.compose.build import describe, further
from hearth_control.engine.compose.create import said
from hearth_control.engine.compose.halt import after, members
from hearth_control.engine.compose.logs import parse_line
from hearth_control.engine.compose.plugin import find_plugin, parse_version, require_plugin
from hearth_control.engine.compose.registry_auth import HUB_KEY, find_auth
from hearth_control.engine.compose.usage import usage
from hearth_control.engine.errors import EngineUnavailableError
from hearth_control.engine.events import StepProgress
from hearth_control.plan.model import Network, Step, StepKind

pytestmark = pytest.mark.unit

BUILD = Step(kind=StepKind.BUILD, target="hearth/server:1", cause="missing")


@pytest.mark.parametrize(
    ("text", "version"),
    [("2.26.1-4\n", (2, 26)), ("v2.40.0", (2, 40)), ("5.0.1", (5, 0)), ("", None), ("?", None)],
)
def test_plugin_version_is_read(text: str, version: tuple[int, int] | None) -> None:
    assert parse_version(text) == version


def test_plugin_is_found_in_extra_folder(tmp_path: Path) -> None:
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / "docker-compose").touch()
    (tmp_path / "config.json").write_text(json.dumps({"cliPluginsExtraDirs": [str(extra)]}))
    environment = {"DOCKER_CONFIG": str(tmp_path)}
    assert find_plugin(environment, folders=()) == extra / "docker-compose"
    assert require_plugin(environment) == extra / "docker-compose"


def test_missing_plugin_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"DOCKER_CONFIG": str(tmp_path)}
    assert find_plugin(environment, folders=()) is None
    monkeypatch.setattr(
        "hearth_control.engine.compose.plugin.find_plugin", lambda _environment: None
    )
    with pytest.raises(EngineUnavailableError) as caught:
        require_plugin(environment)
    assert str(caught.value) == "docker compose: the plugin `docker-compose` is not installed"


def test_compose_error_is_the_daemons() -> None:
    output = " Container a  Creating\nError response from daemon: invalid mode:  relative/x\n\n"
    assert said(output) == "invalid mode: relative/x"
    assert said("one\nservices.a.ports.0: no\n") == "services.a.ports.0: no"
    assert said("") == ""


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        (
            "#9 [lambda-server 3/7] RUN apt-get update",
            StepProgress(step=BUILD, text="RUN apt-get update", done=2, total=7),
        ),
        ("#5 [2/4] COPY . .", StepProgress(step=BUILD, text="COPY . .", done=1, total=4)),
        ("#9 0.312 Get:1 http://deb.debian.org", None),
        ("#3 [internal] load metadata", None),
    ],
)
def test_build_stage_is_progress(line: str, progress: StepProgress | None) -> None:
    assert describe(line, BUILD) == progress


def labelled(depends_on: str) -> list[dict[str, object]]:
    return [{"Labels": {"com.docker.compose.depends_on": depends_on}}]


def test_consumers_go_first() -> None:
    found = {
        "db": labelled(""),
        "cache": labelled(""),
        "app": labelled("db:service_healthy:false,cache:service_started:true"),
        "proxy": labelled("app:service_started:false,gone:service_started:false"),
    }
    assert after(found) == {"proxy": (), "app": ("proxy",), "cache": ("app",), "db": ("app",)}


def test_a_cycle_is_stopped_all_the_same() -> None:
    found = {
        "a": labelled("b:x:false"),
        "b": labelled("a:x:false"),
        "c": labelled("a:x:false"),
    }
    assert after(found) == {"c": (), "a": ("c",), "b": ()}


def test_network_waits_for_its_members() -> None:
    def inside(*networks: str) -> list[dict[str, object]]:
        return [{"NetworkSettings": {"Networks": {name: {} for name in networks}}}]

    found = {"b": inside("n"), "a": inside("n", "other"), "c": inside("other"), "d": [{}]}
    assert members({"Name": "n"}, found) == ("a", "b")


def test_log_line_loses_its_time() -> None:
    line = parse_line("2026-11-21T03:49:47.123456789Z hello  world", unit="a", stream="stderr")
    assert (line.text, line.stream, line.unit) == ("hello  world", "stderr", "a")
    assert line.time is not None
    assert line.time.microsecond == 123456
    assert parse_line("no time here", unit="a", stream="stdout").text == "no time here"


def sample(cpu: int, at: float, *, usage: int = 900, cache: int = 100, limit: int = 2000) -> dict:
    return {
        "hearth_read": at,
        "cpu_stats": {"cpu_usage": {"total_usage": cpu}},
        "memory_stats": {"usage": usage, "limit": limit, "stats": {"inactive_file": cache}},
    }


def test_usage_is_per_second_without_cache() -> None:
    found = usage("a", sample(0, 1.0), sample(125_000_000, 1.25))
    assert (found.cpu, found.memory, found.memory_limit) == (0.5, 800, 2000)


def test_no_limit_is_none() -> None:
    unlimited = sample(0, 1.0, limit=1 << 62)
    assert usage("a", unlimited, unlimited).memory_limit is None


def test_network_body_has_its_subnet() -> None:
    network = Network(
        name="ai-network",
        role="flat",
        internal=False,
        members=(),
        subnet="10.9.0.0/24",
        external=True,
    )
    body = network_body(network, project="p")
    assert body["IPAM"] == {"Config": [{"Subnet": "10.9.0.0/24"}]}
    assert (body["Name"], body["Internal"]) == ("ai-network", False)
    assert body["Labels"] == {"hearth.shared": "true"}


def test_network_body_is_known_to_compose() -> None:
    """Compose refuses a network of its project whose label names another."""
    network = Network(
        name="p-sealed-qdrant",
        role="to qdrant",
        internal=False,
        members=("qdrant",),
        subnet="10.9.0.0/27",
        options={"com.docker.network.bridge.enable_ip_masquerade": "false"},
        nowhere="10.9.0.30",
    )
    body = network_body(network, project="p")
    assert body["Labels"] == {
        "hearth.project": "p",
        "com.docker.compose.project": "p",
        "com.docker.compose.network": "p-sealed-qdrant",
    }
    assert body["Options"] == network.options
    assert body["IPAM"] == {
        "Config": [
            {
                "Subnet": "10.9.0.0/27",
                "AuxiliaryAddresses": {"DefaultGatewayIPv4": "10.9.0.30"},
            }
        ]
    }


def test_stored_sign_in_is_sent(tmp_path: Path) -> None:
    auth = base64.b64encode(b"me:w:ord").decode()
    auths = {HUB_KEY: {"auth": auth}, "ghcr.io": {"identitytoken": "tok"}, "quay.io": {"auth": "%"}}
    (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
    environment = {"DOCKER_CONFIG": str(tmp_path)}
    assert decoded(find_auth("redis:7", environment)) == {
        "username": "me",
        "password": "w:ord",
        "serveraddress": HUB_KEY,
    }
    assert decoded(find_auth("ghcr.io/a/b", environment))["identitytoken"] == "tok"
    assert find_auth("quay.io/a/b", environment) == ""
    assert find_auth("redis", {"DOCKER_CONFIG": str(tmp_path / "none")}) == ""


def decoded(header: str) -> dict[str, str]:
    return json.loads(base64.urlsafe_b64decode(header))


def test_build_never_goes_back() -> None:
    late = StepProgress(step=BUILD, text="RUN pip", done=8, total=11)
    other = StepProgress(step=BUILD, text="COPY lock", done=1, total=4)
    last = StepProgress(step=BUILD, text="CMD", done=3, total=4)
    assert further(late, None) == late
    assert further(other, late) == StepProgress(step=BUILD, text="COPY lock", done=8, total=11)
    assert further(last, late) == last
