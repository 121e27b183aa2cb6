"""What the toolbox needs: the tools themselves, and somewhere to keep what was enabled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from hearth_server.capabilities.toolbox.model import FoundTool
from hearth_server.principal import Principal

ListTools = Callable[[Principal], tuple[FoundTool, ...]]
"""Gives every tool that a caller may call, on the list or not."""

EnableTools = Callable[[Principal, Collection[str]], Awaitable[None]]
"""Puts tools on a caller's list; one that stands there already stays."""
