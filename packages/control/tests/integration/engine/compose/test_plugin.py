"""The check of the compose plugin, against a `docker` command that says what the test wants."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.engine.compose.plugin import check_plugin
from hearth_control.engine.errors import EngineTooOldError, EngineUnavailableError

pytestmark = pytest.mark.integration

INSTALL = "https://docs.docker.com/compose/install/linux/"


def docker(folder: Path, script: str) -> str:
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_new_plugin_gives_its_version(tmp_path: Path) -> None:
    program = docker(tmp_path, 'test "$1 $2 $3" = "compose version --short" && echo 2.26.1-4')
    assert check_plugin({}, program=program) == "2.26.1-4"


def test_old_plugin_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EngineTooOldError) as caught:
        check_plugin({}, program=docker(tmp_path, "echo 2.23.3"))
    assert str(caught.value) == "docker compose: version 2.23.3 is older than 2.24"
    assert caught.value.hint == INSTALL


def test_docker_without_plugin_is_an_error(tmp_path: Path) -> None:
    script = "echo \"docker: 'compose' is not a docker command.\" >&2; exit 1"
    with pytest.raises(EngineUnavailableError) as caught:
        check_plugin({}, program=docker(tmp_path, script))
    assert str(caught.value) == "docker compose: the plugin `docker-compose` is not installed"
    assert caught.value.hint == "hearth host setup"


def test_missing_docker_is_an_error(tmp_path: Path) -> None:
    program = str(tmp_path / "none")
    with pytest.raises(EngineUnavailableError) as caught:
        check_plugin({}, program=program)
    assert str(caught.value) == f"docker: no command `{program}` on PATH"
