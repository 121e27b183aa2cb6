"""Errors of the catalog.

InvalidError
└── CatalogError            a file of the catalog is wrong; it carries every finding
NotFoundError
└── CatalogMissingError     there is no catalog where one was looked for
UnavailableError
└── CatalogUnreadableError  a file or folder of the catalog cannot be read
"""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from hearth_kit.errors import InvalidError, NotFoundError, UnavailableError

from hearth_control.catalog.findings import Finding


class CatalogError(InvalidError):
    """A file of the catalog is wrong."""

    code = "catalog-invalid"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        first = str(self.findings[0])
        others = len(self.findings) - 1
        more = f" (and {others} more)" if others else ""
        super().__init__(
            first + more,
            hint=_where_to_mend(self.findings[0]),
            details={"findings": [str(finding) for finding in self.findings]},
        )


def _where_to_mend(finding: Finding) -> str:
    """Open a person's own file at its line; the checkout's catalog has a check of its own."""
    if not finding.path.startswith("/"):
        return "python -m hearth_control.catalog.check"
    line = f"+{finding.line} " if finding.line else ""
    return f"${{EDITOR:-vi}} {line}{quote(finding.path)}"


class CatalogMissingError(NotFoundError):
    """There is no catalog here."""

    code = "catalog-missing"


class CatalogUnreadableError(UnavailableError):
    """The catalog cannot be read."""

    code = "catalog-unreadable"
