from __future__ import annotations

import pytest
from hearth_control.engine.compose.reference import parse_reference, spelled_out

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("redis", "docker.io/library/redis:latest"),
        ("redis:7", "docker.io/library/redis:7"),
        ("n8nio/n8n:2.36.5", "docker.io/n8nio/n8n:2.36.5"),
        ("docker.io/library/redis:7", "docker.io/library/redis:7"),
        ("ghcr.io/a/b:v1", "ghcr.io/a/b:v1"),
        ("localhost/x", "localhost/x:latest"),
        ("127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b:latest"),
        ("a/b@sha256:12", "docker.io/a/b@sha256:12"),
        ("a/b:1@sha256:12", "docker.io/a/b:1@sha256:12"),
    ],
)
def test_name_is_spelled_out(text: str, whole: str) -> None:
    assert spelled_out(text) == whole
    assert spelled_out(whole) == whole


def test_registry_port_is_no_tag() -> None:
    parts = parse_reference("registry.local:5000/app")
    assert (parts.registry, parts.repository, parts.tag) == ("registry.local:5000", "app", "latest")
