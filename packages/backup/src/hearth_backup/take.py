"""Taking a backup: stores into the stage by their own means, then everything into one snapshot."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hearth_backup import postgres, restic, sqlite
from hearth_backup.errors import NoRepositoryError, NothingToTakeError
from hearth_backup.listing import (
    BUNDLE,
    Bundle,
    CopiedVolume,
    DumpedDatabase,
    Listing,
    Volume,
    bundle_text,
)
from hearth_backup.place import copy_installation, load_listing, working
from hearth_backup.programs import Programs
from hearth_backup.settings import Settings
from hearth_backup.telling import Teller

ROLES = "roles.sql"
MOVING = "has to stand still to be copied; `hearth backup now` stops it for that"
ABSENT = "is not there"


@dataclass(slots=True)
class Taking:
    """One backup in its course."""

    settings: Settings
    programs: Programs
    teller: Teller
    now: datetime

    def run(self, *, still: bool, kind: str | None = None) -> dict[str, Any]:
        """Take a backup and let go of those that need not stay.

        `still`: services whose files must not change meanwhile were stopped. `kind` None: whole
        where nothing had to be left out, else that of a running installation.

        Raises:
            RunnerBusyError: another one is in its course.
            NothingToTakeError: there is no database and no volume.
            HearthError: a store or the repository failed.
        """
        keep = restic.parse_keep(self.settings.keep)
        with working(self.settings):
            is_new = self.open()
            listing = load_listing(self.settings)
            bundle, excluded = self.gather(listing, still=still)
            said = kind or (restic.WHOLE if still or not _moving(listing) else restic.RUNNING)
            summary = self.save(bundle, excluded, kind=said)
            if kind is None:
                self.teller.step("letting old backups go")
                self.programs.on_repository(restic.forget(keep, host=listing.project))
            else:
                words = restic.forget_kind(kind, host=listing.project, keep_last=restic.KEPT_BEFORE)
                self.programs.on_repository(words)
        return _result(bundle, summary, kind=said, is_new=is_new)

    def run_ahead(self) -> None:
        """Save what must stand still later while it still moves, so that it stands for less long.

        What this saves is nothing to restore from, and is let go of by the backup that follows.
        """
        with working(self.settings):
            self.open()
            listing = load_listing(self.settings)
            moving = [volume for volume in _moving(listing) if self._folder(volume).is_dir()]
            if not moving:
                return
            self.teller.step(f"saving {_names(moving)} ahead")
            paths = [volume.path for volume in moving]
            argv = restic.backup(paths, host=listing.project, kind=restic.AHEAD, exclude_file=None)
            summary = self.programs.save(argv, tell=self._tell)
            self.programs.on_repository(restic.forget_one(summary.snapshot))

    def open(self) -> bool:
        """Open the repository, making it where there is none; tell whether it was made."""
        try:
            self.programs.open_repository()
        except NoRepositoryError:
            self.teller.step("making the repository")
            self.programs.on_repository(restic.init())
            return True
        self.programs.on_repository(restic.unlock())
        return False

    def gather(self, listing: Listing, *, still: bool) -> tuple[Bundle, list[Path]]:
        """Bring dumps and copies into the stage; give the bundle and the files to leave out."""
        databases = tuple(self._dump_all()) if listing.databases else ()
        volumes: list[CopiedVolume] = []
        excluded: list[Path] = []
        left_out: dict[str, str] = {}
        for volume in listing.volumes:
            if not self._folder(volume).is_dir():
                left_out[volume.name] = ABSENT
            elif volume.method == "still" and not still:
                left_out[volume.name] = MOVING
            else:
                copied = self._copy(volume)
                volumes.append(copied)
                excluded += (self._folder(volume) / one.path for one in copied.sqlite)
        if not databases and not volumes:
            msg = "backup: there is no database and no volume to back up"
            raise NothingToTakeError(msg, hint="hearth up")
        bundle = Bundle(
            project=listing.project,
            engine=listing.engine,
            at=self.now.isoformat(timespec="seconds"),
            databases=databases,
            volumes=tuple(volumes),
            left_out=left_out,
            settings=copy_installation(self.settings),
        )
        (self.settings.stage / BUNDLE).write_text(bundle_text(bundle), encoding="utf-8")
        return bundle, excluded

    def save(self, bundle: Bundle, excluded: list[Path], *, kind: str) -> restic.Summary:
        """Save the stage and the volumes as one snapshot."""
        self.teller.step("saving")
        lines = restic.exclude_lines(
            os.fspath(path.with_name(path.name + companion))
            for path in excluded
            for companion in sqlite.COMPANIONS
        )
        exclude_file = self.settings.state / "exclude"
        exclude_file.write_text(lines, encoding="utf-8")
        argv = restic.backup(
            [self.settings.stage_path, *(volume.path for volume in bundle.volumes)],
            host=bundle.project,
            kind=kind,
            exclude_file=os.fspath(exclude_file),
        )
        return self.programs.save(argv, tell=self._tell)

    def _dump_all(self) -> Iterator[DumpedDatabase]:
        (self.settings.stage / "databases").mkdir()
        self.programs.on_server(postgres.dump_roles(os.fspath(self.settings.stage / ROLES)))
        listed = self.programs.on_server(postgres.list_databases())
        for found in postgres.parse_databases(listed):
            self.teller.step(f"dumping database {found.name}")
            file = postgres.dump_file(found.name)
            self.programs.on_server(
                postgres.dump(found.name, os.fspath(self.settings.stage / file))
            )
            tables = int(self.programs.on_server(postgres.count_tables(found.name)))
            yield DumpedDatabase(name=found.name, owner=found.owner, file=file, tables=tables)

    def _copy(self, volume: Volume) -> CopiedVolume:
        folder = self._folder(volume)
        copied = []
        if volume.method == "files":
            for path in sqlite.find_files(folder):
                self.teller.step(f"copying {volume.name}/{path.relative_to(folder)}")
                copied.append(
                    sqlite.copy(path, volume=folder, stage=self.settings.stage, name=volume.name)
                )
        return CopiedVolume(
            service=volume.service, name=volume.name, path=volume.path, sqlite=tuple(copied)
        )

    def _folder(self, volume: Volume) -> Path:
        return self.settings.base / volume.path

    def _tell(self, line: str) -> None:
        progress = restic.read_progress(line)
        if progress is not None:
            self.teller.progress("saving", done=progress[1], total=progress[2])


def _moving(listing: Listing) -> list[Volume]:
    return [volume for volume in listing.volumes if volume.method == "still"]


def _names(volumes: list[Volume]) -> str:
    return ", ".join(volume.name for volume in volumes)


def _result(bundle: Bundle, summary: restic.Summary, *, kind: str, is_new: bool) -> dict[str, Any]:
    return {
        "snapshot": summary.snapshot,
        "kind": kind,
        "at": bundle.at,
        "size": summary.size,
        "added": summary.added,
        "files": summary.files,
        "new_files": summary.new_files,
        "changed_files": summary.changed_files,
        "databases": [one.name for one in bundle.databases],
        "volumes": [one.name for one in bundle.volumes],
        "left_out": dict(bundle.left_out),
        "new_repository": is_new,
    }
