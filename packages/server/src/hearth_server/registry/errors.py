"""What can go wrong between a caller and a tool.

HearthError
├── NotFoundError
│   └── UnknownToolError      there is no tool of that name
├── DeniedError
│   ├── ScopeMissingError     the caller's proof does not cover the tool's scope
│   ├── GroupMissingError     the caller's token is held to other groups of tools
│   └── NotListedError        the tool is not on the list of the caller's agent
├── InvalidError
│   └── ArgumentsError        arguments are unknown, missing or of a wrong kind
└── BugError
├── DeclarationError      a tool's declaration breaks the rules; found at start
└── ResultError           a tool gave something else than it declares
"""

from __future__ import annotations

from hearth_kit.errors import BugError, DeniedError, InvalidError, NotFoundError


class UnknownToolError(NotFoundError):
    """There is no such tool."""

    code = "unknown-tool"


class ScopeMissingError(DeniedError):
    """What you signed in with does not cover this tool."""

    code = "scope-missing"


class GroupMissingError(DeniedError):
    """What you signed in with is held to other groups of tools."""

    code = "group-missing"


class NotListedError(DeniedError):
    """The tool is not on your list."""

    code = "tool-not-listed"


class ArgumentsError(InvalidError):
    """The arguments are not valid."""

    code = "arguments-invalid"


class DeclarationError(BugError):
    """A tool is declared wrongly."""

    code = "tool-declaration"


class ResultError(BugError):
    """A tool gave something else than it declares."""

    code = "tool-result"
