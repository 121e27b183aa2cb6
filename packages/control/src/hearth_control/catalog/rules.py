"""What holds over the whole catalog."""

from __future__ import annotations

from hearth_control.catalog.findings import Finding
from hearth_control.catalog.model import Catalog


def check_structure(catalog: Catalog) -> tuple[Finding, ...]:
    """Check what planning relies on."""
    return ()
