"""What the environment tells the backup runner; nothing else here reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hearth_kit.secret import Secret

from hearth_backup.errors import BadSettingError

DEFAULT_KEEP = "--keep-within 2d --keep-daily 7 --keep-weekly 5 --keep-monthly 12"
_HANDED = ("PATH", "HOME", "LANG", "TZ", "TMPDIR")
"""What programs that the runner starts see of its own environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The PostgreSQL whose databases are dumped."""

    host: str
    port: str
    user: str
    password: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things lie and when a backup is taken.

    `base` mirrors a home: `data/NAME` is a volume, `run/backup` what is made for a backup.
    `installation` is the home itself; `listing` says what there is to back up. `at`: times of day.
    """

    listing: Path
    base: Path
    installation: Path
    repository: str
    password: Secret | None = None
    cache: Path | None = None
    at: str = "03:30"
    keep: str = DEFAULT_KEEP
    server: Server | None = None
    s3_key_id: str = ""
    s3_secret_key: Secret | None = None
    handed: Mapping[str, str] = field(default_factory=dict)

    @property
    def stage(self) -> Path:
        """The folder of dumps, copies and the bundle, which becomes part of the snapshot."""
        return self.base / self.stage_path

    @property
    def stage_path(self) -> str:
        """The stage's path below `base`, as a snapshot has it."""
        return "run/backup"

    @property
    def state(self) -> Path:
        """The folder of what the runner remembers, which is no part of a snapshot."""
        return self.base / "run" / "backup-state"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment.

    Raises:
        BadSettingError: a variable that must be there is not, or names a file that is not.
    """
    given = os.environ if environment is None else environment
    cache = given.get("RESTIC_CACHE_DIR")
    installation = Path(_must(given, "BACKUP_INSTALLATION"))
    folder = given.get("BACKUP_FOLDER") or os.fspath(installation / "backups")
    return Settings(
        listing=Path(_must(given, "BACKUP_LISTING")),
        base=Path(_must(given, "BACKUP_BASE")),
        installation=installation,
        repository=given.get("RESTIC_REPOSITORY") or folder,
        password=_secret(given, "RESTIC_PASSWORD"),
        cache=Path(cache) if cache else None,
        at=given.get("BACKUP_AT") or "03:30",
        keep=given.get("BACKUP_KEEP") or DEFAULT_KEEP,
        server=_server(given),
        s3_key_id=given.get("BACKUP_S3_KEY_ID", ""),
        s3_secret_key=_secret(given, "BACKUP_S3_SECRET_KEY"),
        handed={name: given[name] for name in _HANDED if given.get(name)},
    )


def _server(given: Mapping[str, str]) -> Server | None:
    host = given.get("PGHOST", "")
    if not host:
        return None
    return Server(
        host=host,
        port=given.get("PGPORT") or "5432",
        user=given.get("PGUSER") or "postgres",
        password=_secret(given, "PGPASSWORD"),
    )


def _must(given: Mapping[str, str], name: str) -> str:
    value = given.get(name, "")
    if not value:
        raise BadSettingError(f"{name}: is not set", hint="hearth show backup")
    return value


def _secret(given: Mapping[str, str], name: str) -> Secret | None:
    """Read a secret by its variable, or from the file that `NAME_FILE` names."""
    path = given.get(f"{name}_FILE", "")
    if path:
        try:
            return Secret(Path(path).read_text(encoding="utf-8").removesuffix("\n"))
        except OSError as error:
            raise BadSettingError(f"{name}_FILE: cannot be read", hint="hearth up") from error
    value = given.get(name, "")
    return Secret(value) if value else None
