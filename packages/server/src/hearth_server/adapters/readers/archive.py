"""Formats that are ZIP archives: what is in one, and refusing one that would unpack to too much.

Everything here reads the archive's table of contents alone; nothing is unpacked.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from hearth_server.adapters.readers.parts import ReadError

ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How old Office files begin, and new ones under a password (MS-CFB section 2.2)."""

_MAX_UNPACKED: Final = 512 * 1024 * 1024
_MAX_RATIO: Final = 200
_MAX_PARTS: Final = 10_000
_SUSPICIOUS: Final = 16 * 1024 * 1024
_MARKS: Final = (
    ("word/document.xml", "docx"),
    ("ppt/presentation.xml", "pptx"),
    ("xl/workbook.xml", "xlsx"),
    ("META-INF/container.xml", "epub"),
)


def format_of(path: Path) -> str:
    """Tell which format an archive is by what is in it; empty where it is none of ours."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ""
    return next((form for name, form in _MARKS if name in names), "")


def inspect(path: Path, what: str) -> None:
    """Refuse an archive that is broken, locked, or would unpack to far more than it is.

    Raises:
        ReadError: with `what` it should have been, such as "a Word document".
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ReadError("unreadable", f"is not {what} that can be read") from error
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if any(entry.flag_bits & 1 for entry in entries):
        raise ReadError("encrypted", "is protected by a password")
    if unpacked > _MAX_UNPACKED or len(entries) > _MAX_PARTS:
        raise ReadError("too-large", "unpacks to more than is allowed")
    if unpacked > _SUSPICIOUS and unpacked / packed > _MAX_RATIO:
        raise ReadError("too-large", "unpacks to suspiciously more than it is")
