"""Writing files so that a crash, a full disk or a second writer never leaves half of one."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_atomic(path: Path, content: str | bytes, *, mode: int = 0o644) -> None:
    """Write a whole file under a temporary name, sync it, rename it over the old one.

    The parent folder must exist. The mode holds from the first byte on, so a secret is never
    readable for a moment. On any failure the old file is untouched and nothing is left behind.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    # Most runs write nothing, and this brings a good part of the standard library in.
    import tempfile

    data = content.encode() if isinstance(content, str) else content
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def make_private(folder: Path) -> None:
    """Create a folder that only its owner may enter (0700), and its parents as they are usual."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
