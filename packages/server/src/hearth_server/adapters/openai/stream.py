"""The text in a streamed chat completion. Pure.

Source: https://platform.openai.com/docs/api-reference/chat-streaming (November 2026), and
https://html.spec.whatwg.org/multipage/server-sent-events.html for the lines.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

_OPENING: Final = "<think>"
_CLOSING: Final = "</think>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One event of the stream."""

    text: str = ""
    is_last: bool = False
    """Whether the service says that the answer is whole."""
    fault: str = ""
    """What the service says went wrong; empty where nothing did."""


class BadChunkError(Exception):
    """The event is not what the protocol says."""


def read_line(line: str) -> Chunk:
    """Read one line of the stream; comments, other fields and empty lines say nothing.

    Raises:
        BadChunkError: its data is no JSON object, or one of another shape.
    """
    if not line.startswith("data:"):
        return Chunk()
    data = line[5:].strip()
    if data == "[DONE]":
        return Chunk(is_last=True)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadChunkError from error
    return read_value(value, "delta")


def read_value(value: Any, part: str) -> Chunk:  # noqa: ANN401 - JSON
    """Read an event, or with `message` as its part a whole completion.

    Raises:
        BadChunkError: it is of another shape.
    """
    if not isinstance(value, dict):
        raise BadChunkError
    if value.get("error"):
        return Chunk(fault=_fault(value["error"]))
    choices = value.get("choices")
    if not isinstance(choices, list):
        raise BadChunkError
    if not choices:
        return Chunk()  # the event that counts tokens
    first = choices[0]
    if not isinstance(first, dict):
        raise BadChunkError
    inner = first.get(part) or {}
    text = inner.get("content") if isinstance(inner, dict) else None
    if text is not None and not isinstance(text, str):
        raise BadChunkError
    return Chunk(text=text or "", is_last=bool(first.get("finish_reason")))


def _fault(error: object) -> str:
    text = error.get("message") if isinstance(error, dict) else error
    return " ".join(str(text or "unknown").split())[:200]


class ThoughtFilter:
    """Leaves out what a model thinks aloud at its beginning, between `<think>` and `</think>`."""

    def __init__(self) -> None:
        self._held = ""
        self._state = "begin"

    def feed(self, piece: str) -> str:
        """Give what of the text so far is the answer's and was not given yet."""
        if self._state == "answer":
            return piece
        self._held += piece
        if self._state == "begin":
            start = self._held.lstrip()
            if _OPENING.startswith(start[: len(_OPENING)]) and len(start) < len(_OPENING):
                return ""
            if not start.startswith(_OPENING):
                return self._answer(self._held)
            self._state = "thought"
        _, closing, rest = self._held.partition(_CLOSING)
        if closing:
            return self._answer(rest.lstrip())
        self._held = self._held[-len(_CLOSING) :]
        return ""

    def end(self) -> str:
        """Give what was held back for looking like a thought's beginning."""
        return self._held if self._state == "begin" else ""

    def _answer(self, text: str) -> str:
        self._state, self._held = "answer", ""
        return text
