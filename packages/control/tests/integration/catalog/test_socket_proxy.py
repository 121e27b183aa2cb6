"""What the filter in front of Docker's socket lets through: to look, and nothing else.

The patterns are those of the service file, matched as the proxy matches: the whole path, by method.
"""

from __future__ import annotations

import re

import pytest
from hearth_control.catalog.load import find_catalog_root, load_catalog

pytestmark = pytest.mark.integration

CONTAINER = "3f4e6a7b8c9d"


@pytest.fixture(scope="module")
def allowed() -> dict[str, str]:
    """Map each method that may pass to its pattern."""
    catalog = load_catalog(find_catalog_root(), extra=None, cache=None)
    (container,) = catalog.services["docker-proxy"].containers
    arguments = (argument.partition("=") for argument in container.spec["command"])
    return {
        flag.removeprefix("-allow"): pattern
        for flag, _, pattern in arguments
        if re.fullmatch(r"-allow[A-Z]+", flag)
    }


def passes(allowed: dict[str, str], method: str, path: str) -> bool:
    return method in allowed and re.fullmatch(allowed[method], path) is not None


@pytest.mark.parametrize(
    "path",
    [
        "/_ping",
        "/v1.41/info",
        "/v1.45/events",
        "/v1.45/containers/json",
        f"/v1.45/containers/{CONTAINER}/json",
        f"/v1.45/containers/{CONTAINER}/logs",
        f"/v1.45/containers/{CONTAINER}/stats",
    ],
)
def test_looking_passes(allowed: dict[str, str], path: str) -> None:
    assert passes(allowed, "GET", path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1.45/containers/create"),
        ("POST", f"/v1.45/containers/{CONTAINER}/exec"),
        ("POST", f"/v1.45/containers/{CONTAINER}/stop"),
        ("DELETE", f"/v1.45/containers/{CONTAINER}"),
        ("PUT", f"/v1.45/containers/{CONTAINER}/archive"),
        ("GET", f"/v1.45/containers/{CONTAINER}/archive"),
        ("GET", f"/v1.45/containers/{CONTAINER}/export"),
        ("GET", "/v1.45/secrets"),
        ("GET", "/v1.45/swarm/unlockkey"),
        ("GET", f"/v1.45/containers/{CONTAINER}/json/../archive"),
        ("GET", f"/v1.45/containers/..%2f{CONTAINER}/archive"),
        ("POST", "/session"),
    ],
)
def test_rest_is_refused(allowed: dict[str, str], method: str, path: str) -> None:
    assert not passes(allowed, method, path)
