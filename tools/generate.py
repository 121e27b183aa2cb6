"""Write the files that are made from the code: schemas and reference pages.

`--check` writes nothing and exits 1 when a committed file is not what the code makes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """One file, and the module that prints it."""

    path: str
    module: str
    arguments: tuple[str, ...] = ()

    def text(self) -> str:
        """Run the module and return what it prints."""
        done = subprocess.run(
            (sys.executable, "-m", self.module, *self.arguments),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            sys.exit(f"error: {self.path}: `{self.module}` failed\n{done.stderr}")
        return done.stdout


GENERATED = (
    Generated(path="docs/reference/cli.md", module="hearth_control.cli.reference"),
    Generated(path="catalog/service.schema.json", module="hearth_control.catalog.schema"),
    Generated(path="docs/reference/services.md", module="hearth_control.catalog.reference"),
    Generated(path="docs/reference/settings.md", module="hearth_control.settings.reference"),
    Generated(
        path="docs/reference/tools.md", module="hearth_server", arguments=("tools", "--page")
    ),
    Generated(path="packages/server/openapi.json", module="hearth_server", arguments=("openapi",)),
    Generated(path="packages/server/mcp-tools.json", module="hearth_server", arguments=("tools",)),
)


def main() -> int:
    """Write every file, or tell which are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")
    is_check = parser.parse_args().check
    stale = [generated for generated in GENERATED if _is_stale(generated, write=not is_check)]
    for generated in stale:
        print(f"{'stale' if is_check else 'wrote'}: {generated.path}")
    if is_check and stale:
        print("\nhint: make generate", file=sys.stderr)
    return 1 if is_check and stale else 0


def _is_stale(generated: Generated, *, write: bool) -> bool:
    file, text = ROOT / generated.path, generated.text()
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    if write:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
