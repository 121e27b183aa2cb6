"""What `why` shows: pure."""

from __future__ import annotations

from typing import Any

from hearth_control.cli.output import Output
from hearth_control.cli.theme import bold, dim, good, typed
from hearth_control.plan.model import Wire
from hearth_control.plan.why import Why


def why_document(why: Why) -> dict[str, Any]:
    """Give the answer whole."""
    return {
        "service": why.service,
        "title": why.title,
        "on": why.is_on,
        "chain": [{"service": service, "cause": cause} for service, cause in why.chain],
        "used_by": [_wire(wire) for wire in why.used_by],
        "uses": [_wire(wire) for wire in why.uses],
        "could_serve": {role: list(askers) for role, askers in why.could_serve},
        "notes": [note.text for note in why.notes],
    }


def why_lines(why: Why, output: Output) -> list[str]:
    """Say why a service is on, link by link, who uses it and whom it uses; or why it is off."""
    return [
        *(_on(why, output) if why.is_on else _off(why, output)),
        *(f"  {dim(output.symbols.dash)} {note.text}" for note in why.notes),
    ]


def _on(why: Why, output: Output) -> list[str]:
    lines = [f"{good(output.symbols.good)} {bold(why.service)} is on: {why.chain[0][1]}"]
    lines += [f"  {service} is on: {cause}" for service, cause in why.chain[1:]]
    if why.used_by:
        lines += ["", "used by", *(f"  {_consumer(wire)}" for wire in why.used_by)]
    if why.uses:
        lines += ["", "uses", *(f"  {wire.role} of {wire.provider}" for wire in why.uses)]
    return lines


def _off(why: Why, output: Output) -> list[str]:
    if any(note.code == "left-out" for note in why.notes):
        return [f"{dim(output.symbols.off)} {bold(why.service)} was asked for and is not run here"]
    lines = [f"{dim(output.symbols.off)} {bold(why.service)} is off: nobody asked for it"]
    for role, askers in why.could_serve:
        names = ", ".join(askers)
        lines.append(f"  {names} would use it for {role}")
    return [*lines, f"  {typed(f'hearth enable {why.service}')} turns it on"]


def _consumer(wire: Wire) -> str:
    return f"{wire.consumer} for {wire.role}" + ("" if wire.required else ", if it is there")


def _wire(wire: Wire) -> dict[str, Any]:
    return {
        "consumer": wire.consumer,
        "role": wire.role,
        "provider": wire.provider,
        "url": wire.endpoint.url,
        "required": wire.required,
    }
