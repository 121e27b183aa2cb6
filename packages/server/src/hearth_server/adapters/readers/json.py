"""JSON: conversations that Open WebUI exported as such, anything else as the text that it is.

Source: Open WebUI, "Export chats" (backend/open_webui/models/chats.py, read 2026-11): a list of
records with `title` and `chat`, whose `messages` are the branch that is shown; where they are
missing, `history.currentId` names the last message and each names its parent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hearth_server.adapters.readers import text
from hearth_server.adapters.readers.parts import Part, RawBlock, clean, text_of
from hearth_server.adapters.readers.text import decode, paragraphs_of

_WHO: Final = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}
_CHATS_A_PART: Final = 50
_LARGEST: Final = 64 * 1024 * 1024
"""Bytes up to which a file is taken apart as a whole; a larger one counts as text."""


def read(path: Path, max_pages: int) -> Iterator[Part]:
    """Give some conversations at a time, or the paragraphs of the text."""
    chats = _chats(path)
    if not chats:
        yield from text.read(path, max_pages)
        return
    for first in range(0, len(chats), _CHATS_A_PART):
        some = chats[first : first + _CHATS_A_PART]
        blocks = [block for chat in some for block in _blocks(chat)]
        yield Part(blocks, first + len(some), len(chats))


def _chats(path: Path) -> list[Mapping[str, Any]]:
    if path.stat().st_size > _LARGEST:
        return []
    try:
        found = json.loads(decode(path.read_bytes()))
    except (ValueError, RecursionError):
        return []
    records = found if isinstance(found, list) else [found]
    return records if all(_is_chat(each) for each in records) else []


def _is_chat(record: object) -> bool:
    return isinstance(record, dict) and isinstance(record.get("chat"), dict)


def _blocks(record: Mapping[str, Any]) -> Iterator[RawBlock]:
    chat = record["chat"]
    said = [each for each in _messages(chat) if clean(_content(each))]
    if not said:
        return
    title = " ".join(clean(text_of(record.get("title") or chat.get("title"))).split())
    yield ("heading", 1, None, title or "Conversation")
    day = _day(record.get("created_at") or chat.get("timestamp"))
    if day:
        yield ("text", 0, None, day)
    for message in said:
        role = text_of(message.get("role"))
        who = _WHO.get(role, role or "Somebody")
        first, *others = paragraphs_of(_content(message))
        yield ("text", 0, None, f"{who}: {first}")
        yield from (("text", 0, None, each) for each in others)


def _messages(chat: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = chat.get("messages")
    if isinstance(listed, list) and listed:
        return [each for each in listed if isinstance(each, dict)]
    history = chat.get("history")
    history = history if isinstance(history, dict) else {}
    by_id = history.get("messages")
    by_id = by_id if isinstance(by_id, dict) else {}
    branch: list[Mapping[str, Any]] = []
    at = history.get("currentId")
    # A branch is at most as long as there are messages, whatever they name as their parents.
    while isinstance(by_id.get(at), dict) and len(branch) < len(by_id):
        branch.append(by_id[at])
        at = by_id[at].get("parentId")
    return branch[::-1]


def _content(message: Mapping[str, Any]) -> str:
    """Give what was said; with pictures it is a list of parts, of which some are text."""
    content = message.get("content")
    if isinstance(content, list):
        parts = (each.get("text") for each in content if isinstance(each, dict))
        return "\n\n".join(text_of(part) for part in parts if part)
    return text_of(content)


def _day(value: object) -> str:
    """Give the day of a time in seconds or, as some fields have it, milliseconds since 1970."""
    if not isinstance(value, (int, float)) or value <= 0:
        return ""
    seconds = value / 1000 if value > 1e11 else value
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return ""
