"""Fill `${VARIABLES}` in, by the syntax of the Compose specification.

Plain values are put in place; a secret stays a `${NAME}` that the engine fills from its private
environment file. What comes out is Compose text again, so a dollar that is meant is `$$`.

Source: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hearth_control.plan.names import URL_FORM

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")
_REFERENCE = re.compile(r"\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_USERINFO = re.compile(r"(?<=://)[^/@\s]*(?=@)")
"""What stands for user and password in an address (RFC 3986 section 3.2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one asker may use: variable → text, variable → the variable of a secret.

    `files`: variable → path in the container of a file with secrets in it.
    """

    values: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Resolver:
    """Resolves one unit's texts and remembers what they used and what was wrong with them.

    `used`: variables that were asked for · `secrets`: variables of secrets in the result ·
    `files`: variables of files with secrets in them · `faults`: one text for each reference that
    cannot be resolved.
    """

    scope: Scope
    used: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def resolve(self, value: Any) -> Any:  # noqa: ANN401  # a Compose tree of any shape
        """Resolve every string in a tree and copy the tree as plain dicts and lists."""
        if isinstance(value, str):
            return self.whole(value) if "$" in value else value
        if isinstance(value, dict):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.resolve(item) for item in value]
        if isinstance(value, Mapping):
            return {key: self.resolve(item) for key, item in value.items()}
        return value

    def whole(self, text: str) -> str:
        """Resolve a whole value; a secret that is a password in an address gets its URL form."""
        resolved = _USERINFO.sub(self._url_form, self._text(text))
        self.secrets.update(_secrets_in(resolved, frozenset(self.scope.secrets.values())))
        return resolved

    def _url_form(self, found: re.Match[str]) -> str:
        plain = frozenset(self.scope.secrets.values())
        return _REFERENCE.sub(
            lambda one: f"${{{one[1]}{URL_FORM}}}" if one[1] in plain else one[0], found[0]
        )

    def _text(self, text: str) -> str:
        parts: list[str] = []
        position = 0
        while (dollar := text.find("$", position)) >= 0:
            parts.append(text[position:dollar])
            piece, position = self._reference(text, dollar + 1)
            parts.append(piece)
        parts.append(text[position:])
        return "".join(parts)

    def _reference(self, text: str, start: int) -> tuple[str, int]:
        """Resolve what follows a dollar; give its text and where to read on."""
        follower = text[start : start + 1]
        if follower == "$":
            return "$$", start + 1
        if follower == "{":
            end = _closing(text, start + 1)
            if end is not None:
                return self._braced(text[start + 1 : end]), end + 1
        elif name := _NAME.match(text, start):
            return self._plain(name.group()), name.end()
        self.faults.append(f"`{text}` is not a valid reference; write `$$` for a dollar")
        return "$$", start

    def _braced(self, body: str) -> str:
        name = _NAME.match(body)
        if name is None:
            self.faults.append(f"`${{{body}}}` names no variable")
            return ""
        operator = _OPERATOR.match(body, name.end())
        if operator is None:
            if name.end() != len(body):
                self.faults.append(f"`${{{body}}}` is not a valid reference")
            return self._plain(name.group())
        return self._conditional(name.group(), operator.group(), body[operator.end() :])

    def _conditional(self, name: str, operator: str, argument: str) -> str:
        self.used.add(name)
        found = self._find(name)
        present = bool(found) if operator.startswith(":") else found is not None
        if operator.endswith("+"):
            return self._text(argument) if present else ""
        if present:
            return self._plain(name)
        if operator.endswith("?"):
            self.faults.append(f"`{name}` is required: {argument or 'it is not set'}")
            return ""
        return self._text(argument)

    def _plain(self, name: str) -> str:
        self.used.add(name)
        found = self._find(name)
        if found is None:
            self.faults.append(f"`{name}` is no variable that this service may use")
            return ""
        if name in self.scope.files and name not in self.scope.values:
            self.files.add(name)
        return found

    def _find(self, name: str) -> str | None:
        secret = self.scope.secrets.get(name)
        if secret is not None:
            return f"${{{secret}}}"
        value = self.scope.values.get(name, self.scope.files.get(name))
        return None if value is None else value.replace("$", "$$")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put secrets into a resolved text; adapters call this last, where the value leaves.

    A variable without a value becomes empty, as Compose does it.
    """
    if "$" not in text:
        return text
    return _REFERENCE.sub(
        lambda found: values.get(found.group(1), "") if found.group(1) else "$", text
    )


def _secrets_in(text: str, known: frozenset[str]) -> set[str]:
    names = (found[1] for found in _REFERENCE.finditer(text) if found[1])
    return {name for name in names if name.removesuffix(URL_FORM) in known}


def _closing(text: str, start: int) -> int | None:
    """Find the brace that ends a reference; references may nest in defaults."""
    depth = 1
    position = start
    while position < len(text):
        if text.startswith("${", position):
            depth += 1
            position += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return None
