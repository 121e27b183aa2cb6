"""Put together what takes pages of the web in: tools for the server, the follower for a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hearth_server.adapters.web.fetcher import WebFetcher
    from hearth_server.assembly.knowledge import Knowledge
    from hearth_server.capabilities.knowledge.ports import Objects
    from hearth_server.capabilities.knowledge.sites import SiteFollower
    from hearth_server.capabilities.knowledge.uploads import Uploads
    from hearth_server.capabilities.knowledge.video_tools import VideoTools
    from hearth_server.capabilities.knowledge.web_tools import WebTools
    from hearth_server.settings.model import Settings


def make_fetcher() -> WebFetcher:
    """Build what asks for pages of the open internet; whoever makes it closes it."""
    from hearth_server.adapters.web.fetcher import WebFetcher

    return WebFetcher()


def assemble_web(knowledge: Knowledge, fetcher: WebFetcher) -> WebTools:
    """Build the tools; nothing is asked yet."""
    from hearth_server.capabilities.knowledge.web_tools import WebTools

    return WebTools(knowledge.documents, knowledge.uploads, fetcher)


def assemble_videos(settings: Settings, knowledge: Knowledge) -> VideoTools:
    """Build the tool; nothing is asked yet."""
    from hearth_server.adapters.youtube.videos import YouTubeVideos
    from hearth_server.capabilities.knowledge.video_tools import VideoTools

    return VideoTools(knowledge.uploads, YouTubeVideos(settings.youtube_url))


def assemble_follower(uploads: Uploads, objects: Objects, fetcher: WebFetcher) -> SiteFollower:
    """Build what a worker follows sites with."""
    from hearth_server.capabilities.knowledge.sites import SiteFollower

    return SiteFollower(fetcher, uploads, objects)
