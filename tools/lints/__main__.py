"""Our own lints: rules that were said twice in review. `python tools/lints` runs them all.

A line is excused by `# lint: NAME REASON`. Exit 1 when something was found.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import environment
import errors
import inits
import markers
import names
import reads
import reveal
from finding import Finding, Module

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("packages", "tests")
LINTS = (environment, errors, inits, markers, names, reads, reveal)


def modules() -> Iterator[Module]:
    """Read every Python file of ours, in order of path."""
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield Module(path=file.relative_to(ROOT), text=file.read_text(encoding="utf-8"))


def findings() -> Iterator[Finding]:
    """Run every lint over every file."""
    for module in modules():
        for lint in LINTS:
            for finding in lint.check(module):
                if not module.is_excused(finding.line, finding.lint):
                    yield finding
    for file in sorted(ROOT.glob("packages/*/src/**/adapters/**/*.sql")):
        if "migrations" not in file.parts:
            yield from reads.check_queries(file.relative_to(ROOT), file.read_text(encoding="utf-8"))


def main() -> int:
    """Print what was found, a line each."""
    found = list(findings())
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
