"""The parsed catalog as one JSON file, so that most runs parse no YAML.

Best effort both ways: a cache that is missing, stale, damaged or cannot be written costs time and
nothing else.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from hearth_kit.files import write_atomic

from hearth_control.catalog.model import Catalog
from hearth_control.catalog.plain import catalog_from_plain, to_plain


def find_cached(path: Path, fingerprint: str) -> Catalog | None:
    """Read the catalog back, or None where the cache does not hold this one."""
    try:
        stored = json.loads(path.read_bytes())
        if stored["fingerprint"] != fingerprint:
            return None
        return catalog_from_plain(stored["catalog"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        import logging

        logging.getLogger(__name__).debug("catalog cache %s is not used: %s", path, error)
        return None


def try_write(path: Path, fingerprint: str, catalog: Catalog) -> None:
    """Keep the catalog for the next run; a full disk or a read-only home is no error.

    Makes the folder that holds it, but none above that.
    """
    text = json.dumps(
        {"fingerprint": fingerprint, "catalog": to_plain(catalog)}, separators=(",", ":")
    )
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomic(path, text, mode=0o600)
