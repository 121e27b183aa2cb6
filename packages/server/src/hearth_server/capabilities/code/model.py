"""What a repository's code is made of: modules, classes, functions, and what uses what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

SymbolKind = Literal["module", "class", "function", "method", "attribute"]
UseKind = Literal["calls", "imports"]
ParameterKind = Literal["positional", "either", "keyword", "rest", "named_rest"]
"""How an argument reaches it: by place alone, by either, by name alone, or any number of them."""
Question = Literal["find", "members", "callers", "callees", "imports", "importers", "subclasses"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a function."""

    name: str
    kind: ParameterKind = "either"
    is_optional: bool = False
    annotation: str = ""
    """Its type as a full name where it is a plain one; empty otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """Something that has a name: a module, class, function, method or attribute."""

    kind: SymbolKind
    name: str
    """Its full name: `package.module.Class.method`."""
    path: str
    line: int
    """From 1 on."""
    end_line: int
    summary: str = ""
    """The first line of its docstring."""
    parameters: tuple[Parameter, ...] = ()
    """Of functions and methods as they are written, `self` included; of a class its fields."""
    bases: tuple[str, ...] = ()
    """Of a class, by full name; one that could not be told is `?`."""
    decorators: tuple[str, ...] = ()
    """By full name, without arguments; one that could not be told is `?`."""
    type: str = ""
    """What a function gives, or an attribute is, by full name where it is a plain one."""
    is_async: bool = False
    is_dynamic: bool = False
    """Whether it makes names while it runs, so that nothing can be said to be missing in it."""
    aliases: tuple[tuple[str, str], ...] = ()
    """Of a module: what it imports under which name."""
    stars: tuple[str, ...] = ()
    """Of a module: those it takes everything of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One thing that uses another."""

    kind: UseKind
    source: str
    """Who uses: the full name of a module, function or method."""
    target: str
    """What is used, by full name as far as it could be told."""
    path: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCode:
    """What the files of a repository hold."""

    symbols: tuple[Symbol, ...]
    uses: tuple[Use, ...]
    files: int
    """Files in all, of whatever kind."""
    left_out: tuple[str, ...] = ()
    """Files of code that could not be read, and why; the first of them."""


class RepositoryStatus(StrEnum):
    """Where a repository stands."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A repository that a person put in."""

    id: UUID
    name: str
    source: str
    """Where it came from: an address, or the name of a file."""
    size_bytes: int
    """Of the archive."""
    sha256: str
    status: RepositoryStatus
    reason: str
    """Why it failed or waits; empty otherwise."""
    files: int
    symbols: int
    uses: int
    left_out: tuple[str, ...]
    """Files of code that could not be read, and why; the first of them."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRepository:
    """A repository before the store has seen it."""

    id: UUID
    name: str
    source: str
    size_bytes: int
    sha256: str
    object_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repositories:
    """A person's repositories, by name."""

    repositories: tuple[Repository, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedRepository:
    """What was deleted."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSymbol:
    """A symbol as a question gives it."""

    kind: SymbolKind
    name: str
    path: str
    line: int
    signature: str
    """As one would write it, such as `save(self, path: str, *, force=…)`."""
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFound:
    """What a question about code gave."""

    symbols: tuple[FoundSymbol, ...] = ()
    uses: tuple[Use, ...] = ()
    is_cut: bool = False
    """Whether there is more than was asked for."""


Problem = Literal[
    "syntax",
    "no-module",
    "no-name",
    "no-member",
    "no-parameter",
    "too-many-arguments",
    "missing-argument",
    "repeated-argument",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in a script that the repository has not."""

    line: int
    """From 1 on."""
    column: int
    """From 1 on."""
    problem: Problem
    name: str
    message: str
    nearest: str
    """The name that is probably meant; empty where none is near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptChecked:
    """A script held against a repository."""

    repository: str
    findings: tuple[Finding, ...]
    """By line."""
    checked: int
    """Imports, names and calls of the repository that were looked up."""
    unchecked: tuple[str, ...] = field(default=())
    """Packages that it imports from elsewhere; nothing is said about them."""
