"""Exceptions from the hardening mean something, and each says why."""

from __future__ import annotations

from typing import Any

import pytest
from builders import container, service
from hearth_control.catalog.hardening import check_exceptions

pytestmark = pytest.mark.unit

FILE = "catalog/03-apps/one/compose.yaml"
HARDENING = f"{FILE}: x-hearth.containers.one.hardening"
REASON = "its entrypoint needs it"


def said(hardening: dict[str, str], **spec: Any) -> list[str]:
    made = container("one", spec=spec, hardening=hardening)
    one = service("one", containers=(made,))
    return [str(finding) for finding in check_exceptions(one, made)]


@pytest.mark.parametrize(
    "exception",
    [
        "no-new-privileges: false",
        "no_new_privileges: false",
        "cap_drop: none",
        "cap_add: NET_RAW",
        "nvidia: cap_add: DAC_OVERRIDE",
        "pids_limit: 4096",
        "pid: host",
        "bind: /",
        "docker.sock",
    ],
)
def test_known_exceptions_pass(exception: str) -> None:
    assert said({exception: REASON}) == []


@pytest.mark.parametrize("exception", ["cap_dorp: none", "pids_limit: many", "cap_add: net_raw"])
def test_slip_is_found(exception: str) -> None:
    what = f"`{exception}` is no exception; write it as `cap_add: NAME` or `pids_limit: N`"
    assert said({exception: REASON}) == [f"{HARDENING}: {what}"]


def test_reason_is_asked() -> None:
    assert said({"cap_drop: none": "needed"}) == [
        f"{HARDENING}: `cap_drop: none` has no reason; say in a few words what needs it"
    ]


@pytest.mark.parametrize("option", ["seccomp:unconfined", "apparmor=unconfined", "label:disable"])
def test_relaxed_security_needs_reason(option: str) -> None:
    where = f"{FILE}: services.one.security_opt"
    what = f"needs a reason; write it under hardening as `security_opt: {option}`"
    assert said({}, security_opt=[option, "apparmor:mine"]) == [f"{where}: {what}"]
    assert said({f"security_opt: {option}": REASON}, security_opt=[option]) == []
