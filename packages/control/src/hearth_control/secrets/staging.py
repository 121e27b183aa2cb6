"""New values that wait beside the old ones until whoever keeps them has taken them.

A new value is written to `secrets/.next/KEY` first, then the store is told, then the file takes
its place. A rotation that was cut off leaves the file there: the next one goes on with the same
value, so that whichever of the two the store holds, it is still on disk.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hearth_kit.files import make_private, write_atomic
from hearth_kit.secret import Secret

from hearth_control.secrets.store import FOLDER, SecretStore, opened

NEXT = ".next"


class Staging:
    """The values of one home that are to come."""

    def __init__(self, home: Path) -> None:
        self._final = home / FOLDER
        self._folder = home / FOLDER / NEXT

    def keys(self) -> tuple[str, ...]:
        """Name the secrets that a rotation was begun for and not ended."""
        if not self._folder.is_dir():
            return ()
        with opened(self._folder):
            names = sorted(entry.name for entry in os.scandir(self._folder))
        return tuple(name for name in names if not name.startswith("."))

    def load(self) -> Mapping[str, Secret]:
        """Read every value that waits.

        Raises: as `SecretStore.load`.
        """
        return SecretStore(self._folder.parent.parent, folder=f"{FOLDER}/{NEXT}").load(self.keys())

    def put(self, key: str, value: Secret) -> None:
        """Keep a new value, on disk for sure when this returns."""
        with opened(self._folder):
            make_private(self._final)
            make_private(self._folder)
            write_atomic(self._folder / key, value.reveal(), mode=0o600)

    def settle(self, key: str) -> None:
        """Let the new value take the old one's place; one that did so already is no error."""
        with opened(self._folder):
            if (self._folder / key).exists():
                (self._folder / key).replace(self._final / key)

    def drop(self, key: str) -> None:
        """Forget a new value that nobody took."""
        with opened(self._folder):
            (self._folder / key).unlink(missing_ok=True)
