"""The values of the toolbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTool:
    """A tool that the caller may call, as the toolbox shows it."""

    name: str
    title: str
    description: str
    group: str
    effect: str
    """`read`, `write` or `destroy`."""
    is_listed: bool
    """Whether it is on the caller's list already."""
    input_schema: dict[str, Any]
    """JSON Schema of its arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolsFound:
    """What a search of tools gave."""

    tools: tuple[FoundTool, ...]
    enabled: tuple[str, ...]
    """Those that are on the caller's list from now on; ask for the list of tools again."""
    groups: tuple[str, ...]
    """Every group that the caller has tools of."""
