"""What there is to back up, as the runner reads it, out of the plan.

`listing.json`: `{"format": 1, "project", "engine", "databases": bool, "volumes": [{"service",
"name", "recipe", "path"}]}`. It lies in a folder that is mounted whole.
"""

from __future__ import annotations

import json

from hearth_control.plan.backups import RUNNER
from hearth_control.plan.model import Plan
from hearth_control.render.names import CONFIGS

FORMAT = 1
_FILE = f"{CONFIGS}/{RUNNER}/listing/listing.json"


def backup_files(plan: Plan) -> dict[str, str]:
    """Give the listing by path, none where no runner is."""
    if not any(unit.service == RUNNER for unit in plan.units):
        return {}
    document = {
        "format": FORMAT,
        "project": plan.project,
        "engine": plan.engine.value,
        "databases": plan.backups.databases,
        "volumes": [
            {"service": one.service, "name": one.volume, "recipe": one.recipe, "path": one.path}
            for one in plan.backups.volumes
        ],
    }
    return {_FILE: json.dumps(document, indent=1, ensure_ascii=False) + "\n"}
