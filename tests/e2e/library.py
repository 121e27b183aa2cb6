"""A hundred documents as a person's folder has them: of many kinds, most of their text real.

The text is that of the licences and notices that every Debian system has. Each document made here
also holds one sentence that stands nowhere else, on a known page, and a question about it.
"""

from __future__ import annotations

import csv
import io
import json
import textwrap
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from itertools import islice
from pathlib import Path

import docx
import openpyxl
import pptx
from hearth_server.testing.long_files import write_long_pdf

REAL, MADE = 30, 70
_KINDS = ("pdf", "docx", "pptx", "xlsx", "epub", "eml", "html", "md", "csv", "json")
_PAGES = 6
_FROM = (Path("/usr/share/common-licenses"), Path("/usr/share/doc"))
_BEGIN = ("Var", "Tol", "Mir", "Gan", "Sel", "Rud", "Kes", "Bor", "Nal", "Dep")
_END = ("anheim", "oskar", "idrun", "evik", "ubrand", "agost", "emund")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A file, and what only it can answer; `page` is 0 where its kind has none."""

    name: str
    data: bytes
    question: str = ""
    answer: str = ""
    page: int = 0


def papers() -> list[Paper]:
    """Give the hundred, no two of the same bytes, in an order that mixes their kinds."""
    real = list(islice(_real(), REAL))
    assert len(real) == REAL, "this machine has too few licences and notices"
    body = _body(real)
    made = [_make(number, body) for number in range(MADE)]
    mixed = [paper for pair in zip(made, real, strict=False) for paper in pair]
    return [*mixed, *made[len(real) :]]


def _real() -> Iterator[Paper]:
    licences = sorted(path for path in _FROM[0].iterdir() if not path.is_symlink())
    notices = sorted(_FROM[1].glob("*/copyright"))
    seen: set[bytes] = set()
    for path in (*licences, *notices):
        data = path.read_bytes()
        if 500 < len(data) < 100_000 and data not in seen:
            seen.add(data)
            name = path.name if path in licences else f"{path.parent.name} copyright"
            yield Paper(name=f"{name}.txt", data=data)


def _body(real: list[Paper]) -> list[str]:
    """Give paragraphs of real text, in ASCII."""
    text = "\n\n".join(paper.data.decode("ascii", "ignore") for paper in real)
    parts = (" ".join(part.split()) for part in text.split("\n\n"))
    return [part for part in parts if 80 < len(part) < 900 and "\x00" not in part]


def _make(number: int, body: list[str]) -> Paper:
    place = _BEGIN[number % 10] + _END[number // 10]
    kind = _KINDS[number % 10]
    year = 1700 + number * 3
    fact = f"The harbour of {place} was dredged in {year} by the guild of ferrymen."
    first = number * 40 % (len(body) - 40)
    rest = body[first : first + 12]
    page = 1 + number // 10 % _PAGES
    return Paper(
        name=f"{place}.{kind}",
        data=_WRITERS[kind](place, fact, rest, page),
        question=f"When was the harbour of {place} dredged?",
        answer=str(year),
        page=page if kind in {"pdf", "pptx"} else 0,
    )


def _pdf(_: str, fact: str, rest: list[str], page: int) -> bytes:
    file = io.BytesIO()
    leaves = ([fact] if n == page else rest[2 * n - 2 : 2 * n] for n in range(1, _PAGES + 1))
    write_long_pdf(
        file, ([line for part in each for line in textwrap.wrap(part)] for each in leaves)
    )
    return file.getvalue()


def _docx(place: str, fact: str, rest: list[str], _: int) -> bytes:
    document = docx.Document()
    document.add_heading(place, level=1)
    for part in (*rest, fact):
        document.add_paragraph(part)
    return _saved(document)


def _pptx(place: str, fact: str, rest: list[str], page: int) -> bytes:
    deck = pptx.Presentation()
    for number in range(1, _PAGES + 1):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = f"{place} {number}"
        slide.placeholders[1].text = fact if number == page else rest[number]
    return _saved(deck)


def _xlsx(place: str, fact: str, rest: list[str], _: int) -> bytes:
    book = openpyxl.Workbook()
    for row in _rows(place, fact, rest):
        book.active.append(row)
    return _saved(book)


def _rows(place: str, fact: str, rest: list[str]) -> list[list[str]]:
    return [["place", "note"], *([place, part] for part in (*rest[:4], fact))]


def _saved(
    document: docx.document.Document | pptx.presentation.Presentation | openpyxl.Workbook,
) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _html(place: str, fact: str, rest: list[str], _: int) -> bytes:
    paragraphs = "".join(
        f"<p>{part.replace('<', '(').replace('&', '+')}</p>" for part in (*rest, fact)
    )
    head = f"<html><head><title>{place}</title></head>"
    return f"{head}<body><h1>{place}</h1>{paragraphs}</body></html>".encode()


def _epub(place: str, fact: str, rest: list[str], _: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="book.opf"/></rootfiles></container>',
        )
        book.writestr(
            "book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a" href="a.xhtml"'
            ' media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine>'
            "</package>",
        )
        book.writestr("a.xhtml", _html(place, fact, rest, 0))
    return file.getvalue()


def _eml(place: str, fact: str, rest: list[str], _: int) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = place, "ada@example.org", "bob@example.org"
    message["Date"] = "Sat, 21 Nov 2026 10:00:00 +0000"
    message.set_content("\n\n".join((*rest, fact)))
    return message.as_bytes()


def _md(place: str, fact: str, rest: list[str], _: int) -> bytes:
    return f"# {place}\n\n{rest[0]}\n\n## Works\n\n{fact}\n\n## Rest\n\n{rest[1]}\n".encode()


def _csv(place: str, fact: str, rest: list[str], _: int) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(_rows(place, fact, rest))
    return file.getvalue().encode()


def _json(place: str, fact: str, rest: list[str], _: int) -> bytes:
    said = [{"role": "user", "content": part} for part in (*rest[:3], fact)]
    return json.dumps([{"title": place, "chat": {"messages": said}}]).encode()


_WRITERS = {
    "pdf": _pdf, "docx": _docx, "pptx": _pptx, "xlsx": _xlsx, "epub": _epub, "eml": _eml,
    "html": _html, "md": _md, "csv": _csv, "json": _json,
}  # fmt: skip
