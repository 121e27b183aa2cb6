"""Changing `.env` and nothing in it but what was asked: comments, order and line ends stay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from hearth_kit.files import write_atomic

from hearth_control.settings.env_file import Binding, parse_env, quote
from hearth_control.settings.errors import SettingsUnreadableError, UnwritableValueError
from hearth_control.settings.load import ENV_FILE, read_env

BACKUP = ".env.before-last-change"
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NEW_MODE = 0o600


def set_value(text: str, key: str, value: str) -> str:
    """Give the text with the key set: in place of its last binding, else in a line at the end.

    Raises:
        UnwritableValueError: the key is no name, or the value holds what no text file can.
    """
    _check_writable(key, value)
    last = next((one for one in reversed(_bindings(text)) if one.key == key), None)
    written = quote(value)
    if last is not None:
        return text[: last.value_start] + written + text[last.value_end :]
    ending = _line_ending(text)
    gap = "" if not text or text.endswith(("\n", "\r")) or text == "\ufeff" else ending
    return f"{text}{gap}{key}={written}{ending}"


def remove_value(text: str, key: str) -> str:
    """Give the text without any line that sets the key."""
    for binding in reversed(_bindings(text)):
        if binding.key == key:
            text = text[: binding.start] + text[binding.end :]
    return text


def write_env(home: Path, changes: Mapping[str, str | None]) -> None:
    """Set and remove keys of the home's `.env` at once; None removes.

    The file appears whole or not at all, keeps its mode (0600 when new), and what it was before
    stays beside it as `.env.before-last-change`.

    Raises:
        SettingsUnreadableError: the file cannot be read or is not UTF-8.
        UnwritableValueError: a value cannot stand in it; nothing was written.
        OSError: the home cannot be written, or the disk is full; nothing was written.
    """
    path = home / ENV_FILE
    data = read_env(home)
    try:
        before = data.decode()
    except UnicodeDecodeError as cause:
        text = f"{path}: is not UTF-8, so it is not changed"
        raise SettingsUnreadableError(text, hint=f"file '{path}'") from cause
    after = before
    for key, value in changes.items():
        after = remove_value(after, key) if value is None else set_value(after, key, value)
    if after == before and path.exists():
        return
    target = path.resolve()
    mode = target.stat().st_mode & 0o777 if target.exists() else _NEW_MODE
    if target.exists():
        write_atomic(home / BACKUP, data, mode=mode)
    write_atomic(target, after.encode(), mode=mode)


def _bindings(text: str) -> tuple[Binding, ...]:
    return tuple(binding for binding in parse_env(text) if not binding.fault)


def _check_writable(key: str, value: str) -> None:
    if not _KEY.fullmatch(key):
        msg = f"{ENV_FILE}: `{key}` is no name of a setting"
        raise UnwritableValueError(msg, hint="hearth settings")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        msg = f"{ENV_FILE}: {key}: the value holds a character that no text file can"
        raise UnwritableValueError(msg, hint=f"hearth settings explain {key}")


def _line_ending(text: str) -> str:
    first = re.search(r"\r\n|\n|\r", text)
    return first[0] if first else "\n"
