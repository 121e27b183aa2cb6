"""`markers`: every test module says which level it is.

Keeps out: a test that no `make` target selects, and a slow one that every target runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from finding import Finding, Module

NAME = "markers"


def check(module: Module) -> Iterator[Finding]:
    """Find test modules without `pytestmark`."""
    if not module.is_test or not module.path.name.startswith("test_"):
        return
    names = {
        getattr(target, "id", "")
        for node in module.tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
    }
    if "pytestmark" not in names:
        text = "the module carries no `pytestmark = pytest.mark.LEVEL`"
        yield Finding(path=module.path, line=0, lint=NAME, text=text)
