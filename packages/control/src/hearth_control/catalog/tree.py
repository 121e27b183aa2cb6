"""YAML text to plain values, with the line of every place in it.

Values are YAML 1.2's core schema, which is what Compose reads: `yes`, `22:22` and dates stay text.
Built from libyaml's events with a stack of its own, because PyYAML's composer recurses in C and a
deeply nested file ends the process.

Called by `parse.py` only; nothing here knows what a service is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from hearth_control.catalog.findings import Path

MOST_NODES = 20_000
MOST_DEPTH = 40
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_OCTAL = re.compile(r"0o[0-7]{1,18}")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,18}|[0-9]{1,18}(\.[0-9]{0,18})?)([eE][-+]?[0-9]{1,2})?")
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something the text itself does wrong, before its meaning is looked at."""

    path: Path
    line: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A document as plain values; `lines` maps each place to its line, from 1."""

    value: Any
    lines: Mapping[Path, int]
    problems: tuple[Problem, ...]

    def line(self, path: Path) -> int | None:
        """Find the line of a place, or of the nearest place around it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


@dataclass(slots=True)
class _Frame:
    value: dict[str, Any] | list[Any]
    path: Path
    line: int
    anchor: str | None
    nodes_before: int
    key: str | None = None
    merges: list[Any] = field(default_factory=list)


class _StopError(Exception):
    """Reading on would be harmful or pointless."""


def read_tree(text: str) -> Tree:
    """Read one YAML document. Never raises: what is wrong is in `problems`."""
    builder = _Builder(text)
    builder.run()
    return Tree(value=builder.root, lines=builder.lines, problems=tuple(builder.problems))


class _Builder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Any = None
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.documents = 0
        self.nodes = 0

    def run(self) -> None:
        try:
            for event in _events(self.text):
                self.take(event)
        except _StopError:
            return
        except yaml.YAMLError as error:
            self.problems.append(_syntax(error, self.text))
        except UnicodeEncodeError:
            self.problems.append(Problem(path=(), line=1, what="holds half a surrogate pair"))

    def take(self, event: Event) -> None:
        match event:
            case DocumentStartEvent():
                self.start_document(event)
            case CollectionStartEvent():
                self.open(event)
            case CollectionEndEvent():
                self.close()
            case ScalarEvent():
                self.scalar(event)
            case AliasEvent():
                self.alias(event)
            case _:
                return

    def start_document(self, event: DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            self.problem(event, "a second document starts here; keep one in a file")
            raise _StopError

    def open(self, event: CollectionStartEvent) -> None:
        if self.expects_key():
            self.problem(event, "a key should be plain text")
            raise _StopError
        if len(self.stack) >= MOST_DEPTH:
            self.problem(event, f"is nested deeper than {MOST_DEPTH} levels", path=())
            raise _StopError
        self.check_tag(event, ("map", "seq"))
        before = self.nodes
        self.count(event, 1)
        frame = _Frame(
            value={} if isinstance(event, MappingStartEvent) else [],
            path=self.place(event),
            line=_line(event),
            anchor=event.anchor,
            nodes_before=before,
        )
        self.stack.append(frame)

    def close(self) -> None:
        frame = self.stack.pop()
        for merged in frame.merges:
            self.merge(frame, merged)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.value, self.nodes - frame.nodes_before)
        self.put(frame.value)

    def scalar(self, event: ScalarEvent) -> None:
        self.count(event, 1)
        if self.expects_key():
            self.start_pair(event)
            return
        self.place(event)
        value = self.scalar_value(event)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self.put(value)

    def alias(self, event: AliasEvent) -> None:
        if self.expects_key():
            self.problem(event, "a key should be plain text")
            raise _StopError
        self.place(event)
        name = event.anchor
        if name not in self.anchors:
            self.problem(event, f"`*{name}` names no finished anchor before it")
            self.put(None)
            return
        value, nodes = self.anchors[name]
        self.count(event, nodes)
        self.put(value)

    def start_pair(self, event: ScalarEvent) -> None:
        frame = self.stack[-1]
        key = str(event.value)
        frame.key = key
        if key != "<<" and key in frame.value:
            first = self.lines.get((*frame.path, key))
            self.problem(
                event, f"duplicate key; the first is on line {first}", path=(*frame.path, key)
            )
        self.lines.setdefault((*frame.path, key), _line(event))

    def put(self, value: Any) -> None:  # noqa: ANN401  # any YAML value
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
            return
        key, frame.key = frame.key, None
        if key == "<<":
            frame.merges.extend(value if isinstance(value, list) else [value])
        elif key is not None:
            frame.value[key] = value

    def merge(self, frame: _Frame, merged: Any) -> None:  # noqa: ANN401  # any YAML value
        if not isinstance(merged, dict) or not isinstance(frame.value, dict):
            self.problems.append(
                Problem(
                    path=(*frame.path, "<<"), line=frame.line, what="should be a mapping to merge"
                )
            )
            return
        for key, value in merged.items():
            frame.value.setdefault(key, value)

    def place(self, event: Event) -> Path:
        """Give the path of the value that comes now, and note the line of a list's item."""
        if not self.stack:
            return ()
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            path: Path = (*frame.path, len(frame.value))
            self.lines.setdefault(path, _line(event))
            return path
        return (*frame.path, frame.key or "")

    def expects_key(self) -> bool:
        return (
            bool(self.stack)
            and isinstance(self.stack[-1].value, dict)
            and (self.stack[-1].key is None)
        )

    def count(self, event: Event, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            self.problem(event, f"has more than {MOST_NODES} values once its aliases are expanded")
            raise _StopError

    def check_tag(self, event: CollectionStartEvent, known: tuple[str, ...]) -> None:
        if event.tag and event.tag.removeprefix(_TAG) not in known:
            self.problem(event, f"unknown tag `{event.tag}`")

    def scalar_value(self, event: ScalarEvent) -> Any:  # noqa: ANN401  # any YAML scalar
        text = str(event.value)
        if not event.tag:
            return _plain(text) if event.implicit[0] else text
        kind = event.tag.removeprefix(_TAG)
        value = text if kind in {"str", "!"} else _plain(text)
        if _KINDS.get(kind) is not type(value):
            self.problem(event, f"unknown tag `{event.tag}`")
        return value

    def problem(self, event: Event, what: str, *, path: Path | None = None) -> None:
        where = self.place(event) if path is None else path
        self.problems.append(Problem(path=where, line=_line(event), what=what))


_KINDS: Mapping[str, type] = {
    "str": str,
    "!": str,
    "int": int,
    "float": float,
    "bool": bool,
    "null": type(None),
}


def _events(text: str) -> Iterator[Event]:
    yield from yaml.parse(text, Loader=yaml.CSafeLoader)


def _line(event: Event) -> int:
    mark = event.start_mark
    return 1 if mark is None else mark.line + 1


def _plain(text: str) -> str | int | float | bool | None:
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) else text


def _syntax(error: yaml.YAMLError, text: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    lines = text.splitlines() or [""]
    # What is not closed is missed only past the last line.
    line = 1 if mark is None else min(mark.line + 1, len(lines))
    written = lines[line - 1]
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return Problem(path=(), line=line, what="a tab indents this line; indent with spaces")
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    return Problem(path=(), line=line, what=f"is not valid YAML: {said}")
