"""The registry's tools as the toolbox shows them."""

from __future__ import annotations

from hearth_server.capabilities.toolbox.model import FoundTool
from hearth_server.principal import Principal
from hearth_server.registry.registry import Registry, is_listed


def found_tools(registry: Registry, caller: Principal) -> tuple[FoundTool, ...]:
    """Give every tool that a caller may call, on their list or not."""
    return tuple(
        FoundTool(
            name=each.name,
            title=each.spec.title,
            description=each.description,
            group=each.spec.group,
            effect=each.spec.effect.value,
            is_listed=is_listed(each, caller),
            input_schema=registry.arguments_schema(each.name),
        )
        for each in registry.visible_to(caller)
    )
