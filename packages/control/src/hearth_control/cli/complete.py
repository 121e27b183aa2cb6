"""Completion of names in the shell: quick, silent, and never an error.

Service names are folder names, so no catalog is parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from hearth_kit.errors import HearthError

from hearth_control.cli.session import session_of
from hearth_control.deploy.applied import load_applied
from hearth_control.settings.keys import NO_PRESET


def complete_services(
    context: click.Context,
    _parameter: click.Parameter,
    incomplete: str,
) -> list[str]:
    """Offer the services of the catalog and the person's own."""
    world = session_of(context).world
    names = (
        *_folders(world.root / "catalog", depth=2),
        *_folders(world.home / "services", depth=1),
    )
    return _starting(names, incomplete)


def complete_own(
    context: click.Context,
    _parameter: click.Parameter,
    incomplete: str,
) -> list[str]:
    """Offer the person's own services."""
    home = session_of(context).world.home
    return _starting(_folders(home / "services", depth=1), incomplete)


def complete_running(
    context: click.Context,
    _parameter: click.Parameter,
    incomplete: str,
) -> list[str]:
    """Offer the services that were brought up."""
    applied = load_applied(session_of(context).world.home)
    return _starting((s.name for s in applied.services) if applied else (), incomplete)


def complete_keys(
    context: click.Context,
    _parameter: click.Parameter,
    incomplete: str,
) -> list[str]:
    """Offer the settings."""
    from hearth_control.settings.keys import known_keys

    try:
        keys = known_keys(session_of(context).world.load_catalog())
    except HearthError:
        return []
    return _starting(keys, incomplete.upper())


def complete_secrets(
    context: click.Context,
    _parameter: click.Parameter,
    incomplete: str,
) -> list[str]:
    """Offer the secrets that are there, and those that only a person can bring."""
    from hearth_control.secrets.rules import recipes

    world = session_of(context).world
    try:
        known = recipes(world.load_catalog())
        there = world.secrets.keys()
    except HearthError:
        return []
    given = (key for key, recipe in known.items() if recipe.rule.kind == "given")
    return _starting((*there, *given), incomplete)


def complete_presets(
    context: click.Context,
    _parameter: click.Parameter,
    incomplete: str,
) -> list[str]:
    """Offer the presets."""
    try:
        presets = session_of(context).world.load_catalog().presets
        return _starting([*presets, NO_PRESET], incomplete)
    except HearthError:
        return []


def complete_models(
    context: click.Context,
    _parameter: click.Parameter,
    incomplete: str,
) -> list[str]:
    """Offer the models that search can run."""
    from hearth_control.deploy.models import known_models

    try:
        return _starting(known_models(session_of(context).world), incomplete)
    except HearthError:
        return []


def _folders(root: Path, *, depth: int) -> Iterator[str]:
    pattern = "/".join(["*"] * depth) + "/compose.yaml"
    for file in root.glob(pattern):
        yield file.parent.name


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})
