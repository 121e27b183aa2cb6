"""Files of each kind, read in a real process; hostile ones end that process and nothing else."""

from __future__ import annotations

import asyncio
import codecs
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hearth_server.adapters.readers.reader import ProcessReader, ReaderLimits
from hearth_server.capabilities.knowledge.errors import (
    ConverterDownError,
    EncryptedError,
    ReaderCrashedError,
    TooLargeError,
    UnreadableError,
)
from hearth_server.capabilities.knowledge.rules import DOCX
from hearth_server.capabilities.knowledge.split import Block, BlockKind
from hearth_server.testing.files import (
    HTML,
    MARKDOWN,
    NON_LATIN,
    make_docx,
    make_pdf,
    make_zip_bomb,
)

pytestmark = pytest.mark.integration


async def read(
    folder: Path, data: bytes, media_type: str, limits: ReaderLimits | None = None
) -> list[Block]:
    path = folder / "original"
    path.write_bytes(data)
    reader = ProcessReader(limits)
    return [
        block
        async for part in reader.convert(path, media_type=media_type, name="file")
        for block in part.blocks
    ]


def texts(blocks: list[Block], kind: BlockKind = BlockKind.TEXT) -> list[str]:
    return [block.text for block in blocks if block.kind is kind]


async def test_pdf_headings_by_size(tmp_path: Path) -> None:
    pages = [
        ["Rivers", "The Danube is long and runs through ten coun-", "tries to the sea."],
        ["Hills", "The Alps are high and lie in eight countries."],
    ]
    blocks = await read(tmp_path, make_pdf(pages, title_points=18), "application/pdf")
    assert [(block.kind, block.level, block.page, block.text) for block in blocks] == [
        (BlockKind.HEADING, 2, 1, "Rivers"),
        (BlockKind.TEXT, 0, 1, "The Danube is long and runs through ten countries to the sea."),
        (BlockKind.HEADING, 2, 2, "Hills"),
        (BlockKind.TEXT, 0, 2, "The Alps are high and lie in eight countries."),
    ]


async def test_pdf_has_pages_and_bookmarks(tmp_path: Path) -> None:
    data = make_pdf(
        [["Rivers", "The Danube is long."], ["Hills", "The Alps are high."]],
        bookmarks=["Rivers", "Hills"],
    )
    blocks = await read(tmp_path, data, "application/pdf")
    assert [(b.kind, b.page) for b in blocks if b.kind is BlockKind.HEADING] == [
        (BlockKind.HEADING, 1),
        (BlockKind.HEADING, 2),
    ]
    assert [(block.text, block.page) for block in blocks if block.kind is BlockKind.TEXT] == [
        ("The Danube is long.", 1),
        ("The Alps are high.", 2),
    ]


async def test_docx_has_headings_and_tables(tmp_path: Path) -> None:
    blocks = await read(tmp_path, make_docx(), DOCX)
    headings = [(b.level, b.text) for b in blocks if b.kind is BlockKind.HEADING]
    assert headings == [(0, "Handbook"), (1, "Rivers"), (2, "Length"), (1, "Elsewhere")]
    assert texts(blocks, BlockKind.TABLE) == ["River | Kilometres\nDanube | 2850"]
    assert texts(blocks) == [
        "The Danube flows through ten countries.",
        "- bring a map",
        NON_LATIN,
    ]


@pytest.mark.parametrize(
    ("source", "media_type"),
    [(HTML, "text/html"), (MARKDOWN, "text/markdown")],
    ids=["html", "markdown"],
)
async def test_markup_has_structure(tmp_path: Path, source: str, media_type: str) -> None:
    blocks = await read(tmp_path, source.encode(), media_type)
    assert [(b.level, b.text) for b in blocks if b.kind is BlockKind.HEADING] == [
        (1, "Atlas"),
        (2, "Rivers"),
        (2, "Elsewhere"),
    ]
    assert texts(blocks) == [
        "The Danube flows through ten countries.",
        "- bring a map",
        NON_LATIN,
    ]
    assert texts(blocks, BlockKind.CODE) == ["GET /river"]
    assert texts(blocks, BlockKind.TABLE) == ["River | Kilometres\nDanube | 2850"]


@pytest.mark.parametrize(
    "data",
    [
        NON_LATIN.encode(),
        codecs.BOM_UTF8 + NON_LATIN.encode(),
        NON_LATIN.encode("utf-16"),
        NON_LATIN.encode("utf-32"),
    ],
    ids=["utf-8", "utf-8-mark", "utf-16", "utf-32"],
)
async def test_text_in_any_encoding(tmp_path: Path, data: bytes) -> None:
    assert texts(await read(tmp_path, data, "text/plain")) == [NON_LATIN]


async def test_old_windows_text(tmp_path: Path) -> None:
    blocks = await read(tmp_path, "Grüße — café".encode("cp1252"), "text/plain")
    assert texts(blocks) == ["Grüße — café"]


async def test_content_beats_name(tmp_path: Path) -> None:
    """A PDF that calls itself text is read as the PDF that it is."""
    blocks = await read(tmp_path, make_pdf([["The Danube is long."]]), "text/plain")
    assert texts(blocks) == ["The Danube is long."]


PDF = make_pdf([["The Danube is long."] * 40] * 3)


