"""Which of Hearth's own images an `up` leaves behind, and which it may never touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from hearth_control.engine.compose.own_images import stale_tags
from hearth_control.plan.model import ContainerUnit, Plan

pytestmark = pytest.mark.unit

BUILT = {"hearth.built": "true"}


@dataclass
class Units:
    """As much of a plan as is looked at."""

    units: tuple[ContainerUnit, ...]


def plan_of(*tags: str) -> Plan:
    units = tuple(
        ContainerUnit(name=tag, service="own", spec={}, hash="h", image=tag, build=True)
        for tag in tags
    )
    return cast("Plan", Units(units))


def image(*tags: str, created: int, labels: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "Id": f"sha256:{created}",
        "RepoTags": list(tags),
        "Created": created,
        "Labels": BUILT if labels is None else labels,
    }


HISTORY = [image(f"hearth/own:1-{day}", created=day) for day in (1, 2, 3, 4, 5)]


def test_all_but_current_and_previous_go() -> None:
    plan = plan_of("hearth/own:1-5")
    assert stale_tags(HISTORY, [], plan) == ("hearth/own:1-1", "hearth/own:1-2", "hearth/own:1-3")


def test_older_checkout_keeps_its_own_and_the_newest() -> None:
    plan = plan_of("hearth/own:1-2")
    assert stale_tags(HISTORY, [], plan) == ("hearth/own:1-1", "hearth/own:1-3", "hearth/own:1-4")


@pytest.mark.parametrize(
    "container",
    [
        {"Image": "hearth/own:1-1", "ImageID": "sha256:other"},
        {"Image": "sha256:1", "ImageID": "sha256:1"},
    ],
    ids=["by tag", "by id"],
)
def test_used_by_anybody_stays(container: dict[str, str]) -> None:
    stale = stale_tags(HISTORY, [container], plan_of("hearth/own:1-5"))
    assert stale == ("hearth/own:1-2", "hearth/own:1-3")


def test_what_hearth_did_not_build_stays() -> None:
    others = [
        image("hearth/own:mine", created=1, labels={}),
        image("hearth/own:theirs", created=2, labels={"hearth.built": "no"}),
        image("hearth/another:1", created=1),
        image("hearth/another:2", created=2),
        image("hearth/another:3", created=3),
        {"Id": "sha256:9", "RepoTags": None, "Created": 9, "Labels": None},
    ]
    assert stale_tags(others, [], plan_of("hearth/own:1-5")) == ()


def test_second_name_of_a_stale_image_stays() -> None:
    named = image("hearth/own:1-1", "me/kept:1", created=1)
    stale = stale_tags([named, *HISTORY[1:]], [], plan_of("hearth/own:1-5"))
    assert "hearth/own:1-1" in stale
    assert "me/kept:1" not in stale


def test_plan_without_own_images_removes_nothing() -> None:
    assert stale_tags(HISTORY, [], plan_of()) == ()
