"""What can be wrong with the server's settings.

InvalidError
└── SettingsError   one or more settings are missing, unknown or malformed
"""

from __future__ import annotations

from hearth_kit.errors import InvalidError


class SettingsError(InvalidError):
    """The settings are not valid."""

    code = "settings-invalid"
