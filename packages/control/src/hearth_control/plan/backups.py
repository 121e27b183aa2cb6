"""What a backup holds: each volume with its recipe, and what the runner is handed of them. Pure.

The runner is the service `backup`. It reads `listing.json` below its configuration, mirrors a home
below `BASE` and mounts every volume there, closed to writing unless a restore is in its course.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from hearth_control.catalog.model import Service, Source
from hearth_control.plan.draft import Draft
from hearth_control.plan.model import BackedUp, Backups
from hearth_control.plan.place import Placed

RUNNER: Final = "backup"
BASE: Final = "/set"
WORTHLESS: Final = "worthless"
DATABASE: Final = "postgres"
SHARED_FILES: Final = "files"
"""The folder that all processes of the embedded engine share, `{data}` in the catalog."""
WRITES: Final = "BACKUP_WRITES"
REPOSITORY: Final = "BACKUP_REPOSITORY"
STILL: Final = frozenset({"stopped", "mongodb", "neo4j", "redis", "clickhouse"})
"""Recipes of stores whose files are copied while their service is stopped."""


def backups_of(placed: Sequence[Placed], serving: Mapping[str, Placed]) -> Backups:
    """Collect what there is to back up of everything that runs here."""
    provider = serving.get(DATABASE)
    dumped = provider.name if provider is not None and _is_dumped(provider) else ""
    found: dict[str, BackedUp] = {}
    for item in placed:
        for one in _of(item, dumped=dumped):
            found.setdefault(one.volume, one)
    return Backups(databases=bool(dumped), volumes=tuple(found[name] for name in sorted(found)))


def _is_dumped(provider: Placed) -> bool:
    return provider.runs_here and DATABASE in provider.service.backup.values()


def _of(item: Placed, *, dumped: str) -> Iterator[BackedUp]:
    """Give the volumes of one service; a PostgreSQL that is not dumped is copied as files are."""
    for volume, written in item.service.backup.items():
        if written == WORTHLESS or (written == DATABASE and item.name == dumped):
            continue
        recipe = "stopped" if written == DATABASE else written
        if item.source is Source.CONTAINER and volume in item.service.volumes:
            yield BackedUp(service=item.name, volume=volume, recipe=recipe, path=f"data/{volume}")
        elif item.source is Source.EMBEDDED:
            path = f"data/{SHARED_FILES}"
            yield BackedUp(service=item.name, volume=SHARED_FILES, recipe=recipe, path=path)


def with_mounts(made: Draft, backups: Backups, variables: Mapping[str, str]) -> Draft:
    """Hand the runner every volume that a backup holds; other containers stay as they are."""
    if made.placed.name != RUNNER:
        return made
    mode = "" if variables.get(WRITES) else ":ro"
    mounts = [f"{one.volume}:{BASE}/{one.path}{mode}" for one in backups.volumes]
    own = [_closed(each, mode) for each in made.spec.get("volumes", ())]
    return replace(made, spec={**made.spec, "volumes": [*own, *mounts]})


def _closed(mount: object, mode: str) -> object:
    """Let the home itself be written for as long as a restore lays settings into it."""
    text = str(mount)
    return text if mode or not text.startswith("..:") else text.removesuffix(":ro")


def goes_out(service: Service, variables: Mapping[str, str]) -> bool:
    """Tell whether a service that may reach the internet has to; the runner may have a folder."""
    if service.name != RUNNER:
        return True
    declared = service.variables.get(REPOSITORY)
    said = variables.get(REPOSITORY, declared.default if declared else "")
    return bool(said) and not said.startswith("/")


def still_services(backups: Backups) -> tuple[str, ...]:
    """Name the services whose files must not change while they are copied."""
    return tuple(sorted({one.service for one in backups.volumes if one.recipe in STILL}))
