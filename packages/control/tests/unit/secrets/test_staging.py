"""New values that wait, and the record of what data was made with, on a real disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.secrets.errors import SecretsClosedError
from hearth_control.secrets.initialised import FILE, load_record, save_record
from hearth_control.secrets.staging import Staging
from hearth_control.secrets.store import SecretStore
from hearth_kit.secret import Secret

pytestmark = pytest.mark.unit


def test_new_value_waits_beside_the_old_one_and_takes_its_place(tmp_path: Path) -> None:
    staging, store = Staging(tmp_path), SecretStore(tmp_path)
    staging.put("key", Secret("old"))
    staging.settle("key")
    staging.put("key", Secret("new"))
    assert store.load(["key"])["key"] == Secret("old")
    assert (staging.keys(), staging.load()["key"]) == (("key",), Secret("new"))
    staging.settle("key")
    assert (staging.keys(), store.load(["key"])["key"]) == ((), Secret("new"))
    assert store.keys() == ("key",)


def test_both_files_are_closed_to_others(tmp_path: Path) -> None:
    Staging(tmp_path).put("key", Secret("v"))
    folder = tmp_path / "secrets" / ".next"
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert oct((folder / "key").stat().st_mode & 0o777) == "0o600"


def test_settling_and_dropping_twice_is_harmless(tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    staging.put("key", Secret("v"))
    staging.settle("key")
    staging.settle("key")
    staging.drop("key")
    assert SecretStore(tmp_path).load(["key"])["key"] == Secret("v")


def test_folder_that_is_a_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("")
    with pytest.raises(SecretsClosedError) as raised:
        Staging(tmp_path).put("key", Secret("s3cret-value"))
    assert str(tmp_path / "secrets") in raised.value.message
    assert "s3cret-value" not in str(raised.value)


def test_record_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    record = {"data": {"key": "0123456789abcdef"}}
    save_record(tmp_path, record)
    assert load_record(tmp_path) == record
    assert oct((tmp_path / "secrets" / FILE).stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"volumes": 3}', '{"volumes": {"a": 1}}', "\xff"])
def test_damaged_record_knows_nothing_and_breaks_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / FILE).write_bytes(text.encode("latin-1"))
    assert load_record(tmp_path) == {}
