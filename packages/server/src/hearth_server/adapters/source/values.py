"""Symbols and what is found about them, out of the JSON of the process that reads code. Pure."""

from __future__ import annotations

from typing import Any

from hearth_server.capabilities.code.model import Finding, Parameter, ScriptChecked, Symbol


def symbol_of(value: dict[str, Any]) -> Symbol:
    """Read a symbol."""
    return Symbol(
        **{
            **value,
            "parameters": tuple(Parameter(**each) for each in value["parameters"]),
            "bases": tuple(value["bases"]),
            "decorators": tuple(value["decorators"]),
            "aliases": tuple((name, target) for name, target in value["aliases"]),
            "stars": tuple(value["stars"]),
        }
    )


def checked_of(value: dict[str, Any]) -> ScriptChecked:
    """Read what was found in a script."""
    findings = tuple(Finding(**each) for each in value["findings"])
    return ScriptChecked(**{**value, "findings": findings, "unchecked": tuple(value["unchecked"])})
