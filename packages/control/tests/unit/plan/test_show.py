"""A plan as text."""

from __future__ import annotations

import pytest
from builders import applied, host, observed, plan, settings
from hearth_control.engine.observed import ObservedUnit, State
from hearth_control.plan.show import show

pytestmark = pytest.mark.unit

QDRANT = settings(services={"qdrant": "container"})


def test_show_steps() -> None:
    assert show(plan(said=QDRANT)) == (
        "network   hearth-sealed-qdrant  to qdrant: qdrant\n"
        "pull      example/qdrant:1.2.3  qdrant runs on it, and it is not on this machine\n"
        "create    qdrant                you turned it on\n"
    )


def test_show_noop() -> None:
    made = plan(said=QDRANT, seen=applied(plan(said=QDRANT)))
    assert show(made) == "nothing to do\nunchanged: qdrant\n"


def test_show_notes() -> None:
    seen = applied(plan(said=QDRANT))
    made = plan(said=QDRANT, seen=seen, machine=host(memory=1 << 20))
    assert show(made) == (
        "nothing to do\n"
        "unchanged: qdrant\n"
        "warning   memory: the services take about 200 MiB and this machine has 1 MiB\n"
        "          hint: hearth disable qdrant\n"
    )


def test_show_destruction() -> None:
    stranger = ObservedUnit(name="old", service="gone", state=State.RUNNING)
    assert show(plan(said=settings(), seen=observed(units=(stranger,)))) == (
        "remove    old  not in the catalog; destroys whatever `old` kept outside volumes\n"
    )
