"""What every lint takes and gives."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Module:
    """One Python file of the repository, read and parsed once."""

    path: Path
    """Relative to the repository."""
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text, filename=str(self.path))

    @property
    def is_test(self) -> bool:
        """Whether the file belongs to tests."""
        return "tests" in self.path.parts

    @property
    def is_source(self) -> bool:
        """Whether the file is part of a member as it is installed."""
        return self.path.parts[0] == "packages" and "src" in self.path.parts

    def is_excused(self, line: int, lint: str) -> bool:
        """Tell whether a line carries `# lint: NAME REASON`, reason included."""
        text = self.text.splitlines()[line - 1] if line else ""
        _, mark, rest = text.partition(f"# lint: {lint} ")
        return bool(mark and rest.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place that breaks a rule; `line` 0 means the whole file."""

    path: Path
    line: int
    lint: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text} [{self.lint}]"
