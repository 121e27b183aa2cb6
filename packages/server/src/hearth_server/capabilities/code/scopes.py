"""Which names a part of a script binds, and which of them could be several things. Pure."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from hearth_server.capabilities.code.parsing import flat, targets_of
from hearth_server.capabilities.code.scope import Function, dotted

_TESTS = frozenset({"isinstance", "hasattr", "issubclass", "setattr"})
Value = TypeVar("Value")


@dataclass(slots=True)
class Scope(Generic[Value]):
    """The names of a script, a function or a class."""

    names: dict[str, Value | None] = field(default_factory=dict)
    """What each is; None while that is unknown."""
    unsure: frozenset[str] = frozenset()
    """Those that could be several things, or that the script itself tests."""

    def bind(self, name: str, value: Value | None) -> None:
        """Say what a name is, unless that is unsure."""
        if value is not None and name not in self.unsure:
            self.names[name] = value


def open_scope(body: list[ast.stmt], parameters: Iterable[str] = ()) -> Scope[Value]:
    """Begin a scope in which nothing is known of its names yet."""
    bound = Counter([*parameters, *_bound_in(body)])
    tested = {name for node in body for name in _tested_in(node)}
    unsure = {name for name, count in bound.items() if count > 1} | tested
    return Scope(dict.fromkeys(bound), frozenset(unsure))


def argument_names(arguments: ast.arguments) -> list[str]:
    """Give the names that a function is called with."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    return [each.arg for each in every]


def caught_names(handler: ast.ExceptHandler) -> list[str]:
    """Give the exceptions that a handler names."""
    match handler.type:
        case ast.Tuple(elts=elements):
            return [dotted(each) for each in elements]
        case None:
            return []
        case _:
            return [dotted(handler.type)]


def _bound_in(body: list[ast.stmt]) -> Iterator[str]:
    for node in flat(body):
        yield from (name for name, _ in targets_of(node))
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Import(names=names):
                # `import a.b` and `import a.c` bind the same module `a`: once is enough.
                yield from {each.asname or each.name.partition(".")[0] for each in names}
            case ast.ImportFrom(names=names):
                yield from (each.asname or each.name for each in names)
            case _:
                pass
        if not isinstance(node, Function | ast.ClassDef):
            yield from _bound_inside(node)


def _bound_inside(node: ast.stmt) -> Iterator[str]:
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.ExceptHandler) and inner.name:
            yield inner.name
    for inner in ast.walk(node):
        if isinstance(inner, ast.NamedExpr):
            yield inner.target.id
        elif isinstance(inner, ast.MatchAs | ast.MatchStar) and inner.name:
            yield inner.name


def _tested_in(node: ast.stmt) -> Iterator[str]:
    """Give the names that are tested, deleted or bound from further inside."""
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Name(id=test), args=[ast.Name(id=name), *_]) if test in _TESTS:
                yield name
            case ast.Match(subject=ast.Name(id=name)):
                yield name
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                yield from names
            case ast.Delete(targets=targets):
                yield from (each.id for each in targets if isinstance(each, ast.Name))
            case _:
                continue
