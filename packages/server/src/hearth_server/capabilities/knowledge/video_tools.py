"""The tool that takes in what is said in a video."""

from __future__ import annotations

from typing import Final

from hearth_server.capabilities.knowledge.model import Document
from hearth_server.capabilities.knowledge.rules import clean_label, clean_tags
from hearth_server.capabilities.knowledge.uploads import Uploads
from hearth_server.capabilities.knowledge.videos import (
    Videos,
    checked_language,
    get_video,
    page_of,
    watch_address,
)
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

GROUP: Final = "knowledge"
WRITE: Final = "knowledge:write"


class VideoTools:
    """The owner is always the caller."""

    def __init__(self, uploads: Uploads, videos: Videos) -> None:
        self._uploads = uploads
        self._videos = videos

    @tool(title="Add a video of YouTube", scope=WRITE, group=GROUP, effect=Effect.WRITE)
    async def ingest_youtube(
        self, caller: Principal, *, url: str, tags: list[str] | None = None, language: str = ""
    ) -> Document:
        """Add what is said in a video of YouTube to your documents.

        Takes the video's transcript, one made by hand before one that YouTube generated. What is
        found in it says at which time, and its source leads to that moment. The same video again
        gives the document that is there already, with the transcript that it has now.

        Args:
            url: The video's address: a watch, shorts, live or embed page, or `https://youtu.be/…`.
            tags: Words to find it by later, at most 20.
            language: The transcript's language where the video has it, such as `en`; what is
                spoken where none is given.
        """
        cleaned, wish = clean_tags(tags or ()), checked_language(language)
        video = await self._videos.get(get_video(url), language=wish)
        return await self._uploads.receive_video(
            caller.user_id,
            page_of(video),
            title=clean_label(video.title) or f"Video {video.id}",
            source=watch_address(video.id),
            tags=cleaned,
        )
