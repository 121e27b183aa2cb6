"""Where the catalog's files lie, found and fingerprinted without reading them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hearth_control.catalog.errors import CatalogMissingError, CatalogUnreadableError
from hearth_control.catalog.model import STACKS

COMPOSE = "compose.yaml"
PRESETS = "presets.yaml"
OWN_STACK = "03-apps"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFolder:
    """One service's folder: its Compose file and the files beside it.

    `shown` is how findings name the Compose file; `stamp` changes whenever a file does.
    """

    name: str
    stack: str
    path: Path
    shown: str
    files: tuple[str, ...]
    stamp: tuple[str, ...]


def service_folders(root: Path, extra: Path | None) -> tuple[ServiceFolder, ...]:
    """List the services of the catalog, then the person's own, by stack and name.

    Raises:
        CatalogMissingError: the catalog's folder is not there.
        CatalogUnreadableError: a folder cannot be read.
    """
    if not root.is_dir():
        text = f"{root}: is no folder of a catalog"
        raise CatalogMissingError(text, hint="git checkout -- catalog")
    try:
        own = tuple(_own_folders(extra)) if extra is not None else ()
        return (*_catalog_folders(root), *own)
    except OSError as cause:
        text = f"{cause.filename or root}: cannot be read"
        hint = f"ls -ld {cause.filename or root}"
        raise CatalogUnreadableError(text, hint=hint) from cause


def fingerprint(root: Path, folders: tuple[ServiceFolder, ...]) -> str:
    """Give a text that changes when a catalog file changes, or the code that reads them."""
    digest = hashlib.blake2b(digest_size=16)
    code = sorted(_stamp(entry.path) for entry in os.scandir(Path(__file__).parent))
    for line in (*code, _stamp(root / PRESETS), *(one for each in folders for one in each.stamp)):
        digest.update(line.encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()


def _catalog_folders(root: Path) -> Iterator[ServiceFolder]:
    for stack in STACKS:
        folder = root / stack
        if folder.is_dir():
            yield from _folders_in(folder, stack=stack, shown=f"{root.name}/{stack}")


def _own_folders(folder: Path) -> Iterator[ServiceFolder]:
    if folder.is_dir():
        yield from _folders_in(folder, stack=OWN_STACK, shown=str(folder))


def _folders_in(folder: Path, *, stack: str, shown: str) -> Iterator[ServiceFolder]:
    for name in sorted(entry.name for entry in os.scandir(folder)):
        files = tuple(_files_below(folder / name, ""))
        if COMPOSE not in files:
            continue
        yield ServiceFolder(
            name=name,
            stack=stack,
            path=folder / name,
            shown=f"{shown}/{name}/{COMPOSE}",
            files=tuple(file for file in files if file != COMPOSE),
            stamp=tuple(_stamp(f"{folder}/{name}/{file}") for file in files),
        )


def _files_below(folder: Path, prefix: str) -> Iterator[str]:
    if not folder.is_dir():
        return
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.is_file() and not entry.name.startswith("."):
            yield prefix + entry.name


def _stamp(path: str | Path) -> str:
    try:
        facts = os.stat(path)  # noqa: PTH116  # called for each file of the catalog
    except FileNotFoundError:
        return f"{path} absent"
    return f"{path} {facts.st_mtime_ns} {facts.st_size}"
