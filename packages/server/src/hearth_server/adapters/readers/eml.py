"""Messages as mail programs save them: who to whom and when, then the text.

Of the ways in which a message says the same, the plain one is taken; attachments are named, not
read: put them in as files of their own.

Source: RFC 5322, RFC 2045 to 2047, by the standard library's parser.
"""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from pathlib import Path
from typing import Final

from hearth_server.adapters.readers import html
from hearth_server.adapters.readers.parts import Part, RawBlock, ReadError, clean
from hearth_server.adapters.readers.text import paragraphs_of

_SHOWN: Final = ("From", "To", "Cc", "Date")
_MAX_HEADER: Final = 2_000
_MAX_PARTS: Final = 2_000


def read(path: Path, max_pages: int) -> Iterator[Part]:  # noqa: ARG001  a message has no pages
    """Give the whole message at once."""
    with path.open("rb") as file:
        message = BytesParser(policy=policy.default).parse(file)
    if not any(message.get(name) for name in ("From", "Date", "Subject", "Received")):
        raise ReadError("unreadable", "is not a message, although its name says so")
    yield Part([block for block in _blocks(message) if block[3]], 1, 1)


def _blocks(message: EmailMessage) -> Iterator[RawBlock]:
    yield ("heading", 1, None, _header(message, "Subject"))
    said = ((name, _header(message, name)) for name in _SHOWN)
    yield ("text", 0, None, "\n".join(f"{name}: {value}" for name, value in said if value))
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None:
        data = body.get_payload(decode=True)
        if isinstance(data, bytes) and body.get_content_subtype() == "html":
            yield from html.blocks_of(data)
        elif isinstance(data, bytes):
            yield from (("text", 0, None, each) for each in paragraphs_of(_text(body, data)))
    names = [name for part in _parts(message) if (name := clean(part.get_filename() or ""))]
    yield ("text", 0, None, "\n".join(f"- attached: {name}" for name in names))


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    for number, part in enumerate(message.walk()):
        if number == _MAX_PARTS:
            raise ReadError("too-large", "has too many parts")
        if isinstance(part, EmailMessage) and part.is_attachment():
            yield part


def _text(body: MIMEPart, data: bytes) -> str:
    declared = body.get_content_charset() or "utf-8"
    try:
        return data.decode(declared, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = str(message.get(name, ""))
    except (ValueError, IndexError, AttributeError):
        # The parser gives up on some malformed headers; the text of the message is still there.
        return ""
    return " ".join(clean(value[:_MAX_HEADER]).split())
