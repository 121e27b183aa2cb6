"""The folder `mounted/`: files with secrets that containers read, and nothing else.

Compose mounts a file as it is on the host, whoever owns it, and containers read it under users of
their own. So the files may be read by all (0444) and the folder is closed to all but its owner
(0700): the way to them on the host is shut, while a mount needs no way.
Source: https://docs.docker.com/reference/compose-file/services/#secrets (uid, gid and mode do
nothing where the source is a file).
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from hearth_kit.files import make_private, write_atomic

from hearth_control.engine.compose.rendered import refusal

OPEN = 0o444
CLOSED = 0o700


def write_mounted(folder: Path, contents: Mapping[str, str]) -> None:
    """Make the folder hold exactly these files; those that are as they should be stay untouched.

    A running container keeps the file that it was started with.

    Raises:
        RenderedNotWrittenError: the disk is full or the folder cannot be written.
    """
    if not contents and not folder.exists():
        return
    try:
        make_private(folder)
        folder.chmod(CLOSED)
        for name, text in contents.items():
            _write(folder / name, text.encode())
        for path in folder.iterdir():
            if path.name not in contents:
                _remove(path)
    except OSError as error:
        raise refusal(folder, error) from error


def remove_mounted(folder: Path) -> None:
    """Remove the folder, once nothing runs that reads it."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _write(path: Path, data: bytes) -> None:
    if path.is_dir() and not path.is_symlink():
        # Docker makes an empty folder of a file that was missing when a container started.
        path.rmdir()
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == data and path.stat().st_mode & 0o777 == OPEN:
            return
    write_atomic(path, data, mode=OPEN)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()
