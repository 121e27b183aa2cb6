"""Who calls and imports what in one file. Pure."""

from __future__ import annotations

import ast

from hearth_server.capabilities.code.model import Use, UseKind
from hearth_server.capabilities.code.scope import (
    File,
    Function,
    absolute,
    dotted,
    full_name,
    plain_type,
)


def read_uses(body: list[ast.stmt], owner: str, file: File, *, inside: str) -> None:
    """Note imports and calls, each by the innermost function, class or module that has it."""
    for node in body:
        match node:
            case ast.ClassDef():
                read_uses(node.body, f"{owner}.{node.name}", file, inside=f"{owner}.{node.name}")
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                _Uses(f"{owner}.{node.name}", file, inside).visit_all(node)
            case _:
                _Uses(owner, file, inside).visit(node)


class _Uses(ast.NodeVisitor):
    """The uses of one function, or of what stands outside of any."""

    def __init__(self, owner: str, file: File, inside: str) -> None:
        self._owner = owner
        self._file = file
        self._inside = inside
        self._made: dict[str, str] = {}
        self._own = ""

    def visit_all(self, node: Function) -> None:
        """Visit a function with what it is called with."""
        if self._inside and node.args.args:
            self._own = node.args.args[0].arg
        for each in [*node.args.args, *node.args.kwonlyargs]:
            if kind := plain_type(each.annotation):
                self._made[each.arg] = full_name(kind, self._file)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        """Note what is imported."""
        for each in node.names:
            self._note("imports", each.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Note what is imported out of where."""
        source = absolute(self._file.module, node.level, node.module)
        for each in node.names:
            self._note("imports", source if each.name == "*" else f"{source}.{each.name}", node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Remember what a name was made by."""
        self.generic_visit(node)
        if isinstance(node.value, ast.Call) and (made := self._target(node.value.func)):
            for target in node.targets:
                if isinstance(target, ast.Name) and made.rpartition(".")[2][:1].isupper():
                    self._made[target.id] = made

    def visit_Call(self, node: ast.Call) -> None:
        """Note what is called."""
        if target := self._target(node.func):
            self._note("calls", target, node)
        self.generic_visit(node)

    def _target(self, func: ast.expr) -> str:
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call):
            made = self._target(func.value.func)
            is_class = made.rpartition(".")[2][:1].isupper()
            return f"{made}.{func.attr}" if made and is_class else ""
        text = dotted(func)
        first, dot, rest = text.partition(".")
        if first and first == self._own and dot:
            return f"{self._inside}.{rest}"
        if first in self._made and dot:
            return f"{self._made[first]}.{rest}"
        return full_name(text, self._file) if text else ""

    def _note(self, kind: UseKind, target: str, node: ast.stmt | ast.expr) -> None:
        self._file.uses.append(
            Use(
                kind=kind,
                source=self._owner,
                target=target,
                path=self._file.module.path,
                line=node.lineno,
            )
        )
