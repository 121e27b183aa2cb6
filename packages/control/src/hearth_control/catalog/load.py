"""Reading the catalog's folder into one value; the only module here that reads files.

Phases: list folders · fingerprint them · the cache if it holds them · else read, parse, check what
planning relies on, and keep the cache · look which images of ours this checkout can make.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hearth_control.catalog import cache as cached
from hearth_control.catalog.code import dockerfiles
from hearth_control.catalog.errors import (
    CatalogError,
    CatalogMissingError,
    CatalogUnreadableError,
)
from hearth_control.catalog.files import (
    COMPOSE,
    PRESETS,
    ServiceFolder,
    fingerprint,
    service_folders,
)
from hearth_control.catalog.findings import Finding
from hearth_control.catalog.model import STACKS, Catalog, Preset, Service


def find_catalog_root() -> Path:
    """Find the catalog that belongs to this program: of its checkout, else of its installation.

    Raises:
        CatalogMissingError: neither has one.
    """
    candidates = [parent / "catalog" for parent in Path(__file__).resolve().parents]
    candidates.append(Path(sys.prefix) / "share" / "hearth" / "catalog")
    for folder in candidates:
        if (folder / PRESETS).is_file():
            return folder
    text = f"{candidates[-1]}: there is no catalog here, nor in a folder above this program"
    raise CatalogMissingError(text, hint="git clone the repository and run ./hearth in it")


def load_catalog(root: Path, *, extra: Path | None, cache: Path | None) -> Catalog:
    """Read every service and preset, in the order of stack and name.

    `extra` holds the person's own services, one folder each; one with the name of a catalog
    service takes its place. `cache` is a file that may be written; None keeps none.

    Raises:
        CatalogMissingError: there is no catalog at `root`.
        CatalogUnreadableError: a file of it cannot be read.
        CatalogError: files are wrong; it carries every finding.
    """
    folders = service_folders(root, extra)
    key = fingerprint(root, folders)
    found = cached.find_cached(cache, key) if cache is not None else None
    if found is not None:
        return _with_absent(found, root.parent)
    catalog = _read_catalog(root, folders)
    if cache is not None:
        cached.try_write(cache, key, catalog)
    return _with_absent(catalog, root.parent)


def _with_absent(catalog: Catalog, checkout: Path) -> Catalog:
    """Mark services whose images this checkout has no Dockerfile for; never kept in the cache."""
    absent = {
        name: missing
        for name, service in catalog.services.items()
        if (missing := tuple(p for p in dockerfiles(service) if not (checkout / p).is_file()))
    }
    if not absent:
        return catalog
    services = {
        name: replace(service, absent=absent[name]) if name in absent else service
        for name, service in catalog.services.items()
    }
    return replace(catalog, services=services)


def _read_catalog(root: Path, folders: tuple[ServiceFolder, ...]) -> Catalog:
    from hearth_control.catalog.rules import check_structure

    findings: list[Finding] = []
    services: dict[str, Service] = {}
    for folder in folders:
        try:
            services[folder.name] = _read_service(folder)
        except CatalogError as error:
            findings.extend(error.findings)
    presets = _read_presets(root, findings)
    if findings:
        raise CatalogError(findings)
    ordered = sorted(services.values(), key=_order)
    catalog = Catalog(services={one.name: one for one in ordered}, presets=presets)
    findings.extend(check_structure(catalog))
    if findings:
        raise CatalogError(findings)
    return catalog


def _order(service: Service) -> tuple[int, str]:
    place = STACKS.index(service.stack) if service.stack in STACKS else len(STACKS)
    return place, service.name


def _read_service(folder: ServiceFolder) -> Service:
    from hearth_control.catalog.parse import parse_service

    shown = Path(folder.shown)
    return parse_service(
        _read_text(folder.path / COMPOSE, folder.shown),
        path=folder.shown,
        name=folder.name,
        stack=folder.stack,
        files={
            name: _read_text(folder.path / name, str(shown.parent / name)) for name in folder.files
        },
    )


def _read_presets(root: Path, findings: list[Finding]) -> Mapping[str, Preset]:
    from hearth_control.catalog.parse import parse_presets

    shown = f"{root.name}/{PRESETS}"
    try:
        return parse_presets(_read_text(root / PRESETS, shown), path=shown)
    except CatalogError as error:
        findings.extend(error.findings)
        return {}


def _read_text(path: Path, shown: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as cause:
        text = f"{shown}: cannot be read"
        raise CatalogUnreadableError(text, hint=f"ls -l {path}") from cause
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as cause:
        line = data.count(b"\n", 0, cause.start) + 1
        what = f"is not UTF-8: byte 0x{data[cause.start]:02x} at position {cause.start}"
        raise CatalogError([Finding(path=shown, line=line, what=what)]) from cause
