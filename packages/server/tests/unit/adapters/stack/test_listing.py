"""The file with the list of services, as it is, as it changes and as it is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hearth_server.adapters.stack.listing import BROKEN, NO_LIST, StackFile
from hearth_server.capabilities.stack.model import (
    Itself,
    Listing,
    NotAsked,
    OverHTTP,
    OverTCP,
    Way,
)

pytestmark = pytest.mark.unit


def line(name: str, probe: object, reason: str = "") -> dict[str, object]:
    return {"name": name, "title": name.title(), "probe": probe, "reason": reason}


def write(path: Path, *services: object) -> None:
    """Write as the control plane does: anew, and renamed over the old one."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"services": services}))
    new.replace(path)


async def test_each_way_of_asking_is_read(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    write(
        path,
        line("a", {"http": "http://a:1/health"}),
        line("b", {"tcp": ["b", 2]}),
        line("c", {"self": True}),
        line("d", None, "by design"),
    )
    ways: list[Way] = [each.way for each in (await StackFile(path).read()).services]
    assert ways == [
        OverHTTP(url="http://a:1/health"),
        OverTCP(host="b", port=2),
        Itself(),
        NotAsked(reason="by design"),
    ]


async def test_a_new_file_is_read_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    services = StackFile(path)
    assert await services.read() == Listing(note=NO_LIST)
    for name in ("a", "b"):
        write(path, line(name, None))
        assert [each.name for each in (await services.read()).services] == [name]
    path.unlink()
    assert (await services.read()).note == NO_LIST


async def test_no_path_is_an_empty_list_with_a_note() -> None:
    assert await StackFile(None).read() == Listing(note=NO_LIST)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"services": 1}',
        '{"services": [1]}',
        '{"services": [{"name": "a", "title": "A", "probe": {"smoke": 1}, "reason": ""}]}',
        '{"services": [{"name": "a"}]}',
        '{"services": [{"name": "a", "title": "A", "probe": {"tcp": ["a", "b"]}, "reason": ""}]}',
        "\udcff",
    ],
)
async def test_a_broken_file_is_an_empty_list_with_a_note(tmp_path: Path, text: str) -> None:
    path = tmp_path / "stack.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert await StackFile(path).read() == Listing(note=BROKEN)


async def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    assert await StackFile(tmp_path).read() == Listing(note=BROKEN)
