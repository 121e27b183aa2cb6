"""What `host` and `host setup` show: pure."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import Any

from hearth_control.cli.measure import say_size
from hearth_control.cli.note_words import note_lines
from hearth_control.cli.output import Output
from hearth_control.cli.table import Cell, align, wrap
from hearth_control.cli.theme import bad, bold, dim, good, typed, warm
from hearth_control.deploy.fitting import Room
from hearth_control.deploy.machine import Prepared
from hearth_control.host.model import Gpu, Host
from hearth_control.host.setup.model import Machine
from hearth_control.host.setup.steps import after_lines

_ENGINE = {
    "answers": "answers",
    "denied": "answers others: this user is not in its group",
    "silent": "is installed and does not answer",
    "missing": "is not installed",
}


def host_document(host: Host, machine: Machine, room: Room) -> dict[str, Any]:
    """Give the machine's facts and what it has room for. Sizes in bytes, null where unknown."""
    return {
        "system": machine.distribution.name,
        "architecture": host.architecture,
        "cpus": host.cpus,
        "memory": host.memory,
        "memory_available": host.memory_available,
        "swap": host.swap,
        "disk_free": host.disk_free,
        "engine_disk_free": host.engine_disk_free,
        "docker": asdict(machine.engine),
        "gpus": [asdict(card) for card in host.gpus],
        "largest_models": {kind: list(names) for kind, names in room.models.items()},
        "notes": [asdict(note) for note in room.notes],
    }


def host_lines(host: Host, machine: Machine, room: Room, output: Output) -> list[str]:
    """Say the machine's facts, each card with what stands in its way, and what fits."""
    kind = f"{machine.distribution.name}, {host.architecture}"
    swap = f", {say_size(host.swap)} of swap" if host.swap else ""
    memory = f"{say_size(host.memory)}, {say_size(host.memory_available)} of it free{swap}"
    disk = f"{say_size(host.disk_free)} free at the home"
    if host.engine_disk_free is not None:
        disk += f", {say_size(host.engine_disk_free)} at Docker's images and volumes"
    rows = {
        "system": kind,
        "processors": str(host.cpus),
        "memory": memory,
        "disk": disk,
        "Docker": _engine_words(machine),
    }
    lines = align([[Cell(name, dim), Cell(text)] for name, text in rows.items()], width=10_000)
    if not machine.engine.compose or machine.engine.state != "answers":
        lines.append(f"  {dim(output.symbols.arrow)} {typed('hearth host setup')}")
    lines.append("")
    if not host.gpus:
        lines.append("no graphics card: models compute on the processors")
    for card in host.gpus:
        lines += _card_lines(card, output)
    for names in room.models.values():
        lines += wrap(
            f"largest models that fit: {', '.join(names) or 'none that is known'}",
            width=output.width - 2,
            indent="  ",
        )
    return [*lines, *(["", *note_lines(room.notes, output)] if room.notes else [])]


def _engine_words(machine: Machine) -> str:
    engine = machine.engine
    version = f"{engine.version} " if engine.version else ""
    plugin = "with" if engine.compose else "without"
    said = f"{version}{_ENGINE[engine.state]}"
    return said if engine.state == "missing" else f"{said}, {plugin} the compose plugin"


def _card_lines(card: Gpu, output: Output) -> list[str]:
    size = f", {say_size(card.vram)}" if card.vram else ""
    driver = f", driver {card.driver}" if card.driver else ""
    if card.usable:
        mark = good(output.symbols.good)
        return [f"{mark} {bold(card.name)}{size}{driver}: containers can use it"]
    # Nobody can do anything about a card without a fix, so it is no fault.
    mark = bad(output.symbols.bad) if card.fix else dim(output.symbols.off)
    lines = [f"{mark} {bold(card.name)}{size}: {card.why_not}"]
    return [*lines, f"  {dim(output.symbols.arrow)} {typed(card.fix)}"] if card.fix else lines


def setup_document(prepared: Prepared, *, taken: bool) -> dict[str, Any]:
    """Give the steps, each with the command as this person runs it; `taken`: they are done."""
    machine, setup = prepared.machine, prepared.setup
    return {
        "system": machine.distribution.name,
        "taken": taken,
        "steps": [
            {
                "title": step.title,
                "cause": step.cause,
                "command": list(step.argv(is_root=machine.is_root)),
                "given": step.given,
                "root": step.root,
                "after": step.after or None,
            }
            for step in setup.steps
        ],
        "done": list(setup.done),
        "by_hand": list(setup.by_hand),
        "needs_reboot": setup.needs_reboot,
        "needs_login": setup.needs_login,
    }


def step_lines(prepared: Prepared, output: Output) -> list[str]:
    """Say what is there already, then each step with its command and its cause."""
    machine, setup = prepared.machine, prepared.setup
    lines = [f"{good(output.symbols.good)} {text}" for text in setup.done]
    cause = ""
    for number, step in enumerate(setup.steps, 1):
        if step.cause != cause:
            cause = step.cause
            lines.append(dim(cause))
        command = shlex.join(step.argv(is_root=machine.is_root))
        lines.append(f"  {number:>2}  {typed(command)}")
        lines += [f"        {dim(line)}" for line in step.given.splitlines()]
    return lines


def by_hand_lines(prepared: Prepared, output: Output) -> list[str]:
    """Say what no command here can do."""
    return [f"{warm(output.symbols.warn)} {text}" for text in prepared.setup.by_hand]


def end_lines(prepared: Prepared, output: Output) -> list[str]:
    """Say how it ended and what comes next."""
    mark = good(output.symbols.good)
    setup = prepared.setup
    if not setup.steps:
        return [] if setup.by_hand else [f"{mark} nothing to do"]
    arrow = dim(output.symbols.arrow)
    after = [f"  {arrow} {text}" for text in after_lines(setup)]
    return [f"{mark} {len(setup.steps)} steps done", *after]
