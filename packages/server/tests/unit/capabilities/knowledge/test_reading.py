"""Which reader takes which file, and which files are taken at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hearth_server.capabilities.knowledge.errors import UnsupportedFormatError
from hearth_server.capabilities.knowledge.ports import Converted
from hearth_server.capabilities.knowledge.reading import RoutedReader
from hearth_server.capabilities.knowledge.rules import kinds_read, media_type_of, suffix_of
from hearth_server.capabilities.knowledge.split import Block

pytestmark = pytest.mark.unit


class Named:
    """Reads its own name out of every file."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def convert(self, path: Path, *, media_type: str, name: str) -> AsyncIterator[Converted]:
        yield Converted(blocks=(Block(text=self.name),), done=1, total=1)


async def chosen(reader: RoutedReader, filename: str) -> str:
    kind = media_type_of(filename, kinds=kinds_read(documents=True, speech=True))
    parts = [part async for part in reader.convert(Path(), media_type=kind, name=filename)]
    return parts[0].blocks[0].text


@pytest.mark.parametrize(
    ("filename", "with_services", "without"),
    [
        ("a.pdf", "documents", "light"),
        ("a.docx", "documents", "light"),
        ("a.pptx", "documents", "light"),
        ("a.PNG", "documents", "light"),
        ("a.mp3", "speech", "light"),
        ("a.md", "light", "light"),
        ("a.xlsx", "light", "light"),
    ],
)
async def test_services_are_asked_where_they_are_on(
    filename: str, with_services: str, without: str
) -> None:
    light = Named("light")
    both = RoutedReader(light, documents=Named("documents"), speech=Named("speech"))
    assert await chosen(both, filename) == with_services
    assert await chosen(RoutedReader(light), filename) == without


@pytest.mark.parametrize(
    ("filename", "service"), [("scan.png", "docling-serve"), ("talk.mp3", "speaches")]
)
def test_file_that_needs_a_service_names_it(filename: str, service: str) -> None:
    with pytest.raises(UnsupportedFormatError) as caught:
        media_type_of(filename)
    assert str(caught.value) == f"file `{filename}`: such files are read where `{service}` is on"
    assert caught.value.hint == f"hearth enable {service}"


def test_ending_of_kind() -> None:
    assert suffix_of("application/pdf") == ".pdf"
    assert suffix_of("audio/flac") == ".flac"
    assert suffix_of("video/mp4") == ".bin"
