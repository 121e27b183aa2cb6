"""Conversations as Open WebUI exports them, and JSON that is something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hearth_server.adapters.readers.reader import ProcessReader
from hearth_server.capabilities.knowledge.rules import JSON
from hearth_server.capabilities.knowledge.split import BlockKind

pytestmark = pytest.mark.integration

HISTORY = {
    "currentId": "c",
    "messages": {
        "a": {"id": "a", "parentId": None, "role": "user", "content": "How long is the Rhine?"},
        "b": {"id": "b", "parentId": "a", "role": "assistant", "content": "Thrown away."},
        "c": {"id": "c", "parentId": "a", "role": "assistant", "content": "1230 km.\n\nIn all."},
    },
}
PICTURE = [{"type": "text", "text": "And this?"}, {"type": "image_url"}]
EXPORT = [
    {
        "id": "1",
        "title": "Rivers",
        "created_at": 1795255200,
        "chat": {
            "messages": [
                {"role": "user", "content": "How long is the Danube?"},
                {"role": "assistant", "content": "2850 km."},
                {"role": "user", "content": PICTURE},
            ]
        },
    },
    {"id": "2", "chat": {"title": "More", "timestamp": 1795255200000, "history": HISTORY}},
    {"id": "3", "title": "Nothing said", "chat": {"messages": []}},
]


async def read(folder: Path, data: bytes) -> list[tuple[BlockKind, str]]:
    path = folder / "original"
    path.write_bytes(data)
    return [
        (block.kind, block.text)
        async for part in ProcessReader().convert(path, media_type=JSON, name="file")
        for block in part.blocks
    ]


async def test_each_conversation_has_its_title_and_the_branch_that_is_shown(tmp_path: Path) -> None:
    assert await read(tmp_path, json.dumps(EXPORT).encode()) == [
        (BlockKind.HEADING, "Rivers"),
        (BlockKind.TEXT, "2026-11-21"),
        (BlockKind.TEXT, "User: How long is the Danube?"),
        (BlockKind.TEXT, "Assistant: 2850 km."),
        (BlockKind.TEXT, "User: And this?"),
        (BlockKind.HEADING, "More"),
        (BlockKind.TEXT, "2026-11-21"),
        (BlockKind.TEXT, "User: How long is the Rhine?"),
        (BlockKind.TEXT, "Assistant: 1230 km."),
        (BlockKind.TEXT, "In all."),
    ]


async def test_messages_that_name_each_other_end(tmp_path: Path) -> None:
    ring = {n: {"parentId": m, "role": "user", "content": n} for n, m in (("a", "b"), ("b", "a"))}
    export = {"title": "Ring", "chat": {"history": {"currentId": "a", "messages": ring}}}
    blocks = await read(tmp_path, json.dumps(export).encode())
    assert [text for _, text in blocks] == ["Ring", "User: b", "User: a"]


@pytest.mark.parametrize(
    "value",
    [{"river": "Danube"}, [{"chat": "Danube"}], "Danube", [[["Danube"]]]],
    ids=["object", "like-a-chat", "word", "lists"],
)
async def test_other_json_is_text(tmp_path: Path, value: Any) -> None:
    ((kind, text),) = await read(tmp_path, json.dumps(value).encode())
    assert (kind, text) == (BlockKind.TEXT, json.dumps(value))


@pytest.mark.parametrize("data", [b'{"river": "Danu', b"[" * 200_000], ids=["cut", "deep"])
async def test_broken_json_is_still_text(tmp_path: Path, data: bytes) -> None:
    blocks = await read(tmp_path, data)
    assert "".join(text for _, text in blocks) == data.decode()
