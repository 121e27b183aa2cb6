"""`reveal`: no secret's value reaches an error, a log, a printed line, a plan or a rendered file.

Keeps out: passwords in what people paste into a bug report. Text is made from references; the value
is not at hand where text is made.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from finding import Finding, Module

NAME = "reveal"
_TEXT_MAKERS = {"plan", "render", "pages", "settings"}
_PRINTERS = {"print", "echo", "secho", "debug", "info", "warning", "error", "exception", "note"}


def check(module: Module) -> Iterator[Finding]:
    """Find `.reveal()` in modules that make text, and inside `raise` and calls that print."""
    if not module.is_source:
        return
    everywhere = bool(_TEXT_MAKERS & set(module.path.parts))
    for node in ast.walk(module.tree):
        if everywhere and _is_reveal(node):
            yield _finding(module, node, "a secret is revealed in a module that makes text")
        elif isinstance(node, ast.Raise) and (inner := _reveal_within(node)):
            yield _finding(module, inner, "a secret is revealed in an error")
        elif isinstance(node, ast.Call) and _prints(node) and (inner := _reveal_within(node)):
            yield _finding(module, inner, "a secret is revealed in a printed line")


def _is_reveal(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "reveal"
    )


def _reveal_within(node: ast.AST) -> ast.AST | None:
    return next((inner for inner in ast.walk(node) if _is_reveal(inner)), None)


def _prints(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in _PRINTERS


def _finding(module: Module, node: ast.AST, text: str) -> Finding:
    return Finding(path=module.path, line=getattr(node, "lineno", 0), lint=NAME, text=text)
