"""What `status` makes of what an engine says of itself."""

from __future__ import annotations

import pytest
from hearth_control.deploy.applied import Applied
from hearth_control.deploy.status import Problem, report
from hearth_control.engine.observed import Observed

pytestmark = pytest.mark.unit

APPLIED = Applied(
    project="hearth",
    engine="embedded",
    why_engine="a test",
    at="2026-11-21T00:00:00+00:00",
    settings_digest="",
    services=(),
)


def test_engine_warning_is_problem() -> None:
    observed = Observed(engine="embedded", warnings=("the supervisor was killed",))
    assert report(APPLIED, observed).problems == (
        Problem(service="embedded", text="the supervisor was killed", hint="hearth up"),
    )


def test_quiet_engine_has_none() -> None:
    assert report(APPLIED, Observed(engine="embedded")).problems == ()
