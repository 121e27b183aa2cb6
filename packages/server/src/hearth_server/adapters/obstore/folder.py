"""Objects in a folder of this machine."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from obstore.store import LocalStore

from hearth_server.adapters.obstore.objects import HINT, STAGING, StoredObjects
from hearth_server.capabilities.knowledge.errors import ObjectsDownError

_STALE_SECONDS: Final = 24 * 3600


def open_folder(data_dir: Path) -> StoredObjects:
    """Open `objects/` below the data folder, making it where it is missing.

    Raises:
        ObjectsDownError: the folder cannot be made.
    """
    folder = data_dir / "objects"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(folder / STAGING)
    except OSError as error:
        msg = f"objects: the folder `{folder}` cannot be made"
        raise ObjectsDownError(msg, hint=HINT) from error
    return StoredObjects(LocalStore(folder), str(folder))


def _sweep(staging: Path) -> None:
    """Remove what a killed process left of streams that began a day ago or earlier."""
    oldest = time.time() - _STALE_SECONDS
    for path in staging.glob("*"):
        # A worker and a server may sweep at the same moment.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()
