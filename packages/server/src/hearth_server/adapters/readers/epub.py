"""Electronic books: the chapters in the order of reading, each as the web page that it is.

Source: EPUB 3.3, sections 4.2 (container) and 5 (package document).
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]  # ships no types

from hearth_server.adapters.readers import html
from hearth_server.adapters.readers.archive import inspect
from hearth_server.adapters.readers.parts import Part, ReadError

_CONTAINER: Final = "META-INF/container.xml"
_ENCRYPTION: Final = "META-INF/encryption.xml"
_FONTS: Final = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
"""Ways of locking that only ever concern fonts (EPUB 3.3, section 4.4)."""
_PAGES: Final = ("application/xhtml+xml", "text/html")
_MAX_CHAPTER: Final = 64 * 1024 * 1024
_BROKEN: Final = (
    *(KeyError, ValueError, OSError, EOFError, NotImplementedError),
    *(ParseError, DefusedXmlException, zipfile.BadZipFile, zlib.error),
)


def read(path: Path, max_pages: int) -> Iterator[Part]:
    """Give one chapter at a time."""
    inspect(path, "a book")
    try:
        with zipfile.ZipFile(path) as archive:
            if _is_locked(archive):
                raise ReadError("encrypted", "is locked by its publisher")
            chapters = _chapters(archive)
            if len(chapters) > max_pages:
                msg = f"has {len(chapters)} chapters, at most {max_pages} are read"
                raise ReadError("too-large", msg)
            for number, name in enumerate(chapters, start=1):
                if archive.getinfo(name).file_size > _MAX_CHAPTER:
                    raise ReadError("too-large", "has a chapter with too much text")
                yield Part(html.blocks_of(archive.read(name)), number, len(chapters))
    except _BROKEN as error:
        raise ReadError("unreadable", "is not a book that can be read") from error


def _is_locked(archive: zipfile.ZipFile) -> bool:
    if _ENCRYPTION not in archive.namelist():
        return False
    methods = fromstring(archive.read(_ENCRYPTION)).iterfind(".//{*}EncryptionMethod")
    return any(method.get("Algorithm") not in _FONTS for method in methods)


def _chapters(archive: zipfile.ZipFile) -> list[str]:
    root = fromstring(archive.read(_CONTAINER)).find(".//{*}rootfile")
    package_name = root.get("full-path", "") if root is not None else ""
    package = fromstring(archive.read(package_name))
    folder = posixpath.dirname(package_name)
    items: dict[str, Any] = {each.get("id", ""): each for each in package.iterfind(".//{*}item")}
    chapters = []
    for reference in package.iterfind(".//{*}spine/{*}itemref"):
        item = items.get(reference.get("idref", ""))
        if item is not None and item.get("media-type") in _PAGES:
            href = unquote(item.get("href", ""))
            chapters.append(posixpath.normpath(posixpath.join(folder, href)))
    return chapters
