"""Whether services fit the machine, and the smaller set that does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from builders import (
    GIB,
    applied,
    catalog,
    container,
    host,
    plan,
    postgres,
    service,
    settings,
)
from hearth_control.catalog.model import Hardware, Memory, Need, Offer, Service, Variant
from hearth_control.host.model import Gpu
from hearth_control.plan.fit import Choice, smaller_set
from hearth_control.plan.model import Note, Severity
from hearth_control.settings.model import Fit, ServiceSettings
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

STARTER = settings(preset="starter")


def choice(
    needs: Mapping[str, set[str]] | None = None,
    wants: Mapping[str, int] | None = None,
    pulled: set[str] | None = None,
) -> Choice:
    given = {name: frozenset(found) for name, found in (needs or {}).items()}
    return Choice(needs=given, wants=wants or {}, pulled=frozenset(pulled or ()))


@pytest.mark.parametrize(
    ("taken", "excess", "who", "smaller"),
    [
        pytest.param({"a": 5, "b": 2, "c": 3}, 2, choice(), (("b", 2),), id="least that does"),
        pytest.param(
            {"a": 5, "b": 2, "c": 3},
            2,
            choice(wants={"b": 2}),
            (("c", 3),),
            id="least missed before least",
        ),
        pytest.param(
            {"a": 5, "b": 2, "c": 3}, 7, choice(), (("a", 5), ("b", 2)), id="most freed first"
        ),
        pytest.param(
            {"store": 8, "app": 1, "chat": 2},
            1,
            choice({"app": {"store"}}),
            (("app", 1),),
            id="never what others need",
        ),
        pytest.param(
            {"store": 8, "app": 1, "chat": 2},
            6,
            choice({"app": {"store"}}, pulled={"store"}),
            (("app", 9),),
            id="with what only it needs",
        ),
        pytest.param(
            {"store": 8, "app": 1, "chat": 2},
            9,
            choice({"app": {"store"}, "chat": {"store"}}, pulled={"store"}),
            (),
            id="nothing remains",
        ),
        pytest.param({"a": 5}, 9, choice(), (), id="never enough"),
        pytest.param({"a": 0, "b": 4}, 1, choice(), (("b", 4),), id="what frees nothing stays"),
    ],
)
def test_smaller_set(
    taken: dict[str, int], excess: int, who: Choice, smaller: tuple[tuple[str, int], ...]
) -> None:
    # A small one beside, so that something remains.
    rest = {} if not smaller else {"rest": 0}
    assert smaller_set({**taken, **rest}, excess, who) == smaller


def note(severity: Severity, code: str, text: str, hint: str) -> Note:
    name = hint.split(" && ", maxsplit=1)[0].rpartition(" ")[2]
    return Note(code=code, severity=severity, text=text, hint=hint, service=name)


def heavy(name: str, gib: int, **changes: Any) -> Service:
    memory = Memory(typical=gib * GIB, limit=32 * GIB)
    return service(name, containers=(container(name, memory=memory),), **changes)


def test_more_than_memory_is_refused_with_a_smaller_set() -> None:
    made = plan(said=STARTER, machine=host(memory=4 * GIB))
    assert made.errors == (
        note(
            Severity.ERROR,
            "memory-short",
            "memory: the services take about 4.8 GiB and this machine has 4.0 GiB;"
            " without `ollama` (4.0 GiB) it fits; `FIT=warn` starts it all the same",
            "hearth disable ollama",
        ),
    )


def test_swap_makes_it_possible() -> None:
    made = plan(said=STARTER, machine=host(memory=4 * GIB, swap=2 * GIB))
    assert made.notes == (
        note(
            Severity.WARNING,
            "memory-short",
            "memory: the services take about 4.8 GiB and this machine has 4.0 GiB and 2.0 GiB of"
            " swap; without `ollama` (4.0 GiB) it fits",
            "hearth disable ollama",
        ),
    )


def test_nothing_left_for_the_system_is_warned_of() -> None:
    said = settings(services={"model": "container"})
    made = plan(catalog(heavy("model", 8)), said=said, machine=host(memory=8 * GIB))
    assert [one.severity for one in made.notes] == [Severity.WARNING]
    roomy = plan(catalog(heavy("model", 8)), said=said, machine=host(memory=9 * GIB))
    assert roomy.notes == ()


def test_person_may_start_it_all_the_same() -> None:
    said = settings(preset="starter", fit=Fit.WARN)
    made = plan(said=said, machine=host(memory=4 * GIB))
    assert [one.severity for one in made.notes] == [Severity.WARNING]


def test_what_runs_already_is_not_refused() -> None:
    seen = applied(plan(said=STARTER))
    made = plan(said=STARTER, machine=host(memory=4 * GIB), seen=seen)
    assert made.errors == ()
    assert [one.code for one in made.notes] == ["memory-short"]


def test_lower_ceiling_counts() -> None:
    said = settings(services={"model": ServiceSettings(source="container", memory=2 * GIB)})  # type: ignore[arg-type]  # as text
    assert plan(catalog(heavy("model", 8)), said=said, machine=host(memory=4 * GIB)).notes == ()


def test_store_goes_with_the_last_that_needs_it() -> None:
    store = heavy("store", 3, stack="01-data", offers={"keep": Offer(url="http://store:1")})
    app = heavy("app", 1, needs={"keep": Need()})
    said = settings(services={"app": "container", "chat": "container"})
    made = plan(catalog(store, app, heavy("chat", 2)), said=said, machine=host(memory=5 * GIB))
    assert made.errors[0].hint == "hearth disable chat"
    tiny = plan(catalog(store, app, heavy("chat", 2)), said=said, machine=host(memory=3 * GIB))
    assert tiny.errors[0].hint == "hearth disable app"
    assert "`app` (4.0 GiB)" in tiny.errors[0].text


def test_disk_is_measured_where_docker_keeps_its_data() -> None:
    said = settings(services={"postgres": "container"})
    machine = host(disk_free=200 * GIB, engine_disk_free=GIB * 3 // 4)
    made = plan(catalog(postgres()), said=said, machine=machine)
    assert made.notes == (
        note(
            Severity.WARNING,
            "disk-short",
            "disk: new services take about 1.0 GiB and 768 MiB are free where Docker keeps its"
            " data",
            "hearth disable postgres",
        ),
    )


def test_disk_that_is_full_at_once_is_refused() -> None:
    machine = host(disk_free=GIB // 4)
    made = plan(said=STARTER, machine=machine)
    assert [one.code for one in made.errors] == ["disk-short"]
    seen = applied(plan(said=STARTER))
    assert plan(said=STARTER, machine=machine, seen=seen).notes == ()


def test_vram_of_several_cards_counts_together() -> None:
    variants = {Hardware.NVIDIA: Variant(vram=10 * GIB)}
    small = Memory(typical=1, limit=GIB)
    model = service("model", containers=(container("model", variants=variants, memory=small),))
    paint = service("paint", containers=(container("paint", variants=variants, memory=small),))
    said = settings(services={"model": "container", "paint": "container"})
    card = Gpu(vendor="nvidia", name="RTX", vram=8 * GIB, usable=True)
    made = plan(catalog(model, paint), said=said, machine=host(gpus=(card, card)))
    assert made.notes == (
        note(
            Severity.WARNING,
            "vram-short",
            "graphics memory: `model` 10.0 GiB, `paint` 10.0 GiB are more than the 16.0 GiB that 2"
            " cards have; without `model` (10.0 GiB) it fits",
            "hearth disable model",
        ),
    )
    three = plan(catalog(model, paint), said=said, machine=host(gpus=(card, card, card)))
    assert three.notes == ()


def test_card_that_shares_memory_is_not_counted() -> None:
    said = settings(services={"ollama": "container"})
    shared = Gpu(vendor="nvidia", name="GB10", vram=0, usable=True)
    assert plan(said=said, machine=host(gpus=(shared,))).notes == ()


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sets(st.integers(0, 7)), st.booleans()),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 40),
)
def test_a_smaller_set_is_whole_and_small_enough(
    drawn: list[tuple[int, set[int], bool]], excess: int
) -> None:
    """Whoever needs whom: what remains has all it needs, and what goes frees enough."""
    taken = {f"s{index}": used for index, (used, _, _) in enumerate(drawn)}
    # A service needs only those before it: nothing in the catalog needs itself by a circle.
    needs = {
        f"s{index}": {f"s{other}" for other in needed if other < index}
        for index, (_, needed, _) in enumerate(drawn)
    }
    needed = set().union(*needs.values())
    pulled = {f"s{index}" for index, (_, _, is_pulled) in enumerate(drawn) if is_pulled} & needed
    named = [name for name, _ in smaller_set(taken, excess, choice(needs, pulled=pulled))]
    gone = set(named)
    while orphans := {
        name
        for name in pulled - gone
        if all(other in gone for other in needs if name in needs[other])
    }:
        gone |= orphans
    if named:
        assert all(not needs[name] & gone for name in set(taken) - gone)
        assert sum(taken[name] for name in gone) >= excess
