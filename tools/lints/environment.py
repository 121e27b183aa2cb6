"""`environment`: only settings and the wiring read the environment.

Keeps out: a variable read deep in a module has no source to show in `settings explain`,
and a test that sets one leaks into the next.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from finding import Finding, Module

NAME = "environment"
_ALLOWED_FOLDERS = {"settings", "testing"}
_ALLOWED_FILES = {"main.py", "__main__.py", "settings.py"}


def check(module: Module) -> Iterator[Finding]:
    """Find `os.environ` and `os.getenv` outside settings and wiring, but as a default."""
    if not module.is_source or module.path.name in _ALLOWED_FILES:
        return
    if _ALLOWED_FOLDERS & set(module.path.parts):
        return
    defaults = {id(inner) for node in ast.walk(module.tree) for inner in _default_of(node)}
    for node in ast.walk(module.tree):
        if _is_environment(node) and id(node) not in defaults:
            text = "the environment is read outside settings; take the value as a parameter"
            line = getattr(node, "lineno", 0)
            yield Finding(path=module.path, line=line, lint=NAME, text=text)


def _is_environment(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv", "environb"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    )


def _default_of(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what stands in for a parameter that was not given: `os.environ if x is None else x`."""
    if isinstance(node, ast.IfExp) or (
        isinstance(node, ast.keyword) and node.arg == "default_factory"
    ):
        yield from ast.walk(node)
