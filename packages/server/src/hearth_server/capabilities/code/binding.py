"""Whether the arguments of a call fit the parameters of what is called. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hearth_kit.settings import nearest

from hearth_server.capabilities.code.model import Parameter, Problem

Fault = tuple[Problem, str, str, str]
"""What is wrong, about which name, in words that follow the callee's, and the nearest name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The arguments of a call, without their values."""

    placed: int
    named: tuple[str, ...]
    has_rest: bool = False
    """Whether it passes on a sequence of unknown length."""
    has_named_rest: bool = False
    """Whether it passes on a mapping of unknown names."""


def faults_of(call: Call, parameters: Sequence[Parameter]) -> Iterator[Fault]:
    """Give what is certainly wrong with a call."""
    placed = [each for each in parameters if each.kind in {"positional", "either"}]
    by_name = {each.name: each for each in parameters if each.kind in {"either", "keyword"}}
    has_rest = any(each.kind == "rest" for each in parameters)
    has_named_rest = any(each.kind == "named_rest" for each in parameters)
    if call.placed > len(placed) and not has_rest:
        text = f"takes {_counted(len(placed))} by place, and {call.placed} are given"
        yield "too-many-arguments", "", text, ""
    filled = {each.name for each in placed[: call.placed]}
    for name in call.named:
        if name in by_name and name in filled:
            yield "repeated-argument", name, f"gets `{name}` by place and by name", ""
        elif name not in by_name and not has_named_rest:
            near = nearest(name, by_name) or ""
            yield "no-parameter", name, f"has no parameter `{name}`", near
    if call.has_rest or call.has_named_rest:
        return
    for each in parameters:
        is_given = each.name in filled or (each.name in call.named and each.name in by_name)
        if not is_given and not each.is_optional:
            yield "missing-argument", each.name, f"needs `{each.name}`", ""


def _counted(number: int) -> str:
    return "1 argument" if number == 1 else f"{number} arguments"
