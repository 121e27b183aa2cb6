from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.engine.compose.argv import Project, build, create, environment, version

pytestmark = pytest.mark.unit

PROJECT = Project(
    name="hearth",
    file=Path("/home/me/my home/rendered/compose.yaml"),
    env_file=Path("/home/me/my home/rendered/secrets.env"),
)
BASE = (
    "docker",
    "compose",
    "--ansi",
    "never",
    "--progress",
    "plain",
    "-p",
    "hearth",
    "-f",
    "/home/me/my home/rendered/compose.yaml",
    "--env-file",
    "/home/me/my home/rendered/secrets.env",
)


def test_create_starts_nothing() -> None:
    assert create(PROJECT, ["a", "b"], recreate=False) == (
        *BASE,
        "up",
        "--no-start",
        "--no-deps",
        "--no-build",
        "--pull",
        "never",
        "--no-recreate",
        "a",
        "b",
    )


def test_create_recreates_when_asked() -> None:
    command = create(PROJECT, ["a"], recreate=True)
    assert "--force-recreate" in command
    assert "--no-recreate" not in command


def test_every_command_names_one_file() -> None:
    for command in (create(PROJECT, ["a"], recreate=False), build(PROJECT, ["a"])):
        assert command.count("-f") == 1
        assert command.count("--env-file") == 1


def test_build_names_units() -> None:
    assert build(PROJECT, ["server"]) == (*BASE, "build", "server")


def test_version_is_short() -> None:
    assert version() == ("docker", "compose", "version", "--short")


def test_environment_leaves_strangers_out() -> None:
    outside = {
        "PATH": "/usr/bin",
        "HOME": "/root",
        "N8N_DB_PASSWORD": "of the shell",
        "COMPOSE_FILE": "other.yaml",
        "COMPOSE_PROFILES": "x",
        "DOCKER_HOST": "tcp://elsewhere:1",
    }
    assert environment(outside, docker_host="unix:///run/docker.sock") == {
        "PATH": "/usr/bin",
        "HOME": "/root",
        "DOCKER_HOST": "unix:///run/docker.sock",
        "COMPOSE_STATUS_STDOUT": "0",
    }
