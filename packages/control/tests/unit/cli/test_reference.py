from __future__ import annotations

from importlib import import_module

import click
import pytest
from hearth_control.cli.exit_codes import Exit
from hearth_control.cli.index import VERBS
from hearth_control.cli.reference import write_reference
from hearth_control.cli.verb import VerbCommand

pytestmark = pytest.mark.unit


def commands() -> dict[str, VerbCommand]:
    """Find every verb, and those below a verb by both names."""
    found: dict[str, VerbCommand] = {}
    for verb in VERBS:
        command = import_module(verb.module).command
        below = command.commands if isinstance(command, click.Group) else None
        named = {f"{verb.name} {name}": each for name, each in below.items()} if below else None
        found |= named or {verb.name: command}
    return found


@pytest.mark.parametrize("name", commands())
def test_verb_is_documented(name: str) -> None:
    _, found, section = write_reference().partition(f"# hearth {name}\n")
    assert found
    section = section.partition("\n### ")[0]
    assert f"\nhearth {name} [OPTIONS]" in section
    for example in commands()[name].examples:
        assert f"\n{example}\n" in section


@pytest.mark.parametrize("name", commands())
def test_verb_has_examples(name: str) -> None:
    examples = commands()[name].examples
    assert examples
    for example in examples:
        assert f"hearth {name}" in example


@pytest.mark.parametrize("name", commands())
def test_verb_takes_json(name: str) -> None:
    assert "--json" in {option for each in commands()[name].params for option in each.opts}


def test_exit_codes_documented() -> None:
    text = write_reference()
    for code in Exit:
        assert f"\n| {int(code)} | " in text


def test_bars_are_escaped() -> None:
    assert r"`--engine [auto\|compose" in write_reference()
