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
    """Find `os.environ` and `os.getenv` outside settings and wiring."""
    if not module.is_source or module.path.name in _ALLOWED_FILES:
        return
    if _ALLOWED_FOLDERS & set(module.path.parts):
        return
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in {"environ", "getenv", "environb"}
            and isinstance(node.value, ast.Name)
            and node.value.id == "os"
        ):
            text = "the environment is read outside settings; take the value as a parameter"
            yield Finding(path=module.path, line=node.lineno, lint=NAME, text=text)
