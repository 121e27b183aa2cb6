"""Blocks of a page, whatever it is written like."""

from __future__ import annotations

import pytest
from hearth_server.adapters.readers import html
from hearth_server.adapters.readers.html import blocks_of

pytestmark = pytest.mark.unit

PAGES = {
    "inline": ("<p>The <b>Danube</b> <!-- 2850 km --> is<br>long.</p>", ["The Danube is", "long."]),
    "without-paragraphs": ("The Danube<hr>is long", ["The Danube", "is long"]),
    "entities": ("<p>Gr&uuml;n &amp; blau &#8212; x</p>", ["Grün & blau — x"]),
    "dropped": (
        "<p>kept</p><nav><p>menu</p><ul><li>one</ul></nav><script>1 < 2</script><p>too</p>",
        ["kept", "too"],
    ),
    "main": ("<p>before</p><main><p>text</p></main><p>after</p>", ["text"]),
    "first-article": ("<article>one</article><article>two</article>", ["one"]),
    "main-before-article": ("<article>one</article><main>two</main>", ["two"]),
    "nothing-closed": ("<main><h1>Rivers<p>Danube<p>Rhine", ["Rivers", "Danube", "Rhine"]),
    "closed-twice": ("<main><p>one</p></p></main></main><p>two</p>", ["one"]),
    "list": (
        "<ul><li>\n <p>one</p><p>more</p><li><ul><li>two</ul></ul>",
        ["- one", "more", "- two"],
    ),
    "head-only": ("<title>Rivers</title>", ["Rivers"]),
    "empty": ("", []),
    "space": ("  \n ", []),
}


@pytest.mark.parametrize(("page", "expected"), PAGES.values(), ids=PAGES.keys())
def test_page_says(page: str, expected: list[str]) -> None:
    assert [text for _, _, _, text in blocks_of(page.encode())] == expected


TABLES = {
    "rows": (
        "<tr><th>River<th>km<tr><td>Danube</td> <td><b>2</b>850</td></tr>",
        "River | km\nDanube | 2850",
    ),
    "nested": (
        "<tr><td>Danube<table><tr><td>long<td>wide</table><td>2850",
        "Danube long wide | 2850",
    ),
    "without-rows": ("<td>Danube<td>2850", "Danube | 2850"),
    "outside-of-cells": ("<caption>Rivers</caption><tr><td>Danube", "Danube"),
}


@pytest.mark.parametrize(("rows", "expected"), TABLES.values(), ids=TABLES.keys())
def test_table_has_a_line_a_row(rows: str, expected: str) -> None:
    assert blocks_of(f"<table>{rows}</table>".encode()) == [("table", 0, None, expected)]


def test_code_keeps_its_lines() -> None:
    assert blocks_of(b"<pre>def f():\n  <b>return</b> 1<br>x</pre>") == [
        ("code", 0, None, "def f():\n  return 1\nx")
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "windows-1251", "shift_jis"])
def test_declared_encoding_is_believed(encoding: str) -> None:
    word = {"windows-1251": "Дунай", "shift_jis": "ドナウ川"}.get(encoding, "Größe")
    page = f'<meta charset="{encoding}"><p>{word}</p>'.encode(encoding)
    assert [block[3] for block in blocks_of(page)] == [word]


def test_false_declaration_is_not_believed() -> None:
    page = '<meta charset="utf-8"><p>Größe</p>'.encode("cp1252")
    assert [block[3] for block in blocks_of(page)] == ["Größe"]


def test_long_text_is_cut_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "_PIECE", 1_000)
    monkeypatch.setattr(html, "_LONGEST", 1_000)
    words = [f"word{number}" for number in range(5_000)]
    found = [text for _, _, _, text in blocks_of(" ".join(words).encode())]
    assert len(found) > 5
    assert " ".join(found).split() == words
