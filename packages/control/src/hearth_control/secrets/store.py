"""The folder `secrets/` of a home: one file a secret (0600), the folder closed to others (0700).

A secret that is there is never written again: changing one is rotation, which also changes it
where it is used. Files may be put there by hand; one line feed at the end does not count.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

from hearth_kit.clock import Clock, SystemClock
from hearth_kit.files import make_private
from hearth_kit.secret import Secret

from hearth_control.catalog.model import Catalog, SecretKind
from hearth_control.plan.model import Plan
from hearth_control.secrets.errors import (
    SecretDamagedError,
    SecretMissingError,
    SecretNotGivenError,
    SecretRuleError,
    SecretsClosedError,
)
from hearth_control.secrets.fingerprint import fingerprint
from hearth_control.secrets.generate import Random, generate
from hearth_control.secrets.rules import Recipe, making_order, recipes

FOLDER = "secrets"
SALT = ".salt"
_MOST_BYTES = 64 * 1024
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""What file systems without hard links answer (FAT, some network and FUSE ones)."""


class SecretStore:
    """The secrets of one home."""

    def __init__(
        self,
        home: Path,
        *,
        random: Random = os.urandom,
        clock: Clock | None = None,
        folder: str = FOLDER,
    ) -> None:
        self._home = home
        self._folder = home / folder
        self._random = random
        self._clock = clock or SystemClock()

    def keys(self) -> tuple[str, ...]:
        """Name every secret that is there; none where the folder is not."""
        if not self._folder.is_dir():
            return ()
        with self._opened():
            names = sorted(entry.name for entry in os.scandir(self._folder))
        return tuple(name for name in names if not name.startswith("."))

    def load(self, keys: Iterable[str]) -> Mapping[str, Secret]:
        """Read secrets by key.

        Raises:
            SecretMissingError: one was never made.
            SecretDamagedError: one is empty, too large or no text.
            SecretsClosedError: the folder or a file cannot be read.
        """
        return {key: self._read(key) for key in keys}

    def fingerprints(self, keys: Iterable[str] | None = None) -> Mapping[str, str]:
        """Fingerprint the secrets that are there, all or those named.

        Raises: as `load`, but not for those that are missing.
        """
        there = self.keys()
        wanted = there if keys is None else tuple(key for key in keys if key in there)
        if not wanted:
            return {}
        salt = self._salt()
        return {key: fingerprint(key, self._read(key), salt=salt) for key in wanted}

    def ensure(self, plan: Plan, catalog: Catalog) -> tuple[str, ...]:
        """Make the secrets that a plan needs and that are not there; name the new ones.

        Two that run at once make each secret once. One that was cut off goes on where it was.

        Raises:
            SecretNotGivenError: one comes from the person; nothing is made then.
            SecretsClosedError: the folder cannot be written.
        """
        there = self.keys()
        missing = [key for key in plan.secrets if key not in there]
        known = recipes(catalog)
        self._refuse_given(missing, known)
        if not missing:
            return ()
        with self._opened():
            make_private(self._folder)
            self._folder.chmod(0o700)
        self._salt()
        return tuple(key for key in making_order(missing, known) if self._make(key, known))

    def fingerprint_of(self, key: str, value: Secret) -> str:
        """Fingerprint a value that is not in a file yet.

        Raises:
            SecretsClosedError: the folder cannot be read or written.
        """
        with self._opened():
            make_private(self._folder)
        return fingerprint(key, value, salt=self._salt())

    def made_at(self, key: str) -> datetime | None:
        """Say when a secret's file was written; None where there is none."""
        try:
            return datetime.fromtimestamp((self._folder / key).stat().st_mtime, tz=UTC)
        except OSError:
            return None

    def _make(self, key: str, known: Mapping[str, Recipe]) -> bool:
        recipe = known.get(key)
        if recipe is None:
            msg = f"{FOLDER}/{key}: the catalog has no rule for it"
            raise SecretRuleError(msg, hint="hearth services")
        parents = {recipe.parent[0]: self._read(recipe.parent[1]).reveal()} if recipe.parent else {}
        now = int(self._clock.now().timestamp())
        value = generate(recipe.rule, random=self._random, parents=parents, now=now)
        return self._write_new(key, value.encode())

    def _refuse_given(self, missing: Iterable[str], known: Mapping[str, Recipe]) -> None:
        for key in missing:
            if key in known and known[key].rule.kind is SecretKind.GIVEN:
                msg = f"{FOLDER}/{key}: comes from you and is not there"
                raise SecretNotGivenError(msg, hint=f"hearth secrets set {key}")

    def _salt(self) -> bytes:
        path = self._folder / SALT
        if not path.exists():
            self._write_new(SALT, self._random(32))
        with self._opened():
            salt = path.read_bytes()
        if len(salt) < 16:
            raise self._damaged(SALT, "is empty or half written")
        return salt

    def _read(self, key: str) -> Secret:
        path = self._folder / key
        with self._opened():
            try:
                size = path.stat()
            except FileNotFoundError:
                msg = f"{FOLDER}/{key}: was never made"
                raise SecretMissingError(msg, hint="hearth up") from None
            if not stat.S_ISREG(size.st_mode) or size.st_size > _MOST_BYTES:
                raise self._damaged(key, "is no file with a secret in it")
            data = path.read_bytes()
        try:
            value = data.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise self._damaged(key, "is no text") from None
        if not value or "\0" in value:
            raise self._damaged(key, "is empty or half written")
        return Secret(value)

    def _damaged(self, key: str, what: str) -> SecretDamagedError:
        path = quote(str(self._folder / key))
        return SecretDamagedError(
            f"{FOLDER}/{key}: {what}; put its value back, or remove it if nothing was made with it",
            hint=f"install -m 600 /dev/stdin {path}",
        )

    def _write_new(self, name: str, data: bytes) -> bool:
        """Write a file that is whole or not there, and never over another.

        Gives False if somebody else was first.
        """
        from tempfile import mkstemp

        with self._opened():
            descriptor, temporary = mkstemp(prefix=f".{name}.", dir=self._folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                _place(Path(temporary), self._folder / name)
            except FileExistsError:
                return False
            finally:
                with suppress(FileNotFoundError):
                    Path(temporary).unlink()
        return True

    def _opened(self) -> AbstractContextManager[None]:
        return opened(self._folder)


@contextmanager
def opened(folder: Path) -> Iterator[None]:
    """Turn the system's refusals into one that names the folder and the fix.

    Raises:
        SecretsClosedError: instead of whatever the system said.
    """
    try:
        yield
    except PermissionError as error:
        msg = f"{folder}: cannot be read or written by this user"
        hint = f'sudo chown -R "$(id -un)" {quote(str(folder))}'
        raise SecretsClosedError(msg, hint=hint) from error
    except OSError as error:
        msg = f"{folder}: {(error.strerror or 'cannot be used').lower()}"
        raise SecretsClosedError(msg, hint=f"df -h {quote(str(folder.parent))}") from error


def _place(temporary: Path, final: Path) -> None:
    """Give a whole file its name; a link, unlike a rename, refuses to replace what is there."""
    try:
        final.hardlink_to(temporary)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        descriptor = os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(temporary.read_bytes())
            file.flush()
            os.fsync(file.fileno())
