"""The folder of models in a home: what is there, bringing one there, taking one away.

A model's folder appears whole, checked and at once, by a rename; what is on its way lies in a
hidden folder beside it, so that a fetch goes on where the last one stopped.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import Final

from hearth_kit.files import make_private

from hearth_control.models.errors import ModelsBusyError, NoRoomError
from hearth_control.models.fetch import Fetcher, Wanted
from hearth_control.models.model import CARD, Model, ModelFile

FOLDER: Final = "models"
SPARE: Final = 64 * 1024 * 1024
"""Bytes that stay free."""

Told = Callable[[ModelFile, int], None]
"""Hears of which file how many bytes are here."""


class State(StrEnum):
    """What of a model is here."""

    HERE = "here"
    PARTLY = "partly here"
    ABSENT = "not here"


class ModelStore:
    """Models by name, in `models` of one home."""

    def __init__(self, home: Path) -> None:
        self._root = home / FOLDER

    def folder(self, model: Model) -> Path:
        """Say where a model lies, or would."""
        return self._root / model.name

    def state(self, model: Model) -> State:
        """Say what is here by names, sizes and pins; quick, as no file is read through."""
        if self._looks_whole(model):
            return State.HERE
        return State.PARTLY if any(self._begun(model).glob("*")) else State.ABSENT

    def is_whole(self, model: Model) -> bool:
        """Read every file through and say whether it is what is pinned."""
        folder = self.folder(model)
        return self._looks_whole(model) and all(
            _digest(folder / file.name) == file.sha256 for file in model.files
        )

    def pull(self, model: Model, *, hub: str, fetcher: Fetcher, tell: Told) -> Path:
        """Bring a model here, unless it is here and whole, and give its folder.

        Raises:
            ModelsBusyError: another process is at it.
            NoRoomError: the disk has no room; nothing was fetched.
            HubDownError, HubRefusedError, WrongBytesError: as `fetch` says.
            OSError: the home cannot be written.
        """
        with self._held():
            if not self.is_whole(model):
                self._bring(model, hub=hub, fetcher=fetcher, tell=tell)
            return self.folder(model)

    def remove(self, model: Model) -> int:
        """Take a model away, also what is on its way, and give how many bytes that frees."""
        if not self._root.is_dir():
            return 0
        with self._held():
            freed = 0
            for folder in (self.folder(model), self._begun(model)):
                freed += sum(each.stat().st_size for each in folder.glob("*") if each.is_file())
                shutil.rmtree(folder, ignore_errors=True)
            return freed

    def _bring(self, model: Model, *, hub: str, fetcher: Fetcher, tell: Told) -> None:
        begun = self._begun(model)
        begun.mkdir(exist_ok=True)
        self._check_room(model, begun)
        for file in model.files:

            def heard(here: int, file: ModelFile = file) -> None:
                tell(file, here)

            path = begun / file.name
            wanted = Wanted(url=file.url(hub), size=file.size, sha256=file.sha256)
            fetcher.fetch(wanted, path, tell=heard)
            heard(file.size)
            # A container reads it as a user of its own.
            path.chmod(0o644)
        card = begun / CARD
        card.write_text(model.card(), encoding="utf-8")
        card.chmod(0o644)
        begun.chmod(0o755)
        self._put_in_place(begun, self.folder(model))

    def _put_in_place(self, begun: Path, folder: Path) -> None:
        old = self._root / f".old-{folder.name}"
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        begun.rename(folder)
        shutil.rmtree(old, ignore_errors=True)

    def _check_room(self, model: Model, begun: Path) -> None:
        here = sum(each.stat().st_size for each in begun.iterdir())
        needed = max(0, model.size - here) + SPARE
        free = shutil.disk_usage(begun).free
        if free < needed:
            megabytes = -(-(needed - free) // 1_000_000)
            msg = f"{self._root}: `{model.name}` needs {megabytes} MB more than the disk has free"
            raise NoRoomError(msg, hint=f"df -h {quote(str(self._root))}")

    def _looks_whole(self, model: Model) -> bool:
        folder = self.folder(model)
        try:
            sizes = all((folder / file.name).stat().st_size == file.size for file in model.files)
            return sizes and (folder / CARD).read_text(encoding="utf-8") == model.card()
        except (OSError, ValueError):
            return False

    def _begun(self, model: Model) -> Path:
        return self._root / f".begun-{model.name}"

    @contextmanager
    def _held(self) -> Iterator[None]:
        make_private(self._root.parent)
        self._root.mkdir(mode=0o755, exist_ok=True)
        descriptor = os.open(self._root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._take(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"{self._root}: another process is at work on the models"
            raise ModelsBusyError(msg, hint="hearth models list") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
