"""`errors`: an error's code is kebab-case and its own; its text is a phrase without a final period.

Keeps out: two errors of one deployable under one code, and a script that retries the wrong one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from finding import Finding, Module

NAME = "errors"
_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_seen: dict[str, str] = {}


def check(module: Module) -> Iterator[Finding]:
    """Find malformed and repeated codes, and raised texts that end with a period."""
    if not module.is_source:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
            yield from _check_code(module, node)
        elif isinstance(node, ast.Raise) and _ends_with_period(node):
            yield _finding(module, node.lineno, "the text of an error has no final period")


def _check_code(module: Module, cls: ast.ClassDef) -> Iterator[Finding]:
    for node in cls.body:
        code = _code_of(node)
        if code is None:
            continue
        if not _KEBAB.fullmatch(code):
            yield _finding(module, node.lineno, f"the code `{code}` is not kebab-case")
        member, here = module.path.parts[1], f"{module.path}:{cls.name}"
        owner = _seen.setdefault(f"{member} {code}", here)
        if owner != here:
            yield _finding(module, node.lineno, f"the code `{code}` is also that of {owner}")


def _code_of(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Assign):
        target, value = node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        target, value = node.target, node.value
    else:
        return None
    is_code = getattr(target, "id", "") == "code" and isinstance(value, ast.Constant)
    return str(value.value) if is_code and isinstance(value, ast.Constant) else None


def _ends_with_period(node: ast.Raise) -> bool:
    call = node.exc
    if not isinstance(call, ast.Call) or not call.args:
        return False
    text: ast.expr = call.args[0]
    if isinstance(text, ast.JoinedStr) and text.values:
        text = text.values[-1]
    return isinstance(text, ast.Constant) and str(text.value).rstrip().endswith(".")


def _finding(module: Module, line: int, text: str) -> Finding:
    return Finding(path=module.path, line=line, lint=NAME, text=text)
