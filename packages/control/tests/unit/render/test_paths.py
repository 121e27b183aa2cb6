"""Which request targets are open: those that every program reads alike."""

from __future__ import annotations

import re

import pytest
from hearth_control.render.paths import ODD_TARGET, open_target
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

OPEN = ("/healthz", "/hook/", "/share*")
PIECES = ("/", "..", ".", "%2e", "%2F", "%5c", "\\", ";", "hook", "admin", "a", "?", "#", "%00")


def is_open(target: str) -> bool:
    return bool(re.search(open_target(OPEN), target)) and not re.search(ODD_TARGET, target)


@pytest.mark.parametrize(
    "target",
    [
        "/healthz",
        "/healthz?a=//",
        "/hook/",
        "/hook/a%20b/c.json",
        "/share",
        "/shared/x",
        "/hook/.a",
    ],
)
def test_open(target: str) -> None:
    assert is_open(target)


@pytest.mark.parametrize(
    "target",
    ["/", "/healthzz", "/healthz/", "/hook", "/HOOK/", "/hook/../a", "/hook/..", "/x?/hook/", ""],
)
def test_shut(target: str) -> None:
    assert not is_open(target)


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_open_stays_below(tail: str) -> None:
    """What passes is below the open path, whoever resolves it, however often."""
    target = f"/hook/{tail}"
    if not is_open(target):
        return
    path = target.partition("?")[0]
    segments = path.split("/")[2:]
    assert not {"..", "."} & set(segments)
    assert not re.search(r"[\\;#]|%(2e|2f|5c|00)", path, re.IGNORECASE)
    assert "" not in segments[:-1]


def test_dot_is_itself() -> None:
    assert re.search(open_target(["/a.b"]), "/a.b")
    assert not re.search(open_target(["/a.b"]), "/axb")
