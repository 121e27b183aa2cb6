"""Everything that a machine needs for Hearth, as steps and as a script that can be read. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from hearth_control.host.setup.cards import cards_setup
from hearth_control.host.setup.docker import docker_setup
from hearth_control.host.setup.model import Machine, Setup, Step

DOCKER_DOCS = "https://docs.docker.com/engine/install/"
GPU_DOCS = (
    "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html"
)
AFTER = {
    "login": "Log out and in again: a new group counts from the next log-in on.",
    "reboot": "Reboot: a new driver is loaded at the next boot. Then run this again.",
}


def plan_setup(machine: Machine, *, gpu: bool) -> Setup:
    """Work out every step, Docker's first; what is done already needs none."""
    if not machine.distribution.is_known:
        return _unknown(machine, gpu=gpu)
    parts = [docker_setup(machine), *([cards_setup(machine)] if gpu else [])]
    by_hand = [text for part in parts for text in part.by_hand]
    if machine.in_container and any(part.steps for part in parts):
        by_hand.append("this is a container: what is set up in it is gone with it")
    return Setup(
        steps=_once(step for part in parts for step in part.steps),
        done=tuple(text for part in parts for text in part.done),
        by_hand=tuple(by_hand),
    )


def _unknown(machine: Machine, *, gpu: bool) -> Setup:
    """Name what is missing where no packages are known; what is there stays unsaid."""
    name = machine.distribution.name
    by_hand = []
    if machine.engine.state == "missing" or not machine.engine.compose:
        by_hand.append(
            f"{name}: install Docker Engine and its compose plugin as {DOCKER_DOCS} says"
        )
    elif machine.engine.state == "silent":
        by_hand.append(f"{name}: start Docker's engine")
    if gpu:
        lacking = [card for card in machine.gpus if not card.usable and card.fix]
        docs = f" as {GPU_DOCS} says" if "nvidia" in {card.vendor for card in lacking} else ""
        by_hand += [f"{card.name}: {card.why_not}; set it up{docs}" for card in lacking]
    done = () if by_hand else ("nothing that this machine lacks was found",)
    return Setup(by_hand=tuple(by_hand), done=done)


def _once(steps: Iterator[Step]) -> tuple[Step, ...]:
    """Leave out what the step before does already, such as reading the lists again.

    A list is read again only after a file was written for it.
    """
    kept: list[Step] = []
    fresh = False
    for step in steps:
        reads = step.command[-2:] in {("apt-get", "update"), ("dnf", "makecache")}
        if reads and fresh:
            continue
        if step.command in {one.command for one in kept} and not reads and not step.given:
            continue
        fresh = reads or (fresh and not step.given)
        kept.append(step)
    return tuple(kept)


def as_script(setup: Setup, machine: Machine) -> str:
    """Give the steps as a shell script with their causes; it does what set-up would.

    Example:
        # Docker is not installed
        sudo apt-get update
    """
    lines = ["#!/bin/sh", f"# For {machine.distribution.name}, {machine.architecture}", "set -e"]
    lines += [f"# there already: {text}" for text in setup.done]
    cause = ""
    for step in setup.steps:
        if step.cause != cause:
            cause = step.cause
            lines += ["", f"# {cause}"]
        lines += _command_lines(step, is_root=machine.is_root)
    lines += ["", *(f"# by hand: {text}" for text in setup.by_hand)] if setup.by_hand else []
    lines += [f"# {text}" for text in after_lines(setup)]
    return "\n".join(lines) + "\n"


def after_lines(setup: Setup) -> tuple[str, ...]:
    """Say what must happen before everything counts; a reboot is a log-in too."""
    if setup.needs_reboot:
        return (AFTER["reboot"],)
    return (AFTER["login"],) if setup.needs_login else ()


def _command_lines(step: Step, *, is_root: bool) -> list[str]:
    command = shlex.join(step.argv(is_root=is_root))
    if not step.given:
        return [command]
    return [f"{command} <<'END'", *step.given.splitlines(), "END"]
