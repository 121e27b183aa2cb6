"""Errors of settings.

InvalidError
├── SettingsError             a setting is wrong or unknown; it carries every finding
└── UnwritableValueError      a value that a line of `.env` cannot hold
NotFoundError
└── UnknownSettingError       a setting was asked for by a name that is none
UnavailableError
└── SettingsUnreadableError   `.env` or the home cannot be read
"""

from __future__ import annotations

from collections.abc import Sequence

from hearth_kit.errors import InvalidError, NotFoundError, UnavailableError

from hearth_control.catalog.findings import Finding


class SettingsError(InvalidError):
    """A setting is wrong."""

    code = "settings-invalid"

    def __init__(self, findings: Sequence[Finding], *, hint: str | None = None) -> None:
        self.findings = tuple(findings)
        first = str(self.findings[0])
        others = len(self.findings) - 1
        super().__init__(
            first + (f" (and {others} more)" if others else ""),
            hint=hint or "hearth settings",
            details={"findings": [str(finding) for finding in self.findings]},
        )


class UnwritableValueError(InvalidError):
    """The value cannot stand in `.env`."""

    code = "settings-unwritable"


class UnknownSettingError(NotFoundError):
    """There is no such setting."""

    code = "setting-unknown"


class SettingsUnreadableError(UnavailableError):
    """The settings cannot be read."""

    code = "settings-unreadable"
