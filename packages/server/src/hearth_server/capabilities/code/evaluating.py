"""What the expressions of a script give, as far as an index knows, and what is not there. Pure."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from hearth_kit.settings import nearest

from hearth_server.capabilities.code.binding import Call, faults_of
from hearth_server.capabilities.code.model import Finding, Problem, Symbol
from hearth_server.capabilities.code.resolving import PROPERTIES, Index, Missing
from hearth_server.capabilities.code.scope import plain_type
from hearth_server.capabilities.code.scopes import Scope


@dataclass(frozen=True, slots=True)
class Is:
    """What an expression gives: a symbol itself, or something made of a class."""

    symbol: Symbol
    is_made: bool = False
    """Whether it is an instance of the class."""
    is_bound: bool = False
    """Whether its first parameter is filled already, as that of a method of an instance."""
    must_wait: bool = False
    """Whether it is there only once it was awaited."""


Names = Scope[Is]


class Evaluator(ast.NodeVisitor):
    """Evaluates expressions with what is known of names, and notes what is not there."""

    def __init__(self, index: Index, names: Names) -> None:
        self.index = index
        self.scopes = [names]
        self.guards: list[frozenset[str]] = []
        """What the script is ready for here: `import`, `name` or `call` that fails."""
        self.findings: list[Finding] = []
        self.checked = 0

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Check a name behind a dot."""
        self.value(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Check a call."""
        self.value(node)

    def visit_Await(self, node: ast.Await) -> None:
        """Check what is waited for."""
        self.value(node)

    def report(
        self,
        where: tuple[int, int],
        problem: Problem,
        name: str,
        message: str,
        near: str,
        *,
        guard: str,
    ) -> None:
        """Note what is not there, unless the script is ready for that; column from 0 on."""
        if not any(guard in each for each in self.guards):
            line, column = where
            self.findings.append(
                Finding(
                    line=line,
                    column=column + 1,
                    problem=problem,
                    name=name,
                    message=message,
                    nearest=near,
                )
            )

    def value(self, node: ast.expr) -> Is | None:
        """Check an expression and say what it gives, where that is known."""
        match node:
            case ast.Name(id=name):
                return self.lookup(name)
            case ast.Attribute(value=inner, ctx=ast.Load()):
                return self._member(self.value(inner), node)
            case ast.Call():
                return self._call(node)
            case ast.Await(value=inner):
                given = self.value(inner)
                made = given is not None and given.must_wait
                return Is(given.symbol, is_made=True) if given is not None and made else None
            case _:
                self.generic_visit(node)
                return None

    def _member(self, owner: Is | None, node: ast.Attribute) -> Is | None:
        if owner is None or owner.must_wait or (owner.symbol.kind == "class" and owner.is_bound):
            return None
        self.checked += 1
        meaning = self.index.member(owner.symbol, node.attr)
        if isinstance(meaning, Missing):
            line, column = node.end_lineno or node.lineno, (node.end_col_offset or 0)
            where = (line, column - len(node.attr))
            problem: Problem = "no-name" if owner.symbol.kind == "module" else "no-member"
            self.report(where, problem, meaning.name, *told(meaning), guard="name")
            return None
        if meaning is None:
            return None
        if meaning.kind == "attribute":
            return self.typed(meaning.type) if owner.is_made else None
        if meaning.kind == "method" and set(meaning.decorators) & PROPERTIES:
            return self.typed(meaning.type) if owner.is_made else None
        is_bound = meaning.kind == "method" and (
            (owner.is_made and "staticmethod" not in meaning.decorators)
            or "classmethod" in meaning.decorators
        )
        return Is(meaning, is_bound=is_bound)

    def _call(self, node: ast.Call) -> Is | None:
        called = self.value(node.func)
        for each in node.args:
            self.visit(each)
        for key in node.keywords:
            self.visit(key.value)
        if called is None or called.is_made or called.must_wait:
            return None
        symbol = called.symbol
        parameters = self.index.parameters(symbol)
        if parameters is not None:
            self.checked += 1
            call = Call(
                placed=sum(not isinstance(each, ast.Starred) for each in node.args),
                named=tuple(key.arg for key in node.keywords if key.arg is not None),
                has_rest=any(isinstance(each, ast.Starred) for each in node.args),
                has_named_rest=any(key.arg is None for key in node.keywords),
            )
            kept = parameters[1:] if called.is_bound else parameters
            for problem, name, text, near in faults_of(call, kept):
                where = (node.lineno, node.col_offset)
                self.report(where, problem, name, f"`{symbol.name}` {text}", near, guard="call")
        if symbol.kind == "class":
            return Is(symbol, is_made=True)
        if any("contextmanager" in each for each in symbol.decorators):
            return None
        given = self.typed(symbol.type)
        if given is not None and symbol.is_async:
            return Is(given.symbol, must_wait=True)
        return given

    def instance(self, annotation: ast.expr) -> Is | None:
        """Say what something of a written type is, by the names of this script."""
        text = plain_type(annotation)
        first, *rest = text.split(".") if text else [""]
        found = self.lookup(first)
        meaning = found.symbol if found is not None and not found.is_made else None
        for part in rest:
            inner = self.index.member(meaning, part) if meaning is not None else None
            meaning = inner if isinstance(inner, Symbol) else None
        is_class = meaning is not None and meaning.kind == "class"
        return Is(meaning, is_made=True) if meaning is not None and is_class else None

    def typed(self, name: str) -> Is | None:
        """Say what something of a type is, by the type's full name."""
        meaning = self.index.resolve(name) if name else None
        is_class = isinstance(meaning, Symbol) and meaning.kind == "class"
        return Is(meaning, is_made=True) if isinstance(meaning, Symbol) and is_class else None

    def lookup(self, name: str) -> Is | None:
        """Say what a name is here."""
        for scope in reversed(self.scopes):
            if name in scope.names:
                return scope.names[name]
        return None

    def bind(self, name: str, value: Is | None) -> None:
        """Say what a name is from here on."""
        self.scopes[-1].bind(name, value)


def told(missing: Missing) -> tuple[str, str]:
    """Say what is missing where, and what is probably meant."""
    text = f"{missing.owner.kind} `{missing.owner.name}` has no `{missing.name}`"
    # A class is rarely meant by the name of a module, nor the other way round.
    is_upper = missing.name[:1].isupper()
    alike = [each for each in missing.candidates if each[:1].isupper() == is_upper]
    return text, nearest(missing.name, alike) or nearest(missing.name, missing.candidates) or ""
