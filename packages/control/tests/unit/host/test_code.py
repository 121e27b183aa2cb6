from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.host.code import digest_code

pytestmark = pytest.mark.unit


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    package = tmp_path / "packages" / "one"
    package.mkdir(parents=True)
    (package / "a.py").write_text("a = 1\n")
    (tmp_path / "lock").write_text("x==1\n")
    return tmp_path


PATHS = ("lock", "packages/one")


def test_change_changes_digest(checkout: Path) -> None:
    before = digest_code(checkout, PATHS)
    (checkout / "packages" / "one" / "a.py").write_text("a = 2\n")
    assert digest_code(checkout, PATHS) != before


def test_rename_changes_digest(checkout: Path) -> None:
    before = digest_code(checkout, PATHS)
    (checkout / "packages" / "one" / "a.py").rename(checkout / "packages" / "one" / "b.py")
    assert digest_code(checkout, PATHS) != before


def test_elsewhere_is_same(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    import shutil

    copy = tmp_path_factory.mktemp("other") / "clone"
    shutil.copytree(checkout, copy)
    assert digest_code(copy, PATHS) == digest_code(checkout, PATHS)


def test_compiled_files_do_not_count(checkout: Path) -> None:
    before = digest_code(checkout, PATHS)
    cache = checkout / "packages" / "one" / "__pycache__"
    cache.mkdir()
    (cache / "a.cpython-311.pyc").write_bytes(b"\x00")
    assert digest_code(checkout, PATHS) == before


def test_order_does_not_count(checkout: Path) -> None:
    assert digest_code(checkout, PATHS) == digest_code(checkout, tuple(reversed(PATHS)))


def test_missing_file_counts(checkout: Path) -> None:
    assert digest_code(checkout, ("lock", "gone")) != digest_code(checkout, ("lock",))
