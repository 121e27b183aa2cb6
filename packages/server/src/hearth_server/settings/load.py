"""The one place of the server that reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hearth_kit.settings import Layer, merge

from hearth_server.settings.errors import SettingsError
from hearth_server.settings.model import PREFIX, Settings
from hearth_server.settings.parse import HINT, parse

FILE_SUFFIX: Final = "_FILE"
FILE_LIMIT_BYTES: Final = 64 * 1024


def load(environment: Mapping[str, str] | None = None, *, flags: Layer | None = None) -> Settings:
    """Read flags and environment; `NAME_FILE` names a file that holds the value of `NAME`.

    Raises:
        SettingsError: a value is missing, unknown, malformed, or its file cannot be read.
    """
    given = os.environ if environment is None else environment
    ours = {key: value for key, value in given.items() if key.startswith(PREFIX)}
    layers = [_from_files(ours), _plain(ours)]
    return parse(merge([flags, *layers] if flags else layers))


def _plain(values: Mapping[str, str]) -> Layer:
    kept = {key: value for key, value in values.items() if not key.endswith(FILE_SUFFIX)}
    return Layer(origin="environment", values=kept)


def _from_files(values: Mapping[str, str]) -> Layer:
    found: dict[str, str] = {}
    for key, name in sorted(values.items()):
        if not key.endswith(FILE_SUFFIX) or not name:
            continue
        plain = key.removesuffix(FILE_SUFFIX)
        if values.get(plain):
            msg = f"{plain}: is set twice, as `{plain}` and as `{key}`"
            raise SettingsError(msg, hint=HINT)
        found[plain] = _read(key, Path(name))
    return Layer(origin="file", values=found)


def _read(key: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT_BYTES + 1)
        text = data.decode()
    except OSError as cause:
        msg = f"{key}: `{path}` cannot be read"
        raise SettingsError(msg, hint=f"ls -l {path}") from cause
    except UnicodeDecodeError as cause:
        msg = f"{key}: `{path}` is not text"
        raise SettingsError(msg, hint=f"file {path}") from cause
    if len(data) > FILE_LIMIT_BYTES:
        msg = f"{key}: `{path}` is larger than {FILE_LIMIT_BYTES} bytes"
        raise SettingsError(msg, hint=f"ls -l {path}")
    return text.strip()
