"""Which reader takes which kind of file: services where they are on, light readers otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from hearth_server.capabilities.knowledge.ports import Converted, Reader
from hearth_server.capabilities.knowledge.rules import CONVERTED, is_image, is_recording


class RoutedReader:
    """The port `Reader`, handed on by the kind of file."""

    def __init__(
        self, light: Reader, *, documents: Reader | None = None, speech: Reader | None = None
    ) -> None:
        self._light = light
        self._documents = documents
        self._speech = speech

    def convert(self, path: Path, *, media_type: str, name: str) -> AsyncIterator[Converted]:
        """Give a file's blocks. Raises as the chosen reader does."""
        return self._choose(media_type).convert(path, media_type=media_type, name=name)

    def _choose(self, media_type: str) -> Reader:
        if self._speech is not None and is_recording(media_type):
            return self._speech
        if self._documents is not None and (is_image(media_type) or media_type in CONVERTED):
            return self._documents
        return self._light
