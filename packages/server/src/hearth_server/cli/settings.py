"""`hearth-server settings`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from hearth_server.settings.model import reference
from hearth_server.settings.parse import REQUIRED


def run(arguments: Sequence[str]) -> int:
    """Print every setting with its meaning."""
    parser = argparse.ArgumentParser(
        prog="hearth-server settings",
        description="List every setting. Each may be given as NAME or as NAME_FILE, which names "
        "a file that holds the value.",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    options = parser.parse_args(arguments)
    rows = [
        {"key": row.key, "doc": row.doc, "unit": row.unit, "required": row.key in REQUIRED}
        for row in reference()
    ]
    if options.json:
        print(json.dumps(rows, indent=2))
        return 0
    width = max(len(row.key) for row in reference())
    for row in reference():
        unit = f" ({row.unit})" if row.unit else ""
        needed = " [required]" if row.key in REQUIRED else ""
        print(f"{row.key:<{width}}  {row.doc}{unit}{needed}")
    return 0
