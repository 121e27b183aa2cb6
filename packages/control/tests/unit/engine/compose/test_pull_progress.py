from __future__ import annotations

import pytest
from hearth_control.engine.compose.pull import describe
from hearth_control.engine.compose.pull_progress import PullProgress
from hearth_control.plan.model import Step, StepKind

pytestmark = pytest.mark.unit

STEP = Step(kind=StepKind.PULL, target="redis:7", cause="missing")


def news(layer: str, status: str, current: int | None = None, total: int | None = None) -> dict:
    detail = {} if current is None else {"current": current, "total": total}
    return {"id": layer, "status": status, "progressDetail": detail}


def fed(*items: dict) -> PullProgress:
    progress = PullProgress()
    for item in items:
        progress.feed(item)
    return progress


def test_tag_line_is_no_layer() -> None:
    assert not PullProgress().feed({"id": "7", "status": "Pulling from library/redis"})


def test_fetched_layer_counts_three_quarters() -> None:
    progress = fed(news("a", "Downloading", 50, 100), news("a", "Download complete"))
    assert progress.share == pytest.approx(0.75)
    assert (progress.done_bytes, progress.total_bytes) == (75, 100)


def test_layers_weigh_by_size() -> None:
    progress = fed(news("a", "Downloading", 900, 900), news("b", "Downloading", 0, 100))
    assert progress.share == pytest.approx(0.675)


def test_unknown_layer_takes_the_mean() -> None:
    progress = fed(news("a", "Downloading", 100, 100), news("b", "Waiting"))
    assert progress.total_bytes == 200
    assert progress.share == pytest.approx(0.375)


def test_unpacking_completes_a_layer() -> None:
    half = fed(news("a", "Downloading", 10, 10), news("a", "Extracting", 5, 10))
    assert half.share == pytest.approx(0.875)
    half.feed(news("a", "Pull complete"))
    assert half.share == 1.0


def test_share_never_goes_back() -> None:
    progress = fed(news("a", "Downloading", 10, 10), news("a", "Pull complete"))
    assert progress.share == 1.0
    progress.feed(news("b", "Downloading", 0, 1000))
    assert progress.share == 1.0


def test_present_layers_do_not_count() -> None:
    progress = fed(news("a", "Already exists"), news("b", "Downloading", 5, 10))
    assert progress.total_bytes == 10
    assert progress.share == pytest.approx(0.375)


def test_seconds_of_unpacking_are_no_bytes() -> None:
    progress = fed(
        news("a", "Downloading", 10, 10),
        {"id": "a", "status": "Extracting", "progressDetail": {"current": 3, "units": "s"}},
    )
    assert progress.share == pytest.approx(0.75)


def test_progress_is_said_in_percent() -> None:
    progress = fed(news("a", "Downloading", 400_000_000, 812_000_000))
    assert describe(progress, STEP).text == "37 % of 812 MB"
    assert describe(PullProgress(), STEP).text == "asking the registry"
