"""Putting a backup back: a copy of what it replaces first, then each store, then a look at each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearth_kit.errors import HearthError

from hearth_backup import postgres, restic, sqlite
from hearth_backup.errors import NothingToTakeError, RestoreBrokenError, StoreError
from hearth_backup.listing import BUNDLE, Bundle, CopiedVolume, DumpedDatabase, parse_bundle
from hearth_backup.place import INSTALLATION, empty, load_listing, working
from hearth_backup.programs import Programs
from hearth_backup.settings import Settings
from hearth_backup.take import ROLES, Taking
from hearth_backup.telling import Teller

RESTORED = "restored"


@dataclass(slots=True)
class Restoring:
    """One restore in its course."""

    settings: Settings
    programs: Programs
    teller: Teller
    taking: Taking

    def run(self, snapshot: str, *, only: Sequence[str], copy: bool) -> dict[str, Any]:
        """Put databases and volumes back; services that use them were stopped.

        Raises:
            NoSnapshotError, WrongPasswordError, …: nothing was changed.
            RestoreBrokenError: some stores are replaced, one is broken; its hint puts everything
                back as it was, where a copy was taken.
        """
        self.programs.open_repository()
        bundle = self.look(snapshot).only(only)
        self._check(bundle, only)
        before = self._copy_first() if copy else None
        done: list[str] = []
        try:
            with working(self.settings):
                self._fetch_stage(snapshot)
                if bundle.databases:
                    self._restore_roles()
                databases = [self._restore_database(one, done) for one in bundle.databases]
                volumes = [self._restore_volume(one, snapshot, done) for one in bundle.volumes]
        except (HearthError, OSError) as error:
            raise self._broken(error, done, before) from error
        return {
            "snapshot": snapshot,
            "at": bundle.at,
            "databases": databases,
            "volumes": volumes,
            "left_out": dict(bundle.left_out),
            "copy": before,
        }

    def fetch_settings(self, snapshot: str) -> dict[str, Any]:
        """Lay settings, secrets and own services of a backup into `run/restored` of the home.

        Hearth itself takes them from there; they belong to whoever the home belongs to.
        """
        self.programs.open_repository()
        bundle = self.look(snapshot)
        target = self.settings.installation / "run" / RESTORED
        with working(self.settings):
            self._fetch_stage(snapshot)
            if target.exists():
                shutil.rmtree(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(self.settings.stage / INSTALLATION, target)
        _give(target, self.settings.installation)
        return {"snapshot": snapshot, "at": bundle.at, "settings": list(bundle.settings)}

    def look(self, snapshot: str) -> Bundle:
        """Read what a backup holds."""
        path = f"/{self.settings.stage_path}/{BUNDLE}"
        return parse_bundle(self.programs.on_repository(restic.dump(snapshot, path)))

    def _check(self, bundle: Bundle, only: Sequence[str]) -> None:
        """Refuse what cannot go well before anything is changed."""
        there = {one.name for one in bundle.databases} | {one.name for one in bundle.volumes}
        absent = sorted(set(only) - there)
        if absent:
            msg = f"{absent[0]}: this backup has no database and no volume of this name"
            raise NothingToTakeError(msg, hint="hearth backup list")
        if bundle.databases and self.settings.server is None:
            msg = "postgres: the backup holds databases, and none is served here"
            raise StoreError(msg, hint="hearth enable postgres")
        known = {volume.name for volume in load_listing(self.settings).volumes}
        lost = sorted(one.name for one in bundle.volumes if one.name not in known)
        if lost:
            service = next(one.service for one in bundle.volumes if one.name == lost[0])
            msg = f"{lost[0]}: the backup holds this volume, and `{service}` is not on here"
            raise StoreError(msg, hint=f"hearth enable {service}")

    def _copy_first(self) -> str | None:
        self.teller.step("taking a copy of what is replaced")
        try:
            return str(self.taking.run(still=True, kind=restic.BEFORE)["snapshot"])
        except NothingToTakeError:
            return None

    def _fetch_stage(self, snapshot: str) -> None:
        self.teller.step("fetching dumps")
        self._fetch(snapshot, self.settings.stage_path)

    def _fetch(self, snapshot: str, path: str) -> None:
        base = os.fspath(self.settings.base)
        self.programs.on_repository(restic.restore(snapshot, base=base, path=path))

    def _restore_roles(self) -> None:
        file = os.fspath(self.settings.stage / ROLES)
        self.programs.on_server(postgres.load_roles(file), lenient=True)

    def _restore_database(self, one: DumpedDatabase, done: list[str]) -> dict[str, Any]:
        self.teller.step(f"restoring database {one.name}")
        self.programs.on_server(postgres.drop(one.name))
        self.programs.on_server(postgres.restore(os.fspath(self.settings.stage / one.file)))
        tables = int(self.programs.on_server(postgres.count_tables(one.name)))
        if tables != one.tables:
            msg = f"postgres: database `{one.name}` has {tables} tables, its backup {one.tables}"
            raise StoreError(msg, hint="hearth backup check")
        done.append(one.name)
        return {"name": one.name, "tables": tables}

    def _restore_volume(self, one: CopiedVolume, snapshot: str, done: list[str]) -> dict[str, Any]:
        self.teller.step(f"restoring volume {one.name}")
        folder = self.settings.base / one.path
        empty(folder)
        self._fetch(snapshot, one.path)
        for copied in one.sqlite:
            sqlite.put_back(copied, volume=folder, stage=self.settings.stage)
        done.append(one.name)
        files = [Path(parent, name) for parent, _, names in os.walk(folder) for name in names]
        size = sum(file.lstat().st_size for file in files)
        return {"name": one.name, "files": len(files), "size": size}

    def _broken(
        self, error: HearthError | OSError, done: list[str], before: str | None
    ) -> RestoreBrokenError:
        why = error.message if isinstance(error, HearthError) else str(error)
        got = f"; back already: {', '.join(done)}" if done else ""
        kept = f"; what was there before is backup {before}" if before else ""
        hint = f"hearth backup restore {before} --yes --no-copy" if before else None
        msg = f"backup: the restore broke off: {why}{got}{kept}"
        return RestoreBrokenError(msg, hint=hint or "hearth backup list")


def _give(folder: Path, home: Path) -> None:
    """Hand a folder to the owner of the home, closed to everybody else."""
    owner = home.stat()
    for parent, folders, names in os.walk(folder):
        for name in (".", *folders, *names):
            path = Path(parent, name)
            if os.geteuid() == 0:
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    folder.chmod(0o700)
