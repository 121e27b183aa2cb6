r"""The grammar of `.env`: text to bindings, each with its place, so that edits touch nothing else.

| written | value |
|---|---|
| `KEY=a b # note` | `a b` |
| `KEY='a # $b'` | as written; `\'` and `\\` are `'` and `\` |
| `KEY="a\nb"` | `\n`, `\r`, `\t`, `\"`, `\$` and `\\` are escapes |
| `export KEY=a` | `a` |

Quoted values may span lines. Nothing is interpolated. Lines may end in CRLF. Where a key stands
twice the last one holds. Our own rather than python-dotenv, whose import costs 10 ms of a command
that may take 120, and which lets a value that ends in a backslash swallow the lines after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BOM = "\ufeff"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_HEAD = re.compile(r"[^\S\r\n]*(?:export[^\S\r\n]+)?([^\s=#'\"]+)[^\S\r\n]*(=[^\S\r\n]*)?")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SINGLE = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_UNQUOTED = re.compile(r"(?:[^\s#]|(?<=\S)#|[^\S\r\n]+(?=[^\s#]))*")
_TAIL = re.compile(r"[^\S\r\n]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One key with its value, or a line that is neither that nor a comment.

    `start`, `end`: the whole of it in the text, line end included · `value_start`, `value_end`:
    the value as written, quotes included · `fault`: what is wrong with the line, else empty.
    """

    line: int
    start: int
    end: int
    key: str = ""
    value: str = ""
    value_start: int = 0
    value_end: int = 0
    fault: str = ""


def parse_env(text: str) -> tuple[Binding, ...]:
    """Read every binding in the order of the text. Never raises."""
    return tuple(_bindings(text))


def _bindings(text: str) -> Iterator[Binding]:
    position = len(BOM) if text.startswith(BOM) else 0
    line = 1
    while position < len(text):
        end = _line_end(text, position)
        written = text[position:end].strip()
        if written and not written.startswith("#"):
            binding = _binding(text, position, end=end, line=line)
            yield binding
            end = binding.end
        line += _line_ends(text[position:end])
        position = end


def _binding(text: str, start: int, *, end: int, line: int) -> Binding:
    head = _HEAD.match(text, start, end)
    if head is None or head[2] is None:
        written = text[start:end].strip().partition("=")[0]
        return Binding(
            line=line, start=start, end=end, fault=f"should be `KEY=value`, found `{written}`"
        )
    if not _KEY.fullmatch(head[1]):
        return Binding(
            line=line, start=start, end=end, fault=f"`{head[1]}` is no name of a setting"
        )
    return _valued(text, start, head=head, end=end, line=line)


def _valued(text: str, start: int, *, head: re.Match[str], end: int, line: int) -> Binding:
    key, position = head[1], head.end()
    quote = text[position : position + 1]
    if quote in {"'", '"'}:
        match = (_SINGLE if quote == "'" else _DOUBLE).match(text, position)
        if match is None:
            return Binding(
                line=line, start=start, end=end, key=key, fault="its quote is not closed"
            )
        value = _unescape(match[1], quote)
    else:
        match = _UNQUOTED.match(text, position, end)
        assert match is not None  # noqa: S101  # the pattern matches the empty text
        value = match[0]
    tail = _TAIL.match(text, match.end())
    if tail is None:
        spans = match.end() > end
        fault = (
            "its quote is not closed" if spans else "only a comment may follow the closing quote"
        )
        return Binding(line=line, start=start, end=end, key=key, fault=fault)
    return Binding(
        line=line,
        start=start,
        end=tail.end(),
        key=key,
        value=value,
        value_start=match.start(),
        value_end=match.end(),
    )


def _unescape(written: str, quote: str) -> str:
    if quote == "'":
        return _ESCAPE.sub(lambda one: one[1] if one[1] in "'\\" else one[0], written)
    return _ESCAPE.sub(lambda one: _ESCAPES.get(one[1], one[0]), written)


def _line_end(text: str, position: int) -> int:
    match = _LINE.match(text, position)
    assert match is not None  # noqa: S101  # the pattern matches the empty text
    return match.end()


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


_PLAIN = re.compile(r"[A-Za-z0-9_./:@,+=%~?&-]*")


def quote(value: str) -> str:
    """Write a value so that `parse_env` reads it back."""
    if _PLAIN.fullmatch(value):
        return value
    if not set(value) & set("'\\\r\n"):
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r") + '"'
