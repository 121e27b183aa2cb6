"""Lines of text that programs and files say objects in."""

from __future__ import annotations

import json
from typing import Any


def read_object(line: str) -> dict[str, Any] | None:
    """Read the JSON object of a line; None where it holds another thing, or is cut off."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
