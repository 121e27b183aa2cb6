"""Reading the code that services of ours are made of."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_LEFT_OUT: Final = frozenset({"__pycache__", ".DS_Store"})


def digest_code(root: Path, paths: Iterable[str]) -> str:
    """Digest the names and contents of files and folders below a checkout, whatever their order.

    What Python compiles beside the code does not count; a path that is not there counts as such.
    """
    found = hashlib.sha256()
    for name in sorted(_files(str(root), paths)):
        found.update(f"{name}\0".encode("utf-8", "surrogateescape"))
        found.update(_content(f"{root}/{name}"))
        found.update(b"\0")
    return found.hexdigest()


# Hundreds of files are read before every plan: names stay text, as making paths of them took
# twice as long as reading what they name.
def _files(root: str, paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if not os.path.isdir(f"{root}/{path}"):  # noqa: PTH112  # see above
            yield path
        else:
            yield from _files_below(root, path.rstrip("/"))


def _files_below(root: str, folder: str) -> Iterator[str]:
    with os.scandir(f"{root}/{folder}") as entries:
        for entry in entries:
            if entry.name in _LEFT_OUT:
                continue
            name = f"{folder}/{entry.name}"
            if entry.is_dir():
                if not entry.is_symlink():
                    yield from _files_below(root, name)
            elif not entry.name.endswith(".pyc"):
                yield name


def _content(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # see above
            return file.read()
    except (FileNotFoundError, IsADirectoryError):
        return b""
