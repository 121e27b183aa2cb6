"""`hearth reach`: what it prints, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest
from builders import plan, settings, small_catalog
from hearth_control.cli.reach_matrix import matrix_lines
from hearth_control.cli.reach_words import one_lines, two_lines
from hearth_control.cli.table import width_of
from hearth_control.plan.reaching import Answer, answer
from hearth_control.settings.model import Networks

pytestmark = pytest.mark.unit


def asked(*names: str, on: tuple[str, ...] = ("n8n", "qdrant"), **said: object) -> Answer:
    services = dict.fromkeys(on, "container")
    return answer(plan(said=settings(services=services, **said)), small_catalog(), names)


def plain(lines: list[str]) -> list[str]:
    return [click.unstyle(line) for line in lines]


def test_matrix_draws_each_pair(output) -> None:
    lines = plain(matrix_lines(asked(), replace(output, width=100)))
    assert lines[:10] == [
        "3 services, 4 units: 4 of 12 pairs are open",
        "",
        "           123",
        "1 postgres \\·○",
        "2 qdrant   ·\\·",
        "3 n8n      ●·\\  internet",
        "",
        "● asks for it",
        "○ open, though it does not ask: they share a network",
        "· closed",
    ]
    assert "    postgres: n8n, postgres" in lines


def test_narrow_matrix_is_told(output) -> None:
    lines = plain(matrix_lines(asked(), replace(output, width=25)))
    assert lines[2:5] == [
        "postgres → nobody (and 1 beside",
        "           it in a network)",
        "qdrant   → nobody",
    ]


def test_wide_matrix_fits(output) -> None:
    lines = plain(matrix_lines(asked(networks=Networks.FLAT), replace(output, width=60)))
    assert max(width_of(line) for line in lines) <= 60
    assert "  flat everybody with everybody" in lines


def test_open_way_is_explained(output) -> None:
    assert plain(two_lines(asked("n8n", "postgres"), output)) == [
        "● n8n reaches postgres",
        "  over hearth-role-postgres: `n8n` asks for `postgres`, which `postgres` serves",
    ]


def test_undeclared_way_is_told_apart(output) -> None:
    assert plain(two_lines(asked("postgres", "n8n"), output))[0] == (
        "◐ postgres reaches n8n, though it does not ask for it"
    )


def test_closed_way_is_explained(output) -> None:
    assert plain(two_lines(asked("n8n", "qdrant"), output)) == [
        "○ n8n does not reach qdrant",
        "  catalog/03-apps/n8n/compose.yaml asks for nothing that `qdrant` offers: `vectors`",
    ]


def test_internet_is_a_target(output) -> None:
    assert plain(two_lines(asked("n8n", "internet"), output)) == [
        "● n8n reaches the internet over hearth-egress-n8n"
    ]
    assert plain(two_lines(asked("qdrant", "internet"), output)) == [
        "○ qdrant does not reach the internet",
        "  the file of `qdrant` does not ask for `egress` here",
    ]


def test_host_is_a_target(output) -> None:
    assert plain(two_lines(asked("qdrant", "host"), output))[0] == (
        "○ qdrant does not reach programs on this host"
    )


def test_one_name_tells_both_sides(output) -> None:
    lines = plain(one_lines(asked("qdrant"), output))
    assert lines[:2] == ["qdrant reaches", "  nobody"]
    assert lines[-1] == "  qdrant  no internet, found at 127.0.0.1:63012"


def test_verb_gives_json(hearth) -> None:
    found = hearth("reach", "app", "store", "--json").json
    assert found["asked"] == ["app", "store"]
    assert [(pair["asker"], pair["target"], pair["way"]) for pair in found["pairs"]] == [
        ("app", "store", "declared")
    ]


def test_unknown_name_is_refused(hearth) -> None:
    said = hearth("reach", "app", "stor")
    assert said.code == 2
    assert "stor: there is no service or container with this name" in said.err
    assert "hint: hearth reach store" in said.err


def test_internet_asks_nobody(hearth) -> None:
    """It may be reached and reaches nothing itself, so that it is no first name."""
    said = hearth("reach", "internet")
    assert said.code == 2
    assert "internet: there is no service or container with this name" in said.err


def test_off_is_refused(hearth) -> None:
    said = hearth("reach", "notes")
    assert "notes: this service is not on" in said.err
    assert "hint: hearth enable notes" in said.err
