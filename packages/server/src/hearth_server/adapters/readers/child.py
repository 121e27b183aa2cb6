"""The process that reads one file: `python -m hearth_server.adapters.readers.child`.

Takes the file, its kind and the limits as arguments; gives one JSON object a line on standard
output: `{"blocks": [[kind, level, page, text], …], "done": n, "total": n}` while it reads, or
`{"error": code, "message": text}` at the end. Imports only what its format needs.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from hearth_server.adapters.readers.parts import Part, ReadError

_READERS: Final = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "text/html": "html",
    "text/markdown": "markdown",
    "text/plain": "text",
}


def main(arguments: list[str]) -> int:
    """Read a file within limits."""
    path, media_type, memory_bytes, cpu_seconds, max_pages = arguments
    _limit(int(memory_bytes), int(cpu_seconds))
    try:
        for part in _reader(Path(path), media_type)(Path(path), int(max_pages)):
            _write({"blocks": part.blocks, "done": part.done, "total": part.total})
    except ReadError as error:
        _write({"error": error.code, "message": str(error)})
    except MemoryError:
        _write({"error": "reader-crashed", "message": "needs too much memory to be read"})
    except RecursionError:
        _write({"error": "unreadable", "message": "is nested too deeply"})
    return 0


def _reader(path: Path, media_type: str) -> Callable[[Path, int], Iterator[Part]]:
    """Choose by the content where it is unmistakable: endings and declared kinds lie."""
    with path.open("rb") as file:
        head = file.read(1024)
    if head[:5] == b"%PDF-" or b"%PDF-" in head:
        media_type = "application/pdf"
    elif media_type == "application/pdf":
        raise ReadError("unreadable", "is not a PDF, although its name says so")
    elif media_type.endswith("wordprocessingml.document") and head[:4] != b"PK\x03\x04":
        if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            raise ReadError("encrypted", "is protected by a password or in the old Word format")
        raise ReadError("unreadable", "is not a Word document, although its name says so")
    elif head[:4] == b"PK\x03\x04" and media_type.startswith("text/"):
        raise ReadError("unreadable", "is an archive, although its name says it is text")
    module = import_module(f"hearth_server.adapters.readers.{_READERS[media_type]}")
    reader: Callable[[Path, int], Iterator[Part]] = module.read
    return reader


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    wanted = (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    )
    for kind, value in wanted:
        # A system that does not know a limit says so; the parent's clock still holds.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))


def _write(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
