"""Choose what reads which kind of file, by the services that the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hearth_server.capabilities.knowledge.ports import Reader
from hearth_server.capabilities.knowledge.rules import kinds_read
from hearth_server.settings.model import Settings


def readable_kinds(settings: Settings) -> Mapping[str, str]:
    """Give the endings of files that are taken in."""
    return kinds_read(documents=bool(settings.documents_url), speech=bool(settings.speech_url))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reads files, and the services that it asks, to be left at the end."""

    reader: Reader
    services: tuple[Reader, ...]


def assemble_reading(settings: Settings) -> Reading:
    """Build the readers; nothing is asked yet."""
    from hearth_server.adapters.docling.reader import DoclingReader
    from hearth_server.adapters.openai.speech import SpeechReader
    from hearth_server.adapters.readers.reader import ProcessReader
    from hearth_server.capabilities.knowledge.reading import RoutedReader

    documents: Reader | None = None
    if settings.documents_url:
        documents = DoclingReader(settings.documents_url, api_key=settings.documents_api_key)
    speech: Reader | None = None
    if settings.speech_url:
        speech = SpeechReader(
            settings.speech_url, model=settings.speech_model, api_key=settings.speech_api_key
        )
    return Reading(
        reader=RoutedReader(ProcessReader(), documents=documents, speech=speech),
        services=tuple(each for each in (documents, speech) if each is not None),
    )
