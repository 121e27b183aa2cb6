"""Checkouts of their own for tests of the set-up: copies of what the repository holds."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
CATALOG = REPOSITORY / "catalog"
_FILES = ("hearth", "requirements.lock", "pyproject.toml", "tools/bootstrap.sh")
_IGNORED = shutil.ignore_patterns("__pycache__", "tests")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a run of `./hearth` ended."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """One copy of the repository."""

    root: Path

    @property
    def script(self) -> Path:
        """The command in it."""
        return self.root / "hearth"

    @property
    def stamp(self) -> Path:
        """What says that the environment is whole."""
        return self.root / ".venv" / ".hearth-stamp"

    def run(
        self,
        *prefix: str,
        program: Path | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        **environment: str,
    ) -> Done:
        """Run `hearth version`; a prefix such as `unshare -n` goes before it."""
        done = subprocess.run(
            (*prefix, str(program or self.script), "version"),
            cwd=cwd or self.root,
            env=environment_with(environment),
            user=user,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return Done(code=done.returncode, stdout=done.stdout, stderr=done.stderr)


def make_checkout(root: Path) -> Checkout:
    """Copy what a clone would have, without what a set-up makes."""
    for name in _FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, root / name)
    for member in sorted((REPOSITORY / "packages").iterdir()):
        if (member / "pyproject.toml").exists():
            shutil.copytree(member, root / "packages" / member.name, ignore=_IGNORED)
    shutil.copytree(REPOSITORY / "catalog", root / "catalog")
    return Checkout(root=root)


def environment_with(extra: dict[str, str]) -> dict[str, str]:
    """Take this process's environment, less what a venv or a test run put into it."""
    dropped = {"VIRTUAL_ENV", "PYTHONPATH", "HEARTH_PYTHON", "HEARTH_HOME"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, **extra}
