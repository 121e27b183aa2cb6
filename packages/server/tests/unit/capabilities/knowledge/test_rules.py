"""Names and kinds: whatever a client sends becomes a harmless label or a clear error."""

from __future__ import annotations

from uuid import UUID

import pytest
from hearth_server.capabilities.knowledge.errors import BadLabelError, UnsupportedFormatError
from hearth_server.capabilities.knowledge.rules import (
    clean_label,
    clean_tags,
    describe_size,
    file_label,
    media_type_of,
    object_key,
)
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("sent", "label"),
    [
        ("report.pdf", "report.pdf"),
        ("../../x.pdf", "x.pdf"),
        ("..\\..\\windows\\x.pdf", "x.pdf"),
        ("/etc/passwd", "passwd"),
        ("a\x00b\n.txt", "a b .txt"),
        ("\u202egpj.exe.txt", "gpj.exe.txt"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("übung \u0301.md", "übung \u0301.md"),
    ],
)
def test_file_name_becomes_label(sent: str, label: str) -> None:
    assert file_label(sent) == label


@given(st.text(max_size=600))
def test_label_is_never_path(sent: str) -> None:
    label = file_label(sent)
    assert label
    assert len(label) <= 300
    assert "/" not in label
    assert "\\" not in label
    assert label not in {".", ".."}
    assert clean_label(label) == label


def test_kind_by_name_first() -> None:
    assert media_type_of("A.PDF", "text/plain") == "application/pdf"
    assert media_type_of("notes", "text/markdown; charset=utf-8") == "text/markdown"


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(UnsupportedFormatError) as caught:
        media_type_of("virus.exe", "application/octet-stream")
    assert str(caught.value) == (
        "file `virus.exe`: its kind is not supported, expected one of `.csv .docx .eml .epub"
        " .htm .html .json .log .markdown .md .pdf .pptx .rst .text .tsv .txt .xhtml .xlsm .xlsx"
        " .yaml .yml`"
    )


def test_tags_are_ordered() -> None:
    assert clean_tags(["b", " a ", "b"]) == ("a", "b")


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ([str(n) for n in range(21)], "tags: 21 given, at most 20 are allowed"),
        ([" "], "tags: `` has 0 characters, expected 1 to 60"),
        (["x" * 80], f"tags: `{'x' * 61}` has 61 characters, expected 1 to 60"),
    ],
    ids=["many", "empty", "long"],
)
def test_bad_tags_are_refused(tags: list[str], message: str) -> None:
    with pytest.raises(BadLabelError) as caught:
        clean_tags(tags)
    assert str(caught.value) == message


def test_key_is_ours_alone() -> None:
    key = object_key(UUID(int=1), UUID(int=2))
    assert key == f"user-{UUID(int=1)}/documents/{UUID(int=2)}"


@pytest.mark.parametrize(
    ("size", "text"), [(5, "5 bytes"), (2048, "2 kB"), (200 << 20, "200 MB"), (3 << 29, "1.5 GB")]
)
def test_size_reads_well(size: int, text: str) -> None:
    assert describe_size(size) == text
