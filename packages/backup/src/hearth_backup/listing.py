"""What there is to back up, as the control plane's plan says it, and what a backup holds. Pure.

`listing.json`: `{"format": 1, "project": …, "engine": …, "databases": bool, "volumes": [{"service",
"name", "recipe", "path"}]}`; `path` is relative to the base folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from hearth_backup.errors import BadSettingError, RepositoryError

FORMAT = 1
BUNDLE = "bundle.json"

Method = Literal["files", "still"]
_METHODS: Mapping[str, Method] = {
    "files": "files",
    "sqlite": "files",
    "stopped": "still",
    "mongodb": "still",
    "neo4j": "still",
    "redis": "still",
    "clickhouse": "still",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A folder of files and how it is copied."""

    service: str
    name: str
    recipe: str
    path: str

    @property
    def method(self) -> Method:
        """Say whether it is copied while in use, or while its service stands still."""
        return _METHODS[self.recipe]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Everything of an installation that a backup has to hold."""

    project: str
    engine: str
    databases: bool
    volumes: tuple[Volume, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpedDatabase:
    """A database as it was dumped; `file` is relative to the stage."""

    name: str
    owner: str
    file: str
    tables: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedSQLite:
    """An SQLite file that was copied by SQLite itself; `path` is relative to its volume."""

    path: str
    file: str
    uid: int
    gid: int
    mode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedVolume:
    """A volume that the backup holds."""

    service: str
    name: str
    path: str
    sqlite: tuple[CopiedSQLite, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What one backup holds, in its own words. `left_out`: volume → why."""

    project: str
    engine: str
    at: str
    databases: tuple[DumpedDatabase, ...]
    volumes: tuple[CopiedVolume, ...]
    left_out: Mapping[str, str]
    settings: tuple[str, ...] = ()

    def only(self, names: Iterable[str]) -> Bundle:
        """Keep the databases and volumes that are named; all where none is."""
        kept = set(names)
        if not kept:
            return self
        return replace(
            self,
            databases=tuple(one for one in self.databases if one.name in kept),
            volumes=tuple(one for one in self.volumes if one.name in kept),
        )


def parse_listing(text: str) -> Listing:
    """Read what the plan says.

    Raises:
        BadSettingError: it is of another version of Hearth, or no such file.
    """
    try:
        document = json.loads(text)
        _check_format(document)
        return Listing(
            project=document["project"],
            engine=document["engine"],
            databases=bool(document["databases"]),
            volumes=tuple(
                Volume(**one) for one in document["volumes"] if one["recipe"] in _METHODS
            ),
        )
    except (ValueError, KeyError, TypeError) as error:
        msg = "backup: what to back up was written by another version of Hearth"
        raise BadSettingError(msg, hint="hearth up") from error


def bundle_text(bundle: Bundle) -> str:
    """Write a bundle as JSON."""
    document = {"format": FORMAT, **asdict(bundle)}
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def parse_bundle(text: str | bytes) -> Bundle:
    """Read what a backup says of itself.

    Raises:
        RepositoryError: it is of a version of Hearth that this one does not know.
    """
    try:
        document = json.loads(text)
        _check_format(document)
        return Bundle(
            project=document["project"],
            engine=document["engine"],
            at=document["at"],
            databases=tuple(DumpedDatabase(**one) for one in document["databases"]),
            volumes=tuple(_copied(one) for one in document["volumes"]),
            left_out=dict(document["left_out"]),
            settings=tuple(document["settings"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        msg = "backup: its list of contents is of another version of Hearth"
        raise RepositoryError(msg, hint="hearth backup list") from error


def _copied(one: Mapping[str, Any]) -> CopiedVolume:
    files = tuple(CopiedSQLite(**file) for file in one["sqlite"])
    return CopiedVolume(**{**one, "sqlite": files})


def _check_format(document: Mapping[str, Any]) -> None:
    if document["format"] != FORMAT:
        msg = f"format {document['format']}"
        raise ValueError(msg)
