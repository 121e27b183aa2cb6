"""Where the value of a secret may turn up, and whether it does."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from journey import Installation

VERBS = (("plan",), ("plan", "--json"), ("status", "--json"), ("secrets", "list"))


def secret_values(home: Path) -> dict[str, str]:
    """Read every secret of an installation."""
    files = (path for path in (home / "secrets").iterdir() if path.is_file())
    return {path.name: path.read_text() for path in files if not path.name.startswith(".")}


def forms(value: str) -> set[str]:
    """Give a value as it may be written: bare, in JSON, in an address, in base64."""
    plain = base64.b64encode(value.encode()).decode().rstrip("=")
    return {value, json.dumps(value, ensure_ascii=False)[1:-1], quote(value, safe=""), plain}


def held(values: Mapping[str, str], text: str) -> set[str]:
    """Name the secrets whose value, in any form, is in a text."""
    return {key for key, value in values.items() if any(form in text for form in forms(value))}


def public_places(
    installation: Installation, said: str, containers: Iterable[str]
) -> dict[str, str]:
    """Gather every text in which no secret may be, by where it is.

    That is each file of the home but those that hold secrets by design, what verbs say, what
    `up` said, what containers logged, and the command lines of every process of this machine.
    """
    home = installation.home
    private = {home / "secrets", home / "mounted", home / "rendered" / "secrets.env"}
    files = [
        path for path in home.rglob("*") if path.is_file() and not private & {path, *path.parents}
    ]
    places = {str(path.relative_to(home)): path.read_text(errors="replace") for path in files}
    for verb in VERBS:
        places[" ".join(verb)] = installation.must(*verb)
    for container in containers:
        argv = ("docker", "logs", container)
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        places[f"log of {container}"] = done.stdout + done.stderr
    places["up"] = said
    places["command lines"] = command_lines()
    return places


def command_lines() -> str:
    """Give the command line of every process of this machine."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return "\n".join(lines)
