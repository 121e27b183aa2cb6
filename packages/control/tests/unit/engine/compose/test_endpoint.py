from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from hearth_control.engine.compose.endpoint import Endpoint, find_endpoint, parse_address
from hearth_control.engine.errors import EngineUnavailableError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("unix:///run/d.sock", Endpoint(path="/run/d.sock", origin="x")),
        ("tcp://10.0.0.2:2376", Endpoint(host="10.0.0.2", port=2376, origin="x")),
        ("tcp://box", Endpoint(host="box", port=2375, origin="x")),
        ("tcp://[::1]:99/", Endpoint(host="::1", port=99, origin="x")),
    ],
)
def test_address_is_parsed(text: str, endpoint: Endpoint) -> None:
    assert parse_address(text, origin="x") == endpoint


def test_other_schemes_are_refused() -> None:
    with pytest.raises(EngineUnavailableError) as caught:
        parse_address("ssh://me@box", origin="DOCKER_HOST")
    assert str(caught.value) == (
        "DOCKER_HOST: `ssh://me@box` is not `unix:///path` or `tcp://host:port` without TLS"
    )
    assert caught.value.hint == "export DOCKER_HOST=unix:///var/run/docker.sock"


def test_docker_host_wins(tmp_path: Path) -> None:
    write_context(tmp_path, "desk", "unix:///desk.sock", current=True)
    environment = {"DOCKER_HOST": "unix:///a.sock", "DOCKER_CONFIG": str(tmp_path)}
    assert find_endpoint(environment) == Endpoint(path="/a.sock", origin="DOCKER_HOST")


def test_current_context_is_followed(tmp_path: Path) -> None:
    write_context(tmp_path, "desk", "unix:///desk.sock", current=True)
    found = find_endpoint({"DOCKER_CONFIG": str(tmp_path)})
    assert found == Endpoint(path="/desk.sock", origin="docker context `desk`")


def test_named_context_wins_over_current(tmp_path: Path) -> None:
    write_context(tmp_path, "desk", "unix:///desk.sock", current=True)
    write_context(tmp_path, "lab", "tcp://lab:1")
    found = find_endpoint({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "lab"})
    assert found.url == "tcp://lab:1"


def test_missing_context_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError) as caught:
        find_endpoint({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "gone"})
    assert str(caught.value) == "docker context: `gone` is not defined"


def test_broken_config_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{not json")
    assert find_endpoint({"DOCKER_CONFIG": str(tmp_path)}).origin == "default"


def write_context(config: Path, name: str, host: str, *, current: bool = False) -> None:
    folder = config / "contexts" / "meta" / sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    meta = {"Name": name, "Endpoints": {"docker": {"Host": host}}}
    (folder / "meta.json").write_text(json.dumps(meta))
    if current:
        (config / "config.json").write_text(json.dumps({"currentContext": name}))
