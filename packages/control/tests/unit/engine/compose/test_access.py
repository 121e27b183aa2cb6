"""What the engine's own facts say of its ways to cards."""

from __future__ import annotations

from typing import Any

import pytest
from hearth_control.engine.compose.access import ask_access, read_info
from hearth_control.host.verdict import EngineAccess

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("info", "access"),
    [
        pytest.param(
            {"Runtimes": {"runc": {}, "nvidia": {"path": "nvidia-container-runtime"}}},
            EngineAccess(runtimes=frozenset({"runc", "nvidia"})),
            id="runtime",
        ),
        pytest.param({"CDISpecDirs": ["/etc/cdi"]}, EngineAccess(cdi=True), id="cdi"),
        pytest.param({"CDISpecDirs": []}, EngineAccess(), id="cdi turned off"),
        pytest.param({"Runtimes": None, "SecurityOptions": None}, EngineAccess(), id="nothing"),
        pytest.param(
            {"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]},
            EngineAccess(rootless=True),
            id="rootless",
        ),
    ],
)
def test_info_is_read(info: dict[str, Any], access: EngineAccess) -> None:
    assert read_info(info) == access


def test_silent_engine_says_nothing() -> None:
    assert ask_access({"DOCKER_HOST": "unix:///nowhere/docker.sock"}) is None
