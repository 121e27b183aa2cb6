"""What makes a method a tool: a declaration beside it, and nothing that happens at import.

A tool is `async def verb_noun(self, caller: Principal, *, flat keyword parameters) -> result`.
Its name, signature and docstring (google form, with an `Args` section) give the MCP tool, the
HTTP route, the OpenAPI schema, the page's form and the reference page; `registry` reads them.
Expected failures are raised as `HearthError`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

ATTRIBUTE: Final = "__hearth_tool__"

AsyncFunction = TypeVar("AsyncFunction", bound=Callable[..., Awaitable[Any]])


class Effect(StrEnum):
    """What a call does to the world, as clients show it before they ask a person."""

    READ = "read"
    WRITE = "write"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """What a tool says of itself beyond its name, signature and docstring."""

    title: str
    scope: str
    """One key of `principal.SCOPES`; a caller without it neither sees nor calls the tool.
    `principal.EVERYBODY` asks for none."""
    group: str
    """What it belongs to; a token may be held to some groups."""
    effect: Effect
    listed: bool = True
    """False keeps it out of an agent's list until `search_tools` puts it there."""


def tool(
    *, title: str, scope: str, group: str, effect: Effect, listed: bool = True
) -> Callable[[AsyncFunction], AsyncFunction]:
    """Declare an async method as a tool.

    Example:
        >>> @tool(title="Say hello", scope="identity:read", group="identity", effect=Effect.READ)
        ... async def say_hello(caller, *, name: str) -> str: ...
    """
    spec = ToolSpec(title=title, scope=scope, group=group, effect=effect, listed=listed)

    def attach(function: AsyncFunction) -> AsyncFunction:
        setattr(function, ATTRIBUTE, spec)
        return function

    return attach


def find_spec(function: Callable[..., object]) -> ToolSpec | None:
    """Read the declaration of a function or bound method, if it has one."""
    spec = getattr(function, ATTRIBUTE, None)
    return spec if isinstance(spec, ToolSpec) else None
