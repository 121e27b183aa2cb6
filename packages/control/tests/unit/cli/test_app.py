from __future__ import annotations

from importlib import import_module
from importlib.metadata import version

import pytest
from hearth_control.cli.index import GROUPS, VERBS

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_verb_matches_table(verb) -> None:
    command = import_module(verb.module).command
    assert command.name == verb.name
    assert verb.group in GROUPS


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_help_shows_examples(verb, hearth) -> None:
    said = hearth(verb.name, "--help")
    assert said.code == 0
    assert f"Usage: hearth {verb.name}" in said.out
    assert "--json" in said.out
    if verb.name not in {"settings", "secrets"}:
        assert "Examples:" in said.out


def test_help_lists_verbs(hearth) -> None:
    said = hearth("--help")
    for verb in VERBS:
        assert f"  {verb.name} " in said.out


def test_options_before_and_after(hearth) -> None:
    assert hearth("--json", "version").json == hearth("version", "--json").json


def test_version_flag_tells(hearth) -> None:
    said = hearth("--version")
    assert said.code == 0
    assert said.out == f"hearth {version('hearth-control')}\n"
