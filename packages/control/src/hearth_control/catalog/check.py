"""`python -m hearth_control.catalog.check [FOLDER] [--json]`: hold a catalog to its rules.

Exit code 0 when nothing was found, 1 with the findings, a line each.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from hearth_kit.errors import HearthError

from hearth_control.catalog.errors import CatalogError
from hearth_control.catalog.load import find_catalog_root, load_catalog
from hearth_control.catalog.rules import check


def find_faults(root: Path) -> tuple[str, ...]:
    """Read a catalog without any cache and say everything that is wrong with it.

    Raises:
        CatalogMissingError, CatalogUnreadableError: there is nothing to check.
    """
    try:
        catalog = load_catalog(root, extra=None, cache=None)
    except CatalogError as error:
        return tuple(str(finding) for finding in error.findings)
    return tuple(str(finding) for finding in check(catalog))


def main(arguments: Sequence[str]) -> int:
    """Check one catalog and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m hearth_control.catalog.check")
    parser.add_argument("folder", nargs="?", type=Path, help="the catalog (this checkout's)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args(arguments)
    try:
        faults = find_faults(given.folder or find_catalog_root())
    except HearthError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if given.json:
        sys.stdout.write(json.dumps({"findings": list(faults)}, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
