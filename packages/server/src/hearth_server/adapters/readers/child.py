"""The process that reads one file: `python -m hearth_server.adapters.readers.child`.

Takes the file, its kind and the limits as arguments; gives one JSON object a line on standard
output: `{"blocks": [[kind, level, page, text], …], "done": n, "total": n}` while it reads, or
`{"error": code, "message": text}` at the end. Imports only what its format needs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from hearth_kit.confine import confine

from hearth_server.adapters.readers.archive import OLE, ZIP, format_of
from hearth_server.adapters.readers.parts import Part, ReadError

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_READERS: Final = {
    "application/pdf": "pdf",
    f"{_OFFICE}wordprocessingml.document": "docx",
    f"{_OFFICE}presentationml.presentation": "pptx",
    f"{_OFFICE}spreadsheetml.sheet": "xlsx",
    "application/epub+zip": "epub",
    "message/rfc822": "eml",
    "text/html": "html",
    "text/markdown": "markdown",
    "text/csv": "csv",
    "application/json": "json",
    "text/plain": "text",
}
_ARCHIVES: Final = {
    "docx": "a Word document",
    "pptx": "a presentation",
    "xlsx": "an Excel workbook",
    "epub": "a book",
}


def main(arguments: list[str]) -> int:
    """Read a file within limits."""
    path, media_type, memory_bytes, cpu_seconds, max_pages = arguments
    confine(memory_bytes=int(memory_bytes), cpu_seconds=int(cpu_seconds))
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
    name = _READERS[media_type]
    if head.startswith(b"%PDF-") or (name == "pdf" and b"%PDF-" in head):
        name = "pdf"
    elif name == "pdf":
        raise ReadError("unreadable", "is not a PDF, although its name says so")
    elif name in _ARCHIVES:
        name = _archive(path, head, name)
    elif head.startswith(ZIP):
        raise ReadError("unreadable", "is an archive, although its name says it is text")
    module = import_module(f"hearth_server.adapters.readers.{name}")
    reader: Callable[[Path, int], Iterator[Part]] = module.read
    return reader


def _archive(path: Path, head: bytes, name: str) -> str:
    what = _ARCHIVES[name]
    if head.startswith(OLE):
        old = "Office" if name != "docx" else "Word"
        raise ReadError("encrypted", f"is protected by a password or in the old {old} format")
    if not head.startswith(ZIP):
        raise ReadError("unreadable", f"is not {what}, although its name says so")
    return format_of(path) or name


def _write(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
