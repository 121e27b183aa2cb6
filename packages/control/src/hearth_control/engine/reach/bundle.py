"""The asking modules as one program for a Python elsewhere, and its answer read.

What is asked goes through the environment: it may hold a password, and a command line is shown to
every user of the machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from hearth_control.engine.reach.said import Request, Said

MODULES: Final = ("said", "http", "redis", "postgres", "s3", "ask")
VARIABLE: Final = "HEARTH_ASK"

# A module that is in `sys.modules` is imported without its packages.
PROGRAM: Final = """\
import json, os, sys, types
job = json.loads(os.environ["HEARTH_ASK"])
for name, text in job["modules"]:
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
said, ask = sys.modules[job["said"]], sys.modules[job["ask"]]
print(json.dumps([list(ask.ask(said.Request(*one))) for one in job["requests"]]))
"""


def bundle(requests: Sequence[Request]) -> Mapping[str, str]:
    """Give the environment that `PROGRAM` runs under."""
    folder, package = Path(__file__).parent, __name__.rpartition(".")[0]
    job = {
        "modules": [
            (f"{package}.{name}", (folder / f"{name}.py").read_text(encoding="utf-8"))
            for name in MODULES
        ],
        "said": f"{package}.said",
        "ask": f"{package}.ask",
        "requests": [list(one) for one in requests],
    }
    return {VARIABLE: json.dumps(job)}


def read_said(text: str, count: int) -> tuple[Said, ...] | None:
    """Read what `PROGRAM` printed; None where it is not that."""
    try:
        rows = json.loads(text.strip().splitlines()[-1])
        said = tuple(Said(*(str(part) for part in row)) for row in rows)
    except (ValueError, IndexError, TypeError):
        return None
    return said if isinstance(rows, list) and len(said) == count else None
