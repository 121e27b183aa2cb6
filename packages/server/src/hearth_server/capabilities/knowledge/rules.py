"""What a document may be called and which kinds of file are read. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final
from uuid import UUID

from hearth_server.capabilities.knowledge.errors import BadLabelError, UnsupportedFormatError

MAX_TITLE: Final = 300
MAX_TAGS: Final = 20
MAX_TAG: Final = 60
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
DOCX: Final = f"{_OFFICE}.wordprocessingml.document"
PPTX: Final = f"{_OFFICE}.presentationml.presentation"
XLSX: Final = f"{_OFFICE}.spreadsheetml.sheet"
EPUB: Final = "application/epub+zip"
EML: Final = "message/rfc822"
CSV: Final = "text/csv"
JSON: Final = "application/json"

SUFFIXES: Final[Mapping[str, str]] = {
    ".pdf": "application/pdf",
    ".docx": DOCX,
    ".pptx": PPTX,
    ".xlsx": XLSX,
    ".xlsm": XLSX,
    ".epub": EPUB,
    ".eml": EML,
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".text": "text/plain",
    ".log": "text/plain",
    ".rst": "text/plain",
    ".csv": CSV,
    ".tsv": CSV,
    ".json": JSON,
    ".yaml": "text/plain",
    ".yml": "text/plain",
}
"""Which kind of file a name's ending means."""

IMAGES: Final[Mapping[str, str]] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".bmp": "image/bmp",
    ".webp": "image/webp",
}
"""Read where a service converts documents."""
RECORDINGS: Final[Mapping[str, str]] = {
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".opus": "audio/opus",
    ".flac": "audio/flac",
}
"""Read where a service writes down speech."""
CONVERTED: Final = frozenset({"application/pdf", DOCX, PPTX})
"""Read by light readers too, and better by a service: it sees layout, tables and scans."""

_SPACE: Final = re.compile(r"\s+")


def clean_label(text: str, *, limit: int = MAX_TITLE) -> str:
    """Make a name fit for showing: no control or direction marks, one line, not too long.

    The result is a label and nothing else; no path is ever made from it.
    """
    kept = "".join(
        character if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"} else " "
        for character in unicodedata.normalize("NFC", text)
    )
    return _SPACE.sub(" ", kept).strip()[:limit].strip()


def in_utc(moment: datetime | None) -> datetime | None:
    """Give a time with its zone; one without is meant in UTC."""
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)


def clean_text(text: str) -> str:
    """Drop what no store and no model takes: NUL and halves of characters."""
    return text.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")


def file_label(filename: str) -> str:
    r"""Give the last part of a client's file name, whatever separators it uses.

    Example:
        >>> file_label("..\\..\\etc/passwd")
        'passwd'
    """
    name = clean_label(filename.replace("\\", "/").rsplit("/", 1)[-1])
    return name if name.strip(". ") else "unnamed"


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Check tags and bring them into one order, each once.

    Raises:
        BadLabelError: too many, too long, or empty.
    """
    cleaned = sorted({clean_label(tag, limit=MAX_TAG + 1) for tag in tags})
    if len(cleaned) > MAX_TAGS:
        msg = f"tags: {len(cleaned)} given, at most {MAX_TAGS} are allowed"
        raise BadLabelError(msg)
    for tag in cleaned:
        if not tag or len(tag) > MAX_TAG:
            msg = f"tags: `{tag}` has {len(tag)} characters, expected 1 to {MAX_TAG}"
            raise BadLabelError(msg)
    return tuple(cleaned)


def project_tags(project: str) -> tuple[str, ...]:
    """Give the tag by which documents stand in a project; none for no name.

    Example:
        >>> project_tags("kitchen")
        ('project/kitchen',)
    """
    name = clean_label(project, limit=MAX_TAG)
    return (f"project/{name}",) if name else ()


def kinds_read(*, documents: bool, speech: bool) -> Mapping[str, str]:
    """Give the endings that can be read with these services on."""
    return {**SUFFIXES, **(IMAGES if documents else {}), **(RECORDINGS if speech else {})}


def is_image(media_type: str) -> bool:
    """Tell whether a kind is one of pictures."""
    return media_type in IMAGES.values()


def is_recording(media_type: str) -> bool:
    """Tell whether a kind is one of sound."""
    return media_type in RECORDINGS.values()


def suffix_of(media_type: str) -> str:
    """Give a kind's ending, `.bin` for one that is not known."""
    known = kinds_read(documents=True, speech=True)
    return next((suffix for suffix, kind in known.items() if kind == media_type), ".bin")


def media_type_of(filename: str, declared: str = "", *, kinds: Mapping[str, str] = SUFFIXES) -> str:
    """Tell a file's kind by its name, else by what the client declared.

    The content has the last word: readers look at it again. `kinds` are those that can be read.

    Raises:
        UnsupportedFormatError: neither is known.
    """
    suffix = PurePosixPath(file_label(filename).lower()).suffix
    if suffix in kinds:
        return kinds[suffix]
    for some, service in ((IMAGES, "docling-serve"), (RECORDINGS, "speaches")):
        if suffix in some:
            msg = f"file `{file_label(filename)}`: such files are read where `{service}` is on"
            raise UnsupportedFormatError(msg, hint=f"hearth enable {service}")
    plain = declared.split(";", 1)[0].strip().lower()
    if plain in kinds.values():
        return plain
    endings = " ".join(sorted(kinds))
    msg = f"file `{file_label(filename)}`: its kind is not supported, expected one of `{endings}`"
    raise UnsupportedFormatError(msg)


def object_key(owner: UUID, document_id: UUID) -> str:
    """Give the key of an original; it holds nothing that a client sent.

    Example:
        >>> object_key(UUID(int=1), UUID(int=2))
        'user-00000000-0000-0000-0000-000000000001/documents/00000000-0000-0000-0000-000000000002'
    """
    return f"user-{owner}/documents/{document_id}"


def describe_size(size_bytes: int) -> str:
    """Give a size as a person reads it.

    Example:
        >>> describe_size(200 * 1024 * 1024)
        '200 MB'
    """
    for unit, factor in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.4g} {unit}"
    return f"{size_bytes} bytes"
