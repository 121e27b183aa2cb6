"""Leaving: a compose project that needs no Hearth."""

from __future__ import annotations

from hearth_kit.errors import ConflictError


class FolderNotEmptyError(ConflictError):
    """The folder to write into holds something already."""

    code = "folder-not-empty"
