"""Real files of each kind for tests, made on the spot; needs `reportlab` for PDF."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

NON_LATIN = "Москва стоит на реке. 東京都は川沿いにある。 Der Fluß fließt. नदी बहती है।"
"""Cyrillic, Han and kana, German, Devanagari."""


def make_pdf(
    pages: Sequence[Sequence[str]],
    *,
    bookmarks: Sequence[str] = (),
    password: str | None = None,
    title_points: float = 12,
) -> bytes:
    """Make a PDF with these lines on its pages, and a bookmark at the head of each page.

    A page's first line is set in letters of `title_points`, the others in 12.
    """
    # reportlab ships no types.
    from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
    from reportlab.lib.pdfencrypt import StandardEncryption  # type: ignore[import-untyped]
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

    buffer = io.BytesIO()
    encryption = StandardEncryption(password, ownerPassword="owner") if password else None
    canvas = Canvas(buffer, pagesize=A4, encrypt=encryption, invariant=1)
    for number, lines in enumerate(pages):
        if number < len(bookmarks):
            canvas.bookmarkPage(f"p{number}")
            canvas.addOutlineEntry(bookmarks[number], f"p{number}", level=0)
        for row, line in enumerate(lines):
            canvas.setFont("Helvetica", 12 if row else title_points)
            canvas.drawString(60, 780 - 16 * row, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def make_docx() -> bytes:
    """Make a Word document with headings, a list, a table and text that is not Latin."""
    import docx

    document = docx.Document()
    document.add_heading("Handbook", level=0)
    document.add_heading("Rivers", level=1)
    document.add_paragraph("The Danube flows through ten countries.")
    document.add_paragraph("bring a map", style="List Bullet")
    document.add_heading("Length", level=2)
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        (cell for row in table.rows for cell in row.cells),
        ("River", "Kilometres", "Danube", "2850"),
        strict=True,
    ):
        cell.text = text
    document.add_heading("Elsewhere", level=1)
    document.add_paragraph(NON_LATIN)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def make_pptx() -> bytes:
    """Make a presentation of two slides: a table and notes on the second, after its text."""
    import pptx
    from pptx.util import Inches

    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Rivers"
    first.placeholders[1].text = "The Danube flows through ten countries."
    second = deck.slides.add_slide(deck.slide_layouts[1])
    second.shapes.title.text = "Elsewhere"
    second.placeholders[1].text = NON_LATIN
    size = (Inches(1), Inches(3), Inches(4), Inches(1))
    table = second.shapes.add_table(2, 2, *size).table
    for place, text in enumerate(("River", "Kilometres", "Danube", "2850")):
        table.cell(place // 2, place % 2).text = text
    second.notes_slide.notes_text_frame.text = "Say it slowly."
    buffer = io.BytesIO()
    deck.save(buffer)
    return buffer.getvalue()


def make_xlsx(rows: int = 1) -> bytes:
    """Make a workbook with a sheet `Rivers` of so many rows below its head, and an empty sheet."""
    import openpyxl  # type: ignore[import-untyped]  # ships no types

    book = openpyxl.Workbook()
    book.active.title = "Rivers"
    book.active.append(["River", "Kilometres"])
    for number in range(rows):
        book.active.append(["Danube" if number == 0 else f"River {number}", 2850 + number])
    book.create_sheet("Empty")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def make_epub(*, encryption: str = "", chapters: Sequence[str] = ()) -> bytes:
    """Make a book of `HTML` and a second chapter, or of these; `encryption` names a method."""
    pages = chapters or (HTML, "<html><body><h1>Hills</h1><p>The Alps are high.</p></body></html>")
    items = "".join(
        f'<item id="c{n}" href="text/c%20{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(len(pages))
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(pages)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        )
        if encryption:
            book.writestr(
                "META-INF/encryption.xml",
                '<encryption xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptedData>'
                f'<e:EncryptionMethod Algorithm="{encryption}"/></e:EncryptedData></encryption>',
            )
        book.writestr(
            "OEBPS/book.opf",
            f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest>'
            f"<spine>{spine}</spine></package>",
        )
        for number, page in enumerate(pages):
            book.writestr(f"OEBPS/text/c {number}.xhtml", page)
    return buffer.getvalue()


def make_eml(*, html_only: bool = False) -> bytes:
    """Make a message with a file attached, its text twice or as a web page alone."""
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"] = "Grüße vom Fluß"
    message["From"] = "Ada <ada@example.org>"
    message["To"] = "bob@example.org"
    message["Date"] = "Sat, 21 Nov 2026 10:00:00 +0000"
    if html_only:
        message.set_content(HTML, subtype="html")
    else:
        message.set_content(f"The Danube flows through ten countries.\n\n{NON_LATIN}\n")
        message.add_alternative("<p>Not this one.</p>", subtype="html")
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="map.pdf")
    return message.as_bytes()


def with_entry(archive: bytes, name: str, content: bytes) -> bytes:
    """Give an archive again with one of its files replaced or added."""
    source = zipfile.ZipFile(io.BytesIO(archive))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            if entry.filename != name:
                target.writestr(entry.filename, source.read(entry.filename))
        target.writestr(name, content)
    return buffer.getvalue()


def make_zip_bomb(archive: bytes | None = None, entry: str = "word/document.xml") -> bytes:
    """Make an archive, a Word document if none is given, one file of which unpacks to 1 GB."""
    source = zipfile.ZipFile(io.BytesIO(archive or make_docx()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb:
        for each in source.infolist():
            if each.filename == entry:
                with bomb.open(entry, "w", force_zip64=True) as stream:
                    for _ in range(64):
                        stream.write(b" " * (16 * 1024 * 1024))
            else:
                bomb.writestr(each.filename, source.read(each.filename))
    return buffer.getvalue()


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
"""The beginning of an XML file whose entity `&j;` is a billion words long; ends within `[`."""


HTML = f"""<!doctype html><html><head><meta charset="utf-8"><title>Atlas</title>
<style>p {{ color: red }}</style><script>alert("stolen")</script></head><body>
<nav><a href="/">Home</a> <a href="/x">Buy now</a></nav>
<main><h1>Atlas</h1><h2>Rivers</h2><p>The <b>Danube</b> flows through ten&nbsp;countries.</p>
<ul><li>bring a map</li></ul><pre>GET /river</pre>
<table><tr><th>River</th><th>Kilometres</th></tr><tr><td>Danube</td><td>2850</td></tr></table>
<h2>Elsewhere</h2><p>{NON_LATIN}</p></main><footer>imprint</footer></body></html>"""

MARKDOWN = f"""---
secret: front matter
---
# Atlas

## Rivers

The **Danube** flows through [ten countries](https://example.org).

- bring a map

```
GET /river
```

| River | Kilometres |
|-------|------------|
| Danube | 2850 |

## Elsewhere

{NON_LATIN}
"""