@pytest.mark.parametrize(
    ("data", "media_type", "error", "message"),
    [
        (PDF[: len(PDF) // 3], "application/pdf", UnreadableError,
         "file `file`: is not a PDF that can be read; it is damaged"),
        (b"%PDF-1.7\n" + b"\xff\x00" * 5_000, "application/pdf", UnreadableError,
         "file `file`: is not a PDF that can be read; it is damaged"),
        (b"just words", "application/pdf", UnreadableError,
         "file `file`: is not a PDF, although its name says so"),
        (make_pdf([["x"]], password="hunter2"), "application/pdf", EncryptedError,
         "file `file`: is protected by a password"),
        (b"just words", DOCX, UnreadableError,
         "file `file`: is not a Word document, although its name says so"),
        (make_docx()[:3_000], DOCX, UnreadableError,
         "file `file`: is not a Word document that can be read"),
        (make_zip_bomb, DOCX, TooLargeError,
         "file `file`: unpacks to more than is allowed"),
        (make_docx(), "text/plain", UnreadableError,
         "file `file`: is an archive, although its name says it is text"),
        (bytes(range(256)) * 100, "text/plain", UnreadableError, "file `file`: is not text"),
    ],
    ids=["cut-pdf", "corrupt-pdf", "no-pdf", "locked-pdf", "no-docx", "cut-docx", "zip-bomb",
         "docx-as-text", "binary-as-text"],
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
        await read(tmp_path, data, media_type)
    assert str(caught.value) == message


async def test_too_many_pages(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError) as caught:
        await read(tmp_path, PDF, "application/pdf", ReaderLimits(pages=2))
    assert str(caught.value) == "file `file`: has 3 pages, at most 2 are read"


async def test_too_much_text(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError) as caught:
        await read(tmp_path, b"word " * 1_000, "text/plain", ReaderLimits(characters=100))
    assert str(caught.value) == "file `file`: has more than 100 characters of text"


async def test_too_many_paragraphs(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError) as caught:
        await read(tmp_path, b"a\n\n" * 3_000, "text/plain", ReaderLimits(blocks=2_500))
    assert str(caught.value) == "file `file`: has more than 2500 paragraphs"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "cp1252"])
async def test_long_text_is_whole_whatever_it_is_cut_into(tmp_path: Path, encoding: str) -> None:
    """Longer than what is read at a time, in characters of one byte and of several."""
    paragraphs = [f"Fluß {number}: " + "über Land. " * 9 + "Ende." for number in range(20_000)]
    data = "\r\n\r\n".join(paragraphs).encode(encoding)
    assert len(data) > 1_500_000
    assert texts(await read(tmp_path, data, "text/plain")) == paragraphs


async def test_text_without_paragraphs_is_cut_at_spaces(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(300_000)]
    found = texts(await read(tmp_path, " ".join(words).encode(), "text/plain"))
    assert max(map(len, found)) <= 1_100_000
    assert " ".join(found).split() == words


async def test_memory_is_limited(tmp_path: Path) -> None:
    limits = ReaderLimits(memory_bytes=200 * 1024 * 1024)
    with pytest.raises(ReaderCrashedError) as caught:
        await read(tmp_path, b"[%b0]" % (b"[]," * 15_000_000), "application/json", limits)
    assert str(caught.value) == "file `file`: needs too much memory to be read"


async def test_time_is_limited(tmp_path: Path) -> None:
    with pytest.raises(ReaderCrashedError) as caught:
        await read(tmp_path, b"word", "text/plain", ReaderLimits(wall_seconds=0.001))
    assert str(caught.value) == "file `file`: took more than 0 s to read"


async def test_entities_stay_closed(tmp_path: Path) -> None:
    """A billion laughs in a Word document's XML must not be expanded."""
    import io
    import zipfile

    laughs = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    body = f'{laughs}]><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>'
    source = zipfile.ZipFile(io.BytesIO(make_docx()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for entry in source.infolist():
            evil = entry.filename == "word/document.xml"
            archive.writestr(entry.filename, body if evil else source.read(entry.filename))
    with pytest.raises(UnreadableError) as caught:
        await read(tmp_path, buffer.getvalue(), DOCX)
    assert str(caught.value) == "file `file`: is not a Word document that can be read"


async def test_deep_nesting_ends(tmp_path: Path) -> None:
    html = "<div>" * 50_000 + "word" + "</div>" * 50_000
    with pytest.raises(UnreadableError) as caught:
        await read(tmp_path, html.encode(), "text/html")
    assert str(caught.value) == "file `file`: is nested too deeply"


async def test_deep_quote_is_kept(tmp_path: Path) -> None:
    blocks = await read(tmp_path, ("> " * 5_000 + "word").encode(), "text/markdown")
    assert texts(blocks)[0].endswith("word")


async def test_large_page_is_read_within_the_limits_of_a_worker(tmp_path: Path) -> None:
    """50 MB, where a tree of it would take some 700 MB."""
    section = "<h2>Part</h2><div><p>" + "<b>river</b> <i>sea</i> " * 400 + "</p></div>"
    data = f"<main>{section * 5_200}</main>".encode()
    assert len(data) > 50_000_000
    found = await read(tmp_path, data, "text/html")
    assert len(found) == 2 * 5_200
    assert found[-1].text == ("river sea " * 400).strip()


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1"])
async def test_page_in_pieces_keeps_its_letters(tmp_path: Path, declared: str) -> None:
    data = (f'<meta charset="{declared}">' + "<p>Größe</p>" * 100_000).encode(declared)
    found = texts(await read(tmp_path, data, "text/html"))
    assert found == ["Größe"] * 100_000


async def test_machine_that_starts_no_process_is_not_the_files_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse)
    with pytest.raises(ConverterDownError) as caught:
        await read(tmp_path, b"word", "text/plain")
    assert str(caught.value) == (
        "worker: no process can be started to read the file: Cannot allocate memory"
    )
