"""What `settings` shows: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hearth_control.cli.output import Output
from hearth_control.cli.table import Cell, align, wrap
from hearth_control.cli.theme import bold, dim, typed
from hearth_control.settings.values import hide_credentials

if TYPE_CHECKING:
    from hearth_control.deploy.preferences import Preferences
    from hearth_control.settings.explain import Explanation

UNSAID = ("catalog", "default")
"""Origins of values that nobody chose."""


def preferences_document(found: Preferences) -> dict[str, Any]:
    """Give every key: what holds, where from, what it means."""
    origins = found.settings.origins
    return {
        "home": str(found.settings.home),
        "settings": [
            {
                "key": key,
                "value": hide_credentials(origins[key].value) if key in origins else None,
                "origin": origins[key].origin if key in origins else None,
                "default": info.default,
                "about": info.about,
                "choices": list(info.choices),
                "service": info.service,
            }
            for key, info in found.keys.items()
        ],
    }


def preferences_lines(found: Preferences, output: Output, *, every: bool) -> list[str]:
    """Say the keys that were chosen, or all of them, with where each value comes from."""
    origins = found.settings.origins
    rows = []
    for key, info in found.keys.items():
        setting = origins.get(key)
        is_said = setting is not None and setting.origin not in UNSAID
        if not every and not is_said:
            continue
        value = hide_credentials(setting.value) if setting else info.default
        origin = setting.origin if setting else "default"
        rows.append(
            [
                Cell(key, bold if is_said else None),
                Cell(value or "-", typed if is_said else dim),
                Cell(origin, dim),
                Cell(info.about if every else "", dim),
            ]
        )
    more = [] if every else ["", f"{dim('all keys')}  {typed('hearth settings list --all')}"]
    if not rows:
        return ["Nothing was chosen: every setting holds its default.", *more]
    return [*align(rows, width=output.width), *more]


def explanation_document(found: Explanation) -> dict[str, Any]:
    """Give one key's value and where it came from."""
    return {
        "key": found.key,
        "value": found.value,
        "origin": found.origin,
        "overrides": [{"origin": origin, "value": value} for origin, value in found.overrides],
        "about": found.info.about if found.info else None,
        "default": found.info.default if found.info else None,
        "choices": list(found.info.choices) if found.info else [],
    }


def explanation_lines(found: Explanation, output: Output) -> list[str]:
    """Say what holds, what it hides, what it is for."""
    if found.value is None:
        lines = [f"{bold(found.key)} is not set"]
    else:
        lines = [f"{bold(found.key)}={typed(found.value)}  {dim(f'from {found.origin}')}"]
    lines += [dim(f"  hides {value} from {origin}") for origin, value in found.overrides]
    info = found.info
    if info is None:
        return lines
    lines += wrap(info.about, width=output.width - 2, indent="  ") if info.about else []
    if info.choices:
        lines.append(f"  one of {', '.join(info.choices)}")
    if info.default:
        lines.append(f"  default {info.default}{f' {info.unit}' if info.unit else ''}")
    return lines
