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
    for name, path in sorted(_files(root, paths)):
        found.update(f"{name}\0".encode("utf-8", "surrogateescape"))
        found.update(path.read_bytes() if path.is_file() else b"")
        found.update(b"\0")
    return found.hexdigest()


def _files(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, Path]]:
    for path in paths:
        if not (root / path).is_dir():
            yield path, root / path
            continue
        for folder, folders, names in os.walk(root / path):
            folders[:] = [name for name in folders if name not in _LEFT_OUT]
            for name in names:
                if name not in _LEFT_OUT and not name.endswith(".pyc"):
                    file = Path(folder, name)
                    yield str(file.relative_to(root)), file
