"""Changing `.env`: what was asked changes, every other character stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hearth_control.settings.edit import BACKUP, remove_value, set_value, write_env
from hearth_control.settings.env_file import parse_env
from hearth_control.settings.errors import SettingsUnreadableError, UnwritableValueError
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

SET = {
    "new-file": ("", "A=x\n"),
    "appended": ("B=c\n", "B=c\nA=x\n"),
    "no-line-end": ("B=c", "B=c\nA=x\n"),
    "crlf": ("B=c\r\n", "B=c\r\nA=x\r\n"),
    "byte-order-mark": ("\ufeff", "\ufeffA=x\n"),
    "replaced": ("# note\nA=b # why\nB=c\n", "# note\nA=x # why\nB=c\n"),
    "quoted": ("A='b c' # why\r\nB=c\r\n", "A=x # why\r\nB=c\r\n"),
    "lines": ('A="b\nc"\nB=d\n', "A=x\nB=d\n"),
    "export": ("export A = b\n", "export A = x\n"),
    "last-of-two": ("A=1\nA=2\n", "A=1\nA=x\n"),
    "commented-out": ("# A=b\n", "# A=b\nA=x\n"),
    "beside-faults": ("hello there\nA=b\n", "hello there\nA=x\n"),
}


@pytest.mark.parametrize(("before", "after"), SET.values(), ids=SET)
def test_set_touches_one_value(before: str, after: str) -> None:
    assert set_value(before, "A", "x") == after


REMOVED = {
    "absent": ("B=c\n", "B=c\n"),
    "one": ("# note\nA=b # why\nB=c\n", "# note\nB=c\n"),
    "each": ("A=1\nB=c\nA=2\n", "B=c\n"),
    "lines": ("A='b\nc'\r\nB=d", "B=d"),
    "last": ("B=c\nA=b", "B=c\n"),
    "commented-out": ("# A=b\n", "# A=b\n"),
}


@pytest.mark.parametrize(("before", "after"), REMOVED.values(), ids=REMOVED)
def test_remove_touches_one_key(before: str, after: str) -> None:
    assert remove_value(before, "A") == after


KEYS = st.sampled_from(["A", "B", "LONG_KEY", "x"])
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
LINES = st.sampled_from(
    ["A=1", "B='two words' # why", 'x="a\nb"', "# note", "", "export LONG_KEY=$a", "A=2", "broken"]
)
FILES = st.builds(
    lambda lines, end, last: end.join(lines) + last,
    st.lists(LINES, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n"]),
)


def holding(text: str) -> dict[str, str]:
    return {one.key: one.value for one in parse_env(text) if not one.fault}


@given(FILES, KEYS, st.text(LETTERS))
def test_set_then_read_gives_value(text: str, key: str, value: str) -> None:
    after = set_value(text, key, value)
    assert holding(after) == {**holding(text), key: value}
    assert set_value(after, key, value) == after


@given(FILES, KEYS, st.text(LETTERS))
def test_set_leaves_comments_and_faults(text: str, key: str, value: str) -> None:
    after = set_value(text, key, value)
    last = next((one for one in reversed(parse_env(text)) if one.key == key), None)
    start, end = (len(text), len(text)) if last is None else (last.value_start, last.value_end)
    assert after.startswith(text[:start])
    assert after.endswith(text[end:])


@given(FILES, KEYS)
def test_remove_then_read_lacks_key(text: str, key: str) -> None:
    kept = {name: value for name, value in holding(text).items() if name != key}
    assert holding(remove_value(text, key)) == kept


@pytest.mark.parametrize("key", ["", "A B", "A=B", "1A", "A\nB", "ä"])
def test_name_must_be_one(key: str) -> None:
    with pytest.raises(UnwritableValueError) as caught:
        set_value("", key, "x")
    assert str(caught.value) == f".env: `{key}` is no name of a setting"
    assert caught.value.hint == "hearth settings"


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_value_must_be_text(value: str) -> None:
    with pytest.raises(UnwritableValueError) as caught:
        set_value("", "A", value)
    assert str(caught.value) == ".env: A: the value holds a character that no text file can"
    assert caught.value.hint == "hearth settings explain A"


def test_new_file_is_private(tmp_path: Path) -> None:
    write_env(tmp_path, {"A": "b", "B": None})
    assert (tmp_path / ".env").read_bytes() == b"A=b\n"
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / BACKUP).exists()


def test_mode_and_former_text_stay(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"# mine\r\nA=b\r\nC=d\r\n")
    file.chmod(0o640)
    write_env(tmp_path, {"A": "x y", "C": None})
    assert file.read_bytes() == b"# mine\r\nA='x y'\r\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / BACKUP).read_bytes() == b"# mine\r\nA=b\r\nC=d\r\n"


def test_same_text_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=b\n")
    os.utime(file, ns=(1, 1))
    write_env(tmp_path, {"A": "b", "C": None})
    assert file.stat().st_mtime_ns == 1
    assert not (tmp_path / BACKUP).exists()


def test_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "real.env").write_text("A=b\n")
    (tmp_path / "home" / ".env").symlink_to(tmp_path / "real.env")
    write_env(tmp_path / "home", {"A": "x"})
    assert (tmp_path / "home" / ".env").is_symlink()
    assert (tmp_path / "real.env").read_text() == "A=x\n"


def test_one_bad_value_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=b\n")
    with pytest.raises(UnwritableValueError):
        write_env(tmp_path, {"A": "x", "B": "\0"})
    assert (tmp_path / ".env").read_text() == "A=b\n"


def test_other_encoding_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=gr\xfc\xdfe\n")
    with pytest.raises(SettingsUnreadableError) as caught:
        write_env(tmp_path, {"A": "x"})
    assert str(caught.value) == f"{tmp_path}/.env: is not UTF-8, so it is not changed"
    assert caught.value.hint == f"file '{tmp_path}/.env'"
    assert (tmp_path / ".env").read_bytes() == b"A=gr\xfc\xdfe\n"
