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


def make_zip_bomb() -> bytes:
    """Make a Word document whose text would unpack to a gigabyte of spaces."""
    source = zipfile.ZipFile(io.BytesIO(make_docx()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bomb:
        for entry in source.infolist():
            if entry.filename == "word/document.xml":
                with bomb.open(entry.filename, "w", force_zip64=True) as stream:
                    for _ in range(64):
                        stream.write(b" " * (16 * 1024 * 1024))
            else:
                bomb.writestr(entry.filename, source.read(entry.filename))
    return buffer.getvalue()


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
