"""Reading the environment and the files that it names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_kit.settings import Layer
from hearth_server.settings.errors import SettingsError
from hearth_server.settings.load import load

pytestmark = pytest.mark.unit

URL = "postgresql://hearth_app@127.0.0.1/hearth"


def test_file_holds_value(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text(f"{URL}\n")
    settings = load({"HEARTH_DATABASE_URL_FILE": str(secret), "PATH": "/bin"})
    assert settings.database_url.reveal() == URL


def test_flag_beats_environment() -> None:
    flags = Layer(origin="flag", values={"HEARTH_PORT": "1"})
    assert load({"HEARTH_DATABASE_URL": URL, "HEARTH_PORT": "2"}, flags=flags).port == 1


def test_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load({"HEARTH_DATABASE_URL": URL, "HEARTH_DATABASE_URL_FILE": str(tmp_path / "url")})
    assert str(caught.value) == (
        "HEARTH_DATABASE_URL: is set twice, as `HEARTH_DATABASE_URL`"
        " and as `HEARTH_DATABASE_URL_FILE`"
    )


def test_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none"
    with pytest.raises(SettingsError) as caught:
        load({"HEARTH_DATABASE_URL_FILE": str(path)})
    assert str(caught.value) == f"HEARTH_DATABASE_URL_FILE: `{path}` cannot be read"
    assert caught.value.hint == f"ls -l {path}"


def test_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError) as caught:
        load({"HEARTH_EMBEDDER_API_KEY_FILE": str(path)})
    assert str(caught.value) == f"HEARTH_EMBEDDER_API_KEY_FILE: `{path}` is not text"


def test_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"x" * 70_000)
    with pytest.raises(SettingsError) as caught:
        load({"HEARTH_EMBEDDER_API_KEY_FILE": str(path)})
    assert str(caught.value) == f"HEARTH_EMBEDDER_API_KEY_FILE: `{path}` is larger than 65536 bytes"


def test_unknown_file_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("1")
    with pytest.raises(SettingsError) as caught:
        load({"HEARTH_DATABASE_URL": URL, "HEARTH_PROT_FILE": str(path)})
    assert str(caught.value) == (
        "HEARTH_PROT: unknown setting, the nearest known one is `HEARTH_PORT`"
    )
