"""Reading a catalog's folder: what is found, what is kept, what is said of what cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hearth_control.catalog.errors import (
    CatalogError,
    CatalogMissingError,
    CatalogUnreadableError,
)
from hearth_control.catalog.load import load_catalog
from hearth_control.catalog.model import Catalog

pytestmark = pytest.mark.unit

SERVICE = """\
x-hearth:
  title: {title}
  summary: A service
  home: https://example.org
  licence: MIT
  memory: {{typical: 100M, limit: 1G}}
services:
  {name}:
    image: example/{name}:1.2.3
"""
PRESETS = "presets:\n  starter: {title: Starter, summary: s, services: [two]}\n"


def add(folder: Path, name: str, *, title: str = "One") -> Path:
    file = folder / name / "compose.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(SERVICE.format(name=name, title=title))
    return file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "catalog"
    add(folder / "03-apps", "two")
    add(folder / "03-apps", "one")
    add(folder / "01-data", "three")
    (folder / "presets.yaml").write_text(PRESETS)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "catalog.json"


def load(root: Path, *, extra: Path | None = None, cache: Path | None = None) -> Catalog:
    return load_catalog(root, extra=extra, cache=cache)


def findings(root: Path, *, extra: Path | None = None) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        load(root, extra=extra)
    return [str(one) for one in caught.value.findings]


def test_order_is_stack_then_name(root: Path) -> None:
    loaded = load(root)
    assert list(loaded.services) == ["three", "one", "two"]
    assert loaded.services["one"].stack == "03-apps"
    assert loaded.services["one"].path == "catalog/03-apps/one/compose.yaml"
    assert list(loaded.presets) == ["starter"]


def test_own_files_are_read(root: Path) -> None:
    folder = root / "03-apps" / "one"
    (folder / "deep").mkdir()
    (folder / "deep" / "a.conf").write_bytes(b"\xef\xbb\xbfa\r\nb\r\n")
    (folder / ".swp").write_text("editor's")
    assert load(root).services["one"].configs == {"deep/a.conf": "a\nb\n"}


def test_folder_without_compose_file_passes(root: Path) -> None:
    (root / "03-apps" / "notes").mkdir()
    (root / "03-apps" / "README.md").write_text("# Apps")
    (root / "99-other" / "ten").mkdir(parents=True)
    assert list(load(root).services) == ["three", "one", "two"]


def test_own_service_takes_place(root: Path, tmp_path: Path) -> None:
    own = tmp_path / "services"
    file = add(own, "one", title="Mine")
    add(own, "four")
    loaded = load(root, extra=own)
    assert list(loaded.services) == ["three", "four", "one", "two"]
    assert loaded.services["one"].title == "Mine"
    assert loaded.services["one"].path == str(file)


def test_absent_own_folder_is_none(root: Path, tmp_path: Path) -> None:
    assert len(load(root, extra=tmp_path / "services").services) == 3


def test_findings_of_all_files(root: Path) -> None:
    (root / "01-data" / "three" / "compose.yaml").write_text("")
    (root / "03-apps" / "one" / "compose.yaml").write_text("a: [")
    (root / "presets.yaml").write_text("- a")
    assert findings(root) == [
        "catalog/01-data/three/compose.yaml: is empty",
        "catalog/03-apps/one/compose.yaml:1: is not valid YAML: did not find expected node content",
        "catalog/presets.yaml:1: should be a mapping",
    ]


def test_broken_own_service_is_named(root: Path, tmp_path: Path) -> None:
    file = add(tmp_path / "services", "four")
    file.write_text("a:\n\tb: 1\n")
    assert findings(root, extra=tmp_path / "services") == [
        f"{file}:2: a tab indents this line; indent with spaces"
    ]


def test_preset_of_no_service(root: Path) -> None:
    (root / "presets.yaml").write_text(PRESETS.replace("[two]", "[ten]"))
    assert findings(root) == [
        (
            "catalog/presets.yaml: presets.starter.services: there is no service `ten`; "
            "take it out or add it"
        )
    ]


def test_not_utf8_names_line(root: Path) -> None:
    (root / "03-apps" / "one" / "compose.yaml").write_bytes(b"a: 1\nb: \xff\n")
    assert findings(root) == [
        "catalog/03-apps/one/compose.yaml:2: is not UTF-8: byte 0xff at position 8"
    ]


def test_own_file_not_utf8(root: Path) -> None:
    (root / "03-apps" / "one" / "logo.png").write_bytes(b"\x89PNG")
    assert findings(root) == [
        "catalog/03-apps/one/logo.png:1: is not UTF-8: byte 0x89 at position 0"
    ]


def test_byte_order_mark_and_crlf(root: Path) -> None:
    text = SERVICE.format(name="one", title="One").replace("\n", "\r\n")
    (root / "03-apps" / "one" / "compose.yaml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load(root).services["one"].title == "One"


def test_missing_root(tmp_path: Path) -> None:
    with pytest.raises(CatalogMissingError) as caught:
        load(tmp_path / "gone")
    assert str(caught.value) == f"{tmp_path / 'gone'}: is no folder of a catalog"
    assert caught.value.hint == "git checkout -- catalog"


def test_missing_presets(root: Path) -> None:
    (root / "presets.yaml").unlink()
    with pytest.raises(CatalogUnreadableError) as caught:
        load(root)
    assert str(caught.value) == "catalog/presets.yaml: cannot be read"
    assert caught.value.hint == f"ls -l {root / 'presets.yaml'}"


def test_cache_is_used(root: Path, cache: Path) -> None:
    first = load(root, cache=cache)
    text = cache.read_text()
    cache.write_text(text.replace('"title":"One"', '"title":"Kept"'))
    assert cache.stat().st_mode & 0o777 == 0o600
    assert load(root, cache=cache).services["one"].title == "Kept"
    assert first.services["one"].title == "One"


def test_cache_gives_equal_catalog(root: Path, cache: Path) -> None:
    assert load(root, cache=cache) == load(root, cache=cache)


def test_changed_file_makes_stale(root: Path, cache: Path) -> None:
    load(root, cache=cache)
    add(root / "03-apps", "one", title="Another")
    assert load(root, cache=cache).services["one"].title == "Another"


def test_touched_file_makes_stale(root: Path, cache: Path) -> None:
    load(root, cache=cache)
    file = root / "03-apps" / "one" / "compose.yaml"
    file.write_text(file.read_text().replace("One", "Two"))
    os.utime(file, ns=(1, 1))
    assert load(root, cache=cache).services["one"].title == "Two"


def test_added_and_removed_make_stale(root: Path, cache: Path) -> None:
    load(root, cache=cache)
    add(root / "03-apps", "four").with_name("a.conf").write_text("a")
    assert load(root, cache=cache).services["four"].configs == {"a.conf": "a"}
    (root / "03-apps" / "four" / "a.conf").unlink()
    assert load(root, cache=cache).services["four"].configs == {}


def test_changed_presets_make_stale(root: Path, cache: Path) -> None:
    load(root, cache=cache)
    (root / "presets.yaml").write_text(PRESETS.replace("[two]", "[one, two]"))
    assert load(root, cache=cache).presets["starter"].services == ("one", "two")


def test_fault_is_not_cached(root: Path, cache: Path) -> None:
    (root / "03-apps" / "one" / "compose.yaml").write_text("")
    with pytest.raises(CatalogError):
        load(root, cache=cache)
    assert not cache.exists()


DAMAGED = {
    "empty": b"",
    "half": b'{"fingerprint": "',
    "binary": b"\xff\x00",
    "list": b"[]",
    "number": b"7",
    "deep": b"[" * 100_000,
    "huge-number": b'{"fingerprint": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damaged_cache_costs_only_time(data: bytes, root: Path, cache: Path) -> None:
    expected = load(root)
    cache.parent.mkdir()
    cache.write_bytes(data)
    assert load(root, cache=cache) == expected
    assert cache.read_bytes() != data


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"catalog":{', '"catalog":7,"other":{'),
        ('"services":{', '"servces":{'),
        ('"containers":[', '"containers":["a",'),
        ('"title":"One"', '"titel":"One"'),
    ],
)
def test_cache_of_other_shape(old: str, new: str, root: Path, cache: Path) -> None:
    expected = load(root, cache=cache)
    text = cache.read_text()
    assert old in text
    cache.write_text(text.replace(old, new, 1))
    assert load(root, cache=cache) == expected


def test_unwritable_cache_is_no_error(root: Path, tmp_path: Path) -> None:
    assert len(load(root, cache=tmp_path / "gone" / "cache" / "catalog").services) == 3
    assert not (tmp_path / "gone").exists()
    (tmp_path / "file").write_text("")
    assert len(load(root, cache=tmp_path / "file" / "catalog.json").services) == 3
    (tmp_path / "folder").mkdir()
    assert len(load(root, cache=tmp_path / "folder").services) == 3


def test_image_without_dockerfile_is_absent(root: Path, cache: Path) -> None:
    file = add(root / "03-apps", "ours")
    build = "    build: {context: ../../.., dockerfile: docker/ours.Dockerfile}\n"
    file.write_text(file.read_text() + build)
    assert load(root, cache=cache).services["ours"].absent == ("docker/ours.Dockerfile",)
    dockerfile = root.parent / "docker" / "ours.Dockerfile"
    dockerfile.parent.mkdir()
    dockerfile.write_text("FROM scratch\n")
    # The cache is as fresh as before, and yet the service is there from now on.
    assert load(root, cache=cache).services["ours"].absent == ()
