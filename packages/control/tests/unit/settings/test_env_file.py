"""The grammar of `.env`: each way to write a value, each fault of a line."""

from __future__ import annotations

import pytest
from hearth_control.settings.env_file import parse_env, quote
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

VALUES = {
    "plain": ("A=b", "b"),
    "spaces-around": ("  A  =  b c  ", "b c"),
    "empty": ("A=", ""),
    "comment": ("A=b # note", "b"),
    "only-comment": ("A= # note", ""),
    "hash-inside": ("A=b#c", "b#c"),
    "export": ("export A=b", "b"),
    "equals-inside": ("A=b=c", "b=c"),
    "dollar": ("A=$HOME", "$HOME"),
    "single": ("A='b # $c \"d\"'", 'b # $c "d"'),
    "single-escapes": (r"A='it\'s \\ \n'", r"it's \ \n"),
    "single-comment": ("A='b' # note", "b"),
    "double": ('A="b # c"', "b # c"),
    "double-escapes": (r'A="a\nb\tc\r\"\$\\\x"', 'a\nb\tc\r"$\\\\x'),
    "double-lines": ('A="b\nc"', "b\nc"),
    "single-lines": ("A='b\nc'", "b\nc"),
    "empty-quotes": ("A=''", ""),
    "backslash-at-end": ("A=C:\\dir\\", "C:\\dir\\"),
    "quote-inside": ("A=it's", "it's"),
    "byte-order-mark": ("\ufeffA=b", "b"),
    "not-ascii": ("A=grüße", "grüße"),
    "crlf": ("A=b\r\n", "b"),
    "old-mac": ("A=b\rB=c\r", "b"),
}


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES)
def test_value_is_read(text: str, value: str) -> None:
    first = parse_env(text)[0]
    assert (first.fault, first.key, first.value) == ("", "A", value)


FAULTS = {
    "no-equals": ("A", "should be `KEY=value`, found `A`"),
    "words": ("hello there", "should be `KEY=value`, found `hello there`"),
    "no-key": ("=b", "should be `KEY=value`, found ``"),
    "bad-key": ("A-B=c", "`A-B` is no name of a setting"),
    "digit-first": ("1A=b", "`1A` is no name of a setting"),
    "unclosed-single": ("A='b", "its quote is not closed"),
    "unclosed-double": ('A="b\nB=c', "its quote is not closed"),
    "swallowing": ("A='b\nB='c'\n", "its quote is not closed"),
    "after-quote": ("A='b' c", "only a comment may follow the closing quote"),
}


@pytest.mark.parametrize(("text", "fault"), FAULTS.values(), ids=FAULTS)
def test_fault_is_named(text: str, fault: str) -> None:
    assert parse_env(text)[0].fault == fault


def test_fault_shows_no_value() -> None:
    assert "hunter2" not in parse_env("MY PASSWORD=hunter2")[0].fault


def test_fault_ends_with_its_line() -> None:
    assert [(one.line, one.key, one.fault) for one in parse_env("A='b\nB=c\n")] == [
        (1, "A", "its quote is not closed"),
        (2, "B", ""),
    ]


def test_lines_are_counted() -> None:
    text = "# one\r\n\r\nA='x\r\ny'\r\nB=c\n\nexport C=d"
    assert [(one.key, one.line) for one in parse_env(text)] == [("A", 3), ("B", 5), ("C", 7)]


def test_places_cover_the_text() -> None:
    text = "A=b # note\n\nB='c'\n"
    first, second = parse_env(text)
    assert text[first.start : first.end] == "A=b # note\n"
    assert text[first.value_start : first.value_end] == "b"
    assert text[second.value_start : second.value_end] == "'c'"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("http://a.example:80/x?y=1&z", "http://a.example:80/x?y=1&z"),
        ("", ""),
        ("two words", "'two words'"),
        ("a#b", "'a#b'"),
        ("$HOME", "'$HOME'"),
        ('say "hi"', "'say \"hi\"'"),
        ("it's", '"it\'s"'),
        ("a\nb\r", '"a\\nb\\r"'),
        ("a\\", '"a\\\\"'),
    ],
)
def test_quotes_only_where_needed(value: str, written: str) -> None:
    assert quote(value) == written


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_quoted_reads_back(value: str) -> None:
    (one,) = parse_env(f"A={quote(value)}\n")
    assert (one.fault, one.value) == ("", value)


@given(st.text(alphabet="AB=' \"\\#$\r\n\texport\ufeff"))
def test_any_text_is_read_in_order(text: str) -> None:
    found = parse_env(text)
    ends = [0, *(one.end for one in found)]
    assert all(one.start >= end for one, end in zip(found, ends, strict=False))
    assert all(one.end <= len(text) for one in found)
