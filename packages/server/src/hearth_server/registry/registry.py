"""The one gate to every tool: REST, MCP and pages all call through it.

It decides who sees what, checks what comes in and what goes out, and logs that a call was made,
never with what.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from hearth_kit.errors import HearthError
from hearth_kit.settings import nearest
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticSerializationError

from hearth_server.principal import EVERYBODY, Principal
from hearth_server.registry.declare import Tool, ToolFunction, declare
from hearth_server.registry.errors import (
    ArgumentsError,
    DeclarationError,
    GroupMissingError,
    NotListedError,
    ResultError,
    ScopeMissingError,
    UnknownToolError,
)

_log: Final = logging.getLogger(__name__)


Note = Callable[[Principal, str], Awaitable[None]]
"""Keeps a line about a call that a service makes for a person."""


async def _note_nothing(_caller: Principal, _what: str) -> None:
    return


class Registry:
    """Every tool of this server, in the order they were handed in.

    `note_linked` is told of each call that a service makes for a person, before it is made: what
    cannot be noted is not done.
    """

    def __init__(
        self, functions: Iterable[ToolFunction], *, note_linked: Note = _note_nothing
    ) -> None:
        self._note_linked = note_linked
        self._tools: dict[str, Tool] = {}
        for function in functions:
            tool = declare(function)
            if tool.name in self._tools:
                msg = f"{tool.name}: two tools have this name"
                raise DeclarationError(msg)
            self._tools[tool.name] = tool
        self._schemas: dict[str, dict[str, Any]] = {}

    def arguments_schema(self, name: str) -> dict[str, Any]:
        """Give the JSON Schema of a tool's arguments, made once; not to be changed."""
        if name not in self._schemas:
            self._schemas[name] = self._tools[name].arguments_schema()
        return self._schemas[name]

    def all_tools(self) -> tuple[Tool, ...]:
        """Give every tool, whoever may call it; for generated documents."""
        return tuple(self._tools.values())

    def visible_to(self, caller: Principal) -> tuple[Tool, ...]:
        """Give the tools that this caller may call."""
        return tuple(each for each in self._tools.values() if _is_open(each, caller))

    def listed_for(self, caller: Principal) -> tuple[Tool, ...]:
        """Give the tools on the list of the caller's agent."""
        return tuple(each for each in self.visible_to(caller) if is_listed(each, caller))

    def groups(self) -> frozenset[str]:
        """Give every group that a tool stands in."""
        return frozenset(each.spec.group for each in self._tools.values())

    def get_tool(self, caller: Principal, name: str) -> Tool:
        """Get one tool that this caller may call.

        Raises:
            UnknownToolError: there is none of that name.
            ScopeMissingError: there is, and the caller's scopes do not cover it.
            GroupMissingError: there is, and the caller's token is held to other groups.
        """
        tool = self._tools.get(name)
        if tool is None:
            close = nearest(name, [each.name for each in self.visible_to(caller)])
            meant = f", the nearest one is `{close}`" if close else ""
            msg = f"tool `{_shown(name)}`: there is none of that name{meant}"
            raise UnknownToolError(msg)
        self.check_scope(caller, tool.spec.scope, group=tool.spec.group)
        return tool

    def check_listed(self, caller: Principal, name: str) -> None:
        """Check that a tool that the caller may call is on their agent's list.

        Raises:
            NotListedError: it is not; `search_tools` puts it there.
        """
        if not is_listed(self.get_tool(caller, name), caller):
            msg = f"tool `{name}`: is not on your list, find it with `search_tools` first"
            raise NotListedError(msg, details={"tool": "search_tools", "query": name})

    async def enter(self, caller: Principal, what: str, *, scope: str, group: str) -> None:
        """Let a caller do what no tool carries, such as an upload, and note it as a tool's call.

        Raises:
            ScopeMissingError: what they signed in with does not cover it.
            GroupMissingError: it is held to other groups.
        """
        self.check_scope(caller, scope, group=group)
        if caller.link_id is not None:
            await self._note_linked(caller, what)

    async def check_call(
        self, caller: Principal, name: str, arguments: Mapping[str, object]
    ) -> dict[str, Any]:
        """Check a call that the edge carries out itself, as its result comes piece by piece.

        Raises:
            UnknownToolError, ScopeMissingError, GroupMissingError, ArgumentsError: as for `call`.
        """
        checked = _check(self.get_tool(caller, name), arguments)
        if caller.link_id is not None:
            await self._note_linked(caller, name)
        return checked

    def check_scope(self, caller: Principal, scope: str, *, group: str | None = None) -> None:
        """Check that a caller may do what a scope covers, in a group of tools.

        Raises:
            ScopeMissingError: what they signed in with does not cover it.
            GroupMissingError: it is held to other groups.
        """
        if group is not None and scope != EVERYBODY and not caller.reaches(group):
            msg = f"group `{group}`: is needed, and `{caller.name}` is held to others"
            raise GroupMissingError(msg, hint="hearth open", details={"group": group})
        if not caller.allows(scope):
            msg = f"scope `{scope}`: is needed, and `{caller.name}` lacks it"
            raise ScopeMissingError(msg, hint="hearth open", details={"scope": scope})

    async def call(self, caller: Principal, name: str, arguments: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        """Call a tool and give its result as JSON values.

        Raises:
            UnknownToolError: there is none of that name.
            ScopeMissingError: the caller's scopes do not cover it.
            GroupMissingError: the caller's token is held to other groups.
            ArgumentsError: an argument is unknown, missing or of a wrong kind.
            ResultError: the tool gave something else than it declares.
            HearthError: whatever the tool itself raises.
        """
        tool = self.get_tool(caller, name)
        checked = await self.check_call(caller, name, arguments)
        started = time.perf_counter()
        outcome = "failed"
        try:
            result = await tool.function(caller, **checked)
            outcome = "done"
        except HearthError as error:
            outcome = error.code
            raise
        finally:
            _log.info(
                "tool call",
                extra={
                    "tool": name,
                    "user": str(caller.user_id),
                    "by": caller.kind,
                    "link": str(caller.link_id) if caller.link_id else None,
                    "outcome": outcome,
                    "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                },
            )
        return _as_json(tool, result)


def is_listed(tool: Tool, caller: Principal) -> bool:
    """Tell whether a tool is on the list of the caller's agent."""
    return tool.spec.listed or tool.name in caller.enabled_tools


def _is_open(tool: Tool, caller: Principal) -> bool:
    # Searching tools is no way around a hold on groups: it shows what the caller may call anyway.
    is_reached = tool.spec.scope == EVERYBODY or caller.reaches(tool.spec.group)
    return is_reached and caller.allows(tool.spec.scope)


def _check(tool: Tool, arguments: Mapping[str, object]) -> dict[str, Any]:
    known = tool.arguments.model_fields
    try:
        model: BaseModel = tool.arguments.model_validate(dict(arguments))
        findings: list[dict[str, str]] = []
    except ValidationError as error:
        findings = [_finding(each, known) for each in error.errors()]
    if not findings:
        reasons = {key: _find_unkept(value) for key, value in arguments.items()}
        findings = [{"where": _shown(key), "what": why} for key, why in reasons.items() if why]
    if findings:
        listed = "; ".join(f"{each['where']}: {each['what']}" for each in findings)
        msg = f"tool `{tool.name}`: {listed}"
        raise ArgumentsError(msg, details={"findings": findings})
    return {key: getattr(model, key) for key in known}


def _finding(error: ErrorDetails, known: Iterable[str]) -> dict[str, str]:
    where = ".".join(_shown(str(part)) for part in error["loc"]) or "arguments"
    if error["type"] == "extra_forbidden":
        close = nearest(str(error["loc"][-1]), known) if len(error["loc"]) == 1 else None
        meant = f", the nearest known one is `{close}`" if close else ""
        return {"where": where, "what": f"unknown argument{meant}"}
    if error["type"] == "missing":
        return {"where": where, "what": "is required and missing"}
    what = error["msg"].replace("Input should", "should").replace("Value error, ", "")
    return {"where": where, "what": what[:1].lower() + what[1:]}


def _find_unkept(value: object) -> str:
    """Say what in here no store of ours can keep; empty when all is well."""
    match value:
        case str() if "\x00" in value or not _is_encodable(value):
            return "holds a null byte or half a character"
        case int() if not -(2**63) <= value < 2**63:
            return "holds a number of more than 64 bits"
        case Mapping():
            inner = [*value.keys(), *value.values()]
        case list() | tuple():
            inner = list(value)
        case _:
            return ""
    return next(filter(None, map(_find_unkept, inner)), "")


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _as_json(tool: Tool, result: object) -> Any:  # noqa: ANN401 - JSON
    try:
        return tool.result.dump_python(
            tool.result.validate_python(result), mode="json", warnings="error"
        )
    except (ValidationError, PydanticSerializationError) as cause:
        msg = f"tool `{tool.name}`: gave something else than it declares"
        raise ResultError(msg) from cause


def _shown(text: str) -> str:
    return text.encode("unicode_escape").decode()[:100]
