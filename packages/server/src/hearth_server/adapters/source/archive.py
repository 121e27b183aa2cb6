"""The files of an archive, read where they are: nothing is unpacked, no path of it is followed.

Source: PKWARE APPNOTE 6.3 for ZIP, POSIX.1-2001 `pax` for tar; what is refused are names that
lead out of the archive, and what unpacks to more than is allowed.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MAX_FILES: Final = 50_000
MAX_UNPACKED: Final = 1024 * 1024 * 1024
MAX_SOURCE: Final = 2 * 1024 * 1024
"""Largest file of code that is read."""
_CODE: Final = (".py", ".pyi")
_BROKEN: Final = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, OSError,
    ValueError, NotImplementedError, RuntimeError,
)  # fmt: skip


class ArchiveError(Exception):
    """The archive cannot be taken; the text says why, after the archive's name."""


def files_of(path: Path) -> Iterator[tuple[str, bytes | None]]:
    """Give each file's name and, where it is code that is not too large, its bytes.

    Raises:
        ArchiveError: it is broken, locked, too large, or has a name that leads out of it.
    """
    with path.open("rb") as file:
        head = file.read(4)
    try:
        yield from (_of_zip(path) if head == b"PK\x03\x04" else _of_tar(path, head))
    except _BROKEN as error:
        raise ArchiveError("is no ZIP or tar archive that can be read") from error


def _of_zip(path: Path) -> Iterator[tuple[str, bytes | None]]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_FILES or sum(each.file_size for each in entries) > MAX_UNPACKED:
            raise ArchiveError("unpacks to more than is allowed")
        if any(each.flag_bits & 1 for each in entries):
            raise ArchiveError("is protected by a password")
        for each in entries:
            name = _checked(each.filename)
            # The upper half of the attributes is a Unix mode; 0o120000 marks a link.
            is_link = (each.external_attr >> 16) & 0o170000 == 0o120000
            if each.is_dir() or is_link:
                continue
            is_read = name.endswith(_CODE) and each.file_size <= MAX_SOURCE
            yield name, archive.read(each) if is_read else None


def _of_tar(path: Path, head: bytes) -> Iterator[tuple[str, bytes | None]]:
    with path.open("rb") as raw:
        is_packed = head[:2] == b"\x1f\x8b"
        metered = io.BufferedReader(_Metered(gzip.GzipFile(fileobj=raw) if is_packed else raw))
        count = 0
        with tarfile.open(fileobj=metered, mode="r|") as archive:
            for each in archive:
                count += 1
                if count > MAX_FILES:
                    raise ArchiveError("has more files than are allowed")
                name = _checked(each.name)
                if not each.isreg():
                    continue
                is_read = name.endswith(_CODE) and each.size <= MAX_SOURCE
                file = archive.extractfile(each) if is_read else None
                yield name, file.read() if file is not None else None


class _Metered(io.RawIOBase):
    """Passes bytes on until there are more than are allowed."""

    def __init__(self, source: gzip.GzipFile | io.BufferedReader) -> None:
        self._source = source
        self._size = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what io hands in
        """Read the next bytes."""
        data = self._source.read(len(buffer))
        self._size += len(data)
        if self._size > MAX_UNPACKED:
            raise ArchiveError("unpacks to more than is allowed")
        buffer[: len(data)] = data
        return len(data)


def _checked(name: str) -> str:
    plain = name.removeprefix("./")
    parts = plain.replace("\\", "/").split("/")
    if plain.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\x00" in plain:
        raise ArchiveError("has a file whose name leads out of it")
    return plain
