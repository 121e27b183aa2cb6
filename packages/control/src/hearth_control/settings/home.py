"""Which folder is the home, and what the installation in it is called on this machine.

Imports nothing of Hearth: verbs that only look need no more of the settings than this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

HOME_KEY = "HEARTH_HOME"
_DEFAULT_HOME = ".hearth"


def find_home(flag: str | Path | None, environment: Mapping[str, str]) -> Path:
    """Say which folder is the home: the flag, else `HEARTH_HOME`, else `~/.hearth`; absolute."""
    named = str(flag) if flag else environment.get(HOME_KEY, "")
    if named:
        return Path(named).expanduser().absolute()
    return default_home(environment)


def default_home(environment: Mapping[str, str]) -> Path:
    """Give the home of a person who named none."""
    user = environment.get("HOME")
    return (Path(user) if user else Path.home()) / _DEFAULT_HOME


def project_name(home: Path, environment: Mapping[str, str]) -> str:
    """Name an installation on this machine: `hearth`, or with six digits of another home's path."""
    resolved = home.resolve()
    if resolved == default_home(environment).resolve():
        return "hearth"
    digest = hashlib.sha256(str(resolved).encode("utf-8", "surrogateescape")).hexdigest()
    return f"hearth-{digest[:6]}"
