"""What every container runs under, and the exceptions a file may make."""

from __future__ import annotations

from typing import Any

import pytest
from builders import container
from hearth_control.plan.harden import MEMORY_LIMIT, harden

pytestmark = pytest.mark.unit


def hardened(memory: int | None = None, **changes: Any) -> dict[str, Any]:
    given = container("app", **changes)
    return harden(dict(given.spec), given, memory)


def test_defaults() -> None:
    spec = hardened(memory=None)
    del spec["image"], spec["healthcheck"]
    assert spec == {
        "restart": "unless-stopped",
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
        "pids_limit": 1024,
        "mem_limit": 512 << 20,
        "security_opt": ["no-new-privileges:true"],
        "cap_drop": ["ALL"],
    }


def test_jobs_do_not_restart() -> None:
    assert hardened(job=True)["restart"] == "no"


def test_memory_as_said() -> None:
    assert hardened(memory=123456789)["mem_limit"] == 123456789


def test_memory_unknown() -> None:
    given = container("app")
    bare = type(given)(name="app", spec=given.spec)
    assert harden(dict(bare.spec), bare, None)["mem_limit"] == MEMORY_LIMIT


def test_capabilities_come_back() -> None:
    spec = hardened(
        spec={"cap_add": ["NET_ADMIN"]}, hardening={"cap_add: CHOWN": "takes its folder over"}
    )
    assert spec["cap_add"] == ["CHOWN", "NET_ADMIN"]
    assert spec["cap_drop"] == ["ALL"]


@pytest.mark.parametrize(
    ("exception", "field"),
    [("cap_drop: none", "cap_drop"), ("no-new-privileges: false", "security_opt")],
)
def test_exceptions(exception: str, field: str) -> None:
    assert field not in hardened(hardening={exception: "a reason"})


def test_process_ceiling() -> None:
    assert hardened(hardening={"pids_limit: 4096": "a browser"})["pids_limit"] == 4096


def test_file_says_itself() -> None:
    spec = hardened(
        spec={"restart": "on-failure", "security_opt": ["apparmor:x", "no-new-privileges:false"]}
    )
    assert spec["restart"] == "on-failure"
    assert spec["security_opt"] == ["no-new-privileges:true", "apparmor:x"]
