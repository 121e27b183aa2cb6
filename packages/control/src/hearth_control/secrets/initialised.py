"""Which value of which secret each volume was made with, by fingerprint.

Kept in `secrets/.initialised.json`, beside the salt that the fingerprints stand on: whoever brings
the secrets back from a copy brings both. A label on the volume could not be changed after the
store has taken a new password, and would be wrong from then on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from hearth_kit.files import make_private, write_atomic

from hearth_control.secrets.store import FOLDER, opened

FILE = ".initialised.json"
Record = Mapping[str, Mapping[str, str]]
"""Volume → secret's key → fingerprint. Volumes are named as in the catalog."""


def load_record(home: Path) -> dict[str, dict[str, str]]:
    """Read the record; without a readable one nothing is known of any volume."""
    try:
        found = json.loads((home / FOLDER / FILE).read_bytes())
        return {
            str(volume): {str(key): str(mark) for key, mark in marks.items()}
            for volume, marks in found["volumes"].items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def save_record(home: Path, record: Record) -> None:
    """Write the record; what did not change is not written."""
    if record == load_record(home):
        return
    folder = home / FOLDER
    text = json.dumps({"format": 1, "volumes": record}, indent=1, sort_keys=True)
    with opened(folder):
        make_private(folder)
        write_atomic(folder / FILE, text + "\n", mode=0o600)
