"""What names mean in one file: what it imports and defines. Pure."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from hearth_server.capabilities.code.model import Symbol, Use

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """Which module a file is."""

    name: str
    path: str
    is_package: bool = False


@dataclass(slots=True)
class File:
    """A file, and what was found of it so far."""

    module: Module
    aliases: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    defined: set[str] = field(default_factory=set)
    symbols: dict[str, Symbol] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)


def full_name(text: str, file: File) -> str:
    """Give the full name of what a name in a file means; Python's own stay as they are."""
    first, dot, rest = text.partition(".")
    if first in file.aliases:
        return f"{file.aliases[first]}{dot}{rest}"
    return f"{file.module.name}.{text}" if first in file.defined else text


def absolute(module: Module, level: int, name: str | None) -> str:
    """Give the full name of what a relative import means; empty where it leads outside."""
    if level == 0:
        return name or ""
    parts = module.name.split(".")
    kept = parts[: len(parts) - level + (1 if module.is_package else 0)]
    return ".".join([*kept, *([name] if name else [])]) if kept else ""


def dotted(node: ast.expr) -> str:
    """Give an expression of names and dots as a text; empty for any other."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{before}.{attr}" if (before := dotted(value)) else ""
        case _:
            return ""


def plain_type(node: ast.expr | None) -> str:
    """Give a type as its text where it is one name, or one name or None; empty otherwise."""
    match node:
        case ast.Constant(value=str() as text):
            try:
                inner = ast.parse(text, mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return ""
            return "" if isinstance(inner, ast.Constant) else plain_type(inner)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return plain_type(left)
        case ast.Subscript(value=value, slice=inner) if dotted(value).endswith("Optional"):
            return plain_type(inner)
        case ast.Name() | ast.Attribute():
            return dotted(node)
        case _:
            return ""
