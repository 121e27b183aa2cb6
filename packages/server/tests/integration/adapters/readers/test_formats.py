"""Presentations, workbooks, books, messages and tables in a real process, good ones and bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hearth_server.adapters.readers.reader import ProcessReader, ReaderLimits
from hearth_server.capabilities.knowledge.errors import (
    EncryptedError,
    TooLargeError,
    UnreadableError,
)
from hearth_server.capabilities.knowledge.rules import CSV, DOCX, EML, EPUB, PPTX, XLSX
from hearth_server.capabilities.knowledge.split import BlockKind
from hearth_server.testing.files import (
    LAUGHS,
    NON_LATIN,
    make_docx,
    make_eml,
    make_epub,
    make_pptx,
    make_xlsx,
    make_zip_bomb,
    with_entry,
)

pytestmark = pytest.mark.integration

HEADING, TEXT, TABLE, CODE = BlockKind.HEADING, BlockKind.TEXT, BlockKind.TABLE, BlockKind.CODE
Seen = list[tuple[BlockKind, int, int | None, str]]


async def read(
    folder: Path, data: bytes, media_type: str, limits: ReaderLimits | None = None
) -> Seen:
    path = folder / "original"
    path.write_bytes(data)
    reader = ProcessReader(limits)
    return [
        (block.kind, block.level, block.page, block.text)
        async for part in reader.convert(path, media_type=media_type, name="file")
        for block in part.blocks
    ]


async def test_slides_are_pages_with_tables_and_notes(tmp_path: Path) -> None:
    assert await read(tmp_path, make_pptx(), PPTX) == [
        (HEADING, 1, 1, "Rivers"),
        (TEXT, 0, 1, "The Danube flows through ten countries."),
        (HEADING, 1, 2, "Elsewhere"),
        (TEXT, 0, 2, NON_LATIN),
        (TABLE, 0, 2, "River | Kilometres\nDanube | 2850"),
        (TEXT, 0, 2, "Say it slowly."),
    ]


async def test_sheet_repeats_names_of_columns(tmp_path: Path) -> None:
    blocks = await read(tmp_path, make_xlsx(45), XLSX)
    assert blocks[0] == (HEADING, 1, None, "Rivers")
    tables = [text.split("\n") for kind, _, _, text in blocks if kind is TABLE]
    assert [len(table) for table in tables] == [21, 21, 6]
    assert {table[0] for table in tables} == {"River | Kilometres"}
    assert tables[0][1] == "Danube | 2850"
    assert tables[2][5] == "River 44 | 2894"
    assert len(blocks) == 4


async def test_sheet_size_is_not_believed(tmp_path: Path) -> None:
    """A sheet that says it is seventeen billion cells large costs what is in it."""
    import zipfile

    (tmp_path / "x").write_bytes(make_xlsx())
    with zipfile.ZipFile(tmp_path / "x") as book:
        sheet = book.read("xl/worksheets/sheet1.xml")
    lying = sheet.replace(b'<dimension ref="A1:B2"', b'<dimension ref="A1:XFD1048576"')
    assert lying != sheet
    data = with_entry(make_xlsx(), "xl/worksheets/sheet1.xml", lying)
    blocks = await read(tmp_path, data, XLSX, ReaderLimits(cpu_seconds=10))
    assert blocks[-1] == (TABLE, 0, None, "River | Kilometres\nDanube | 2850")


async def test_book_is_read_in_order_of_its_spine(tmp_path: Path) -> None:
    blocks = await read(tmp_path, make_epub(), EPUB)
    headings = [(level, text) for kind, level, _, text in blocks if kind is HEADING]
    assert headings == [(1, "Atlas"), (2, "Rivers"), (2, "Elsewhere"), (1, "Hills")]
    assert blocks[-1] == (TEXT, 0, None, "The Alps are high.")
    assert "stolen" not in str(blocks)


async def test_book_with_locked_fonts_only_is_read(tmp_path: Path) -> None:
    data = make_epub(encryption="http://www.idpf.org/2008/embedding")
    assert (TEXT, 0, None, "The Alps are high.") in await read(tmp_path, data, EPUB)


WHO = """From: Ada <ada@example.org>
To: bob@example.org
Date: Sat, 21 Nov 2026 10:00:00 +0000"""


async def test_message_has_who_when_and_its_plain_text(tmp_path: Path) -> None:
    assert await read(tmp_path, make_eml(), EML) == [
        (HEADING, 1, None, "Grüße vom Fluß"),
        (TEXT, 0, None, WHO),
        (TEXT, 0, None, "The Danube flows through ten countries."),
        (TEXT, 0, None, NON_LATIN),
        (TEXT, 0, None, "- attached: map.pdf"),
    ]


async def test_message_that_is_a_web_page_is_read_as_one(tmp_path: Path) -> None:
    blocks = await read(tmp_path, make_eml(html_only=True), EML)
    assert (TEXT, 0, None, "The Danube flows through ten countries.") in blocks
    assert (CODE, 0, None, "GET /river") in blocks
    assert "stolen" not in str(blocks)


@pytest.mark.parametrize(
    "data",
    [
        b"River,Kilometres\nDanube,2850\n\n",
        b"River;Kilometres\r\nDanube;2850\r\n",
        b'"River"\t"Kilometres"\n"Danube"\t2850\n',
        "River,Kilometres\nDanube,2850".encode("utf-16"),
    ],
    ids=["commas", "semicolons", "tabs", "utf-16"],
)
async def test_table_whatever_separates_it(tmp_path: Path, data: bytes) -> None:
    assert await read(tmp_path, data, CSV) == [
        (TABLE, 0, None, "River | Kilometres\nDanube | 2850")
    ]


@pytest.mark.parametrize(
    ("data", "declared"),
    [(make_pptx(), XLSX), (make_epub(), DOCX), (make_xlsx(), PPTX)],
    ids=["slides-as-sheet", "book-as-word", "sheet-as-slides"],
)
async def test_wrong_ending_is_read_for_what_it_is(
    tmp_path: Path, data: bytes, declared: str
) -> None:
    assert any("Rivers" in text for _, _, _, text in await read(tmp_path, data, declared))


CONTAINER = f"{LAUGHS}]><container><rootfile full-path='&j;'/></container>".encode()
WORKBOOK = f"{LAUGHS}]><workbook><sheets>&j;</sheets></workbook>".encode()
SLIDES = f"{LAUGHS}]><p:presentation xmlns:p='urn:p'>&j;</p:presentation>".encode()
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("data", "media_type", "error", "message"),
    [
        (make_pptx()[:9_000], PPTX, UnreadableError, "is not a presentation that can be read"),
        (make_xlsx()[:2_000], XLSX, UnreadableError, "is not an Excel workbook that can be read"),
        (make_epub()[:900], EPUB, UnreadableError, "is not a book that can be read"),
        (b"just words", PPTX, UnreadableError, "is not a presentation, although its name says so"),
        (b"just words", XLSX, UnreadableError,
         "is not an Excel workbook, although its name says so"),
        (b"just words", EML, UnreadableError, "is not a message, although its name says so"),
        (OLE, XLSX, EncryptedError, "is protected by a password or in the old Office format"),
        (make_epub(encryption="http://www.w3.org/2001/04/xmlenc#aes128-cbc"), EPUB,
         EncryptedError, "is locked by its publisher"),
        (lambda: make_zip_bomb(make_pptx(), "ppt/slides/slide1.xml"), PPTX, TooLargeError,
         "unpacks to more than is allowed"),
        (lambda: make_zip_bomb(make_xlsx(), "xl/worksheets/sheet1.xml"), XLSX, TooLargeError,
         "unpacks to more than is allowed"),
        (lambda: make_zip_bomb(make_epub(), "OEBPS/text/c 0.xhtml"), EPUB, TooLargeError,
         "unpacks to more than is allowed"),
        (with_entry(make_epub(), "META-INF/container.xml", CONTAINER), EPUB, UnreadableError,
         "is not a book that can be read"),
        (with_entry(make_xlsx(), "xl/workbook.xml", WORKBOOK), XLSX, UnreadableError,
         "is not an Excel workbook that can be read"),
        (with_entry(make_pptx(), "ppt/presentation.xml", SLIDES), PPTX, UnreadableError,
         "is not a presentation that can be read"),
        (make_docx(), CSV, UnreadableError, "is an archive, although its name says it is text"),
        (bytes(range(256)) * 100, CSV, UnreadableError, "is not text"),
    ],
    ids=["cut-slides", "cut-sheet", "cut-book", "no-slides", "no-sheet", "no-message",
         "locked-sheet", "locked-book", "slides-bomb", "sheet-bomb", "book-bomb", "book-entities",
         "sheet-entities", "slides-entities", "archive-as-table", "binary-as-table"],
)  # fmt: skip
async def test_bad_file_is_explained(
    tmp_path: Path,
    data: bytes | Callable[[], bytes],  # what takes seconds to make is made when it is needed
    media_type: str,
    error: type[Exception],
    message: str,
) -> None:
    data = data() if callable(data) else data
    with pytest.raises(error) as caught:
        await read(tmp_path, data, media_type, ReaderLimits(cpu_seconds=20))
    assert str(caught.value) == f"file `file`: {message}"


async def test_too_many_slides(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError) as caught:
        await read(tmp_path, make_pptx(), PPTX, ReaderLimits(pages=1))
    assert str(caught.value) == "file `file`: has 2 slides, at most 1 are read"
