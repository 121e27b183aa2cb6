"""A script held against an index: what it uses of the repository and the repository has not. Pure.

The script is parsed and never run. A name counts for what it is only where it is bound once;
what could be otherwise while the script runs is not judged.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from typing import Final

from hearth_kit.settings import nearest

from hearth_server.capabilities.code.evaluating import Evaluator, Is, Names, told
from hearth_server.capabilities.code.model import Finding, ScriptChecked, Symbol
from hearth_server.capabilities.code.resolving import Index, Missing
from hearth_server.capabilities.code.scope import Function
from hearth_server.capabilities.code.scopes import (
    Scope,
    argument_names,
    caught_names,
    open_scope,
)

_GUARDS: Final = {
    "ImportError": "import", "ModuleNotFoundError": "import",
    "AttributeError": "name", "TypeError": "call",
}  # fmt: skip


def check_script(script: str, index: Index, *, repository: str) -> ScriptChecked:
    """Give what a script uses of a repository and is not there."""
    try:
        tree = ast.parse(script)
    except SyntaxError as error:
        finding = Finding(
            line=error.lineno or 1, column=error.offset or 1, problem="syntax", name="",
            message=f"is no Python: {error.msg}", nearest="",
        )  # fmt: skip
        return ScriptChecked(repository=repository, findings=(finding,), checked=0)
    checker = _Checker(index, tree)
    checker.run(tree)
    findings = sorted(
        dict.fromkeys(checker.findings), key=lambda each: (each.line, each.column, each.message)
    )
    return ScriptChecked(
        repository=repository,
        findings=tuple(findings),
        checked=checker.checked,
        unchecked=tuple(sorted(checker.outside)),
    )


class _Checker(Evaluator, ast.NodeVisitor):
    """Walks a script with what is known of its names."""

    def __init__(self, index: Index, tree: ast.Module) -> None:
        super().__init__(index, open_scope(tree.body))
        self._later: list[tuple[Function, list[Names]]] = []
        self.outside: set[str] = set()

    def run(self, tree: ast.Module) -> None:
        """Check the script, what is inside functions last: they run when all names are bound."""
        for node in tree.body:
            self.visit(node)
        while self._later:
            function, scopes = self._later.pop(0)
            self.scopes = [*scopes, self._parameters(function)]
            self.guards = []
            for node in function.body:
                self.visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        """Check that the modules are there."""
        for each in node.names:
            if not self._has_module(each.name, node):
                continue
            bound = each.name if each.asname else each.name.partition(".")[0]
            module = self.index.modules.get(bound)
            if module is not None:
                self.bind(each.asname or bound, Is(module))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Check that the modules, and the names in them, are there."""
        if node.level or not node.module or not self._has_module(node.module, node):
            return
        for each in node.names:
            module = self.index.modules.get(node.module)
            if each.name == "*" or module is None:
                continue
            self.checked += 1
            meaning = self.index.member(module, each.name)
            if isinstance(meaning, Missing):
                where = (node.lineno, node.col_offset)
                self.report(where, "no-name", each.name, *told(meaning), guard="import")
            elif meaning is not None:
                self.bind(each.asname or each.name, Is(meaning))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Leave what is inside for later."""
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Leave what is inside for later."""
        self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Check a class with a scope of its own, which its methods do not see."""
        for each in [*node.bases, *(key.value for key in node.keywords), *node.decorator_list]:
            self.visit(each)
        outer = self.scopes
        self.scopes = [*outer, open_scope(node.body)]
        for inner in node.body:
            if isinstance(inner, Function):
                scopes, self.scopes = self.scopes, outer
                self._function(inner)
                self.scopes = scopes
            else:
                self.visit(inner)
        self.scopes = outer

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Check what it gives; its parameters hide names outside."""
        for each in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(each)
        self._inside(argument_names(node.args), [node.body])

    def visit_ListComp(self, node: ast.ListComp) -> None:
        """Check with its own names hidden."""
        self._comprehension(node.generators, [node.elt])

    def visit_SetComp(self, node: ast.SetComp) -> None:
        """Check with its own names hidden."""
        self._comprehension(node.generators, [node.elt])

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        """Check with its own names hidden."""
        self._comprehension(node.generators, [node.elt])

    def visit_DictComp(self, node: ast.DictComp) -> None:
        """Check with its own names hidden."""
        self._comprehension(node.generators, [node.key, node.value])

    def visit_Try(self, node: ast.Try) -> None:
        """Let pass what the script itself is ready for."""
        caught = frozenset(
            _GUARDS[name]
            for handler in node.handlers
            for name in caught_names(handler)
            if name in _GUARDS
        )
        self.guards.append(caught)
        for each in node.body:
            self.visit(each)
        self.guards.pop()
        for handler in node.handlers:
            self.visit(handler)
        for each in [*node.orelse, *node.finalbody]:
            self.visit(each)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Remember what a name stands for."""
        value = self.value(node.value)
        for target in node.targets:
            self.visit(target)
            if isinstance(target, ast.Name):
                self.bind(target.id, value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Remember what a name is said to be."""
        value = self.value(node.value) if node.value is not None else None
        if isinstance(node.target, ast.Name):
            self.bind(node.target.id, self.instance(node.annotation) or value)

    def visit_With(self, node: ast.With) -> None:
        """Remember what a context gives, where it is itself."""
        self._with(node.items, node.body, "__enter__")

    def visit_AsyncWith(self, node: ast.AsyncWith) -> None:
        """Remember what a context gives, where it is itself."""
        self._with(node.items, node.body, "__aenter__")

    def _with(self, items: list[ast.withitem], body: list[ast.stmt], method: str) -> None:
        for item in items:
            value = self.value(item.context_expr)
            if item.optional_vars is None:
                continue
            self.visit(item.optional_vars)
            if isinstance(item.optional_vars, ast.Name) and value is not None and value.is_made:
                enter = self.index.member(value.symbol, method)
                gives = enter.type if isinstance(enter, Symbol) else ""
                is_itself = gives.rpartition(".")[2] == "Self" or gives == value.symbol.name
                self.bind(item.optional_vars.id, value if is_itself else self.typed(gives))
        for each in body:
            self.visit(each)

    def _function(self, node: Function) -> None:
        defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        for each in [*node.decorator_list, *defaults]:
            self.visit(each)
        self._later.append((node, list(self.scopes)))

    def _parameters(self, node: Function) -> Names:
        scope: Names = open_scope(node.body, argument_names(node.args))
        for each in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            if each.annotation is not None:
                scope.bind(each.arg, self.instance(each.annotation))
        return scope

    def _comprehension(self, generators: list[ast.comprehension], given: list[ast.expr]) -> None:
        for each in generators:
            self.visit(each.iter)
        names = {
            node.id
            for each in generators
            for node in ast.walk(each.target)
            if isinstance(node, ast.Name)
        }
        self._inside(names, [*(test for each in generators for test in each.ifs), *given])

    def _inside(self, names: Iterable[str], nodes: list[ast.expr]) -> None:
        self.scopes.append(Scope(dict.fromkeys(names)))
        for node in nodes:
            self.visit(node)
        self.scopes.pop()

    def _has_module(self, name: str, node: ast.stmt) -> bool:
        where = (node.lineno, node.col_offset)
        top = name.partition(".")[0]
        if top not in self.index.tops:
            near = nearest(top, self.index.tops)
            is_known = (
                top in sys.stdlib_module_names or near is None or abs(len(near) - len(top)) > 2
            )
            if is_known:
                if top not in sys.stdlib_module_names:
                    self.outside.add(top)
                return False
            text = f"there is no module `{name}`"
            self.report(where, "no-module", name, text, near or "", guard="import")
            return False
        self.checked += 1
        if self.index.has_module(name):
            return True
        parts = name.split(".")
        depth = next(
            end for end in range(1, len(parts) + 1)
            if not self.index.has_module(".".join(parts[:end]))
        )  # fmt: skip
        wanted = ".".join(parts[:depth])
        near = nearest(wanted, self.index.modules_beside(wanted)) or ""
        text = f"there is no module `{wanted}`"
        self.report(where, "no-module", name, text, near, guard="import")
        return False
