"""`inits`: `__init__.py` holds a docstring and at most re-exports, so importing does no work.

Keeps out: a `hearth --help` that pays for every engine, because their package imports them all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from finding import Finding, Module

NAME = "inits"


def check(module: Module) -> Iterator[Finding]:
    """Find statements other than docstring, imports and `__all__`."""
    if not module.is_source or module.path.name != "__init__.py":
        return
    if ast.get_docstring(module.tree) is None:
        yield _finding(module, 1, "the package has no docstring")
    for node in module.tree.body:
        if not _may_stand(node):
            yield _finding(module, node.lineno, "only a docstring and re-exports belong here")


def _may_stand(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign):
        return [getattr(target, "id", "") for target in node.targets] == ["__all__"]
    return isinstance(node, ast.Import | ast.ImportFrom)


def _finding(module: Module, line: int, text: str) -> Finding:
    return Finding(path=module.path, line=line, lint=NAME, text=text)
