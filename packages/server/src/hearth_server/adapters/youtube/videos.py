"""The port `Videos`: transcripts by `youtube-transcript-api`, title and author by oEmbed.

Source: https://oembed.com (version 1.0: 401 for what is private, 404 for what is not there) and
`https://www.youtube.com/oembed`; youtube-transcript-api 1.2, its errors; read 2026-11.
"""

from __future__ import annotations

import asyncio
from typing import Final
from xml.etree.ElementTree import ParseError

import requests
import youtube_transcript_api as library

from hearth_server.adapters.youtube.session import YOUTUBE, AstrayError, make_session
from hearth_server.capabilities.knowledge.errors import PageDownError, PageRefusedError
from hearth_server.capabilities.knowledge.rules import clean_label, clean_text
from hearth_server.capabilities.knowledge.videos import (
    Line,
    Track,
    Video,
    choose_track,
    watch_address,
)

_SPEECH: Final = "hearth enable speaches"
_AT_ONCE: Final = 2
_REFUSED: Final = frozenset({400, 401, 403, 404})
_BLOCKING: Final = frozenset({403, 429})
_ODD: Final = (ParseError, ValueError, KeyError, TypeError, AttributeError, IndexError)

_REASONS: Final = {
    library.VideoUnavailable: "is removed, or never was; look at its address",
    library.InvalidVideoId: "is removed, or never was; look at its address",
    library.AgeRestricted: "is shown to adults who sign in, and to nobody else",
    library.PoTokenRequired: "its transcript is given to YouTube's own players alone",
}


class YouTubeVideos:
    """Asks YouTube, or a relay that stands for it, in a thread and within a time."""

    def __init__(self, url: str = YOUTUBE, *, whole_seconds: float = 60.0) -> None:
        self._url = url
        self._whole = whole_seconds
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def get(self, video_id: str, *, language: str) -> Video:
        """Give a video with its transcript."""
        try:
            async with asyncio.timeout(self._whole), self._turn:
                return await asyncio.to_thread(self._ask, video_id, language)
        except TimeoutError as error:
            raise _silent(self._whole) from error

    def _ask(self, video_id: str, language: str) -> Video:
        with make_session(self._url, whole_seconds=self._whole) as session:
            try:
                track, lines = _transcript(session, video_id, language)
                title, author = _about(session, video_id)
            except library.CouldNotRetrieveTranscript as error:
                raise _explained(error, video_id) from error
            except AstrayError as error:
                raise PageDownError(f"YouTube: leads elsewhere, {error}") from error
            except requests.JSONDecodeError as error:
                raise _odd() from error
            except requests.RequestException as error:
                raise _silent(self._whole) from error
            except _ODD as error:
                # The library believes the shape of what it gets.
                raise _odd() from error
        return Video(id=video_id, title=title, author=author, track=track, lines=lines)


def _transcript(
    session: requests.Session, video_id: str, language: str
) -> tuple[Track, tuple[Line, ...]]:
    offered = {
        Track(language=each.language_code, is_generated=each.is_generated): each
        for each in library.YouTubeTranscriptApi(http_client=session).list(video_id)
    }
    track = choose_track(tuple(offered), language)
    if track is None:
        raise _untold(video_id)
    lines = tuple(
        Line(start=max(0, int(each.start)), text=clean_text(each.text))
        for each in offered[track].fetch()
    )
    if not any(line.text.strip() for line in lines):
        raise _untold(video_id)
    return track, lines


def _about(session: requests.Session, video_id: str) -> tuple[str, str]:
    """Give title and author; empty ones where the owner lets nobody ask for them."""
    wishes = {"url": watch_address(video_id), "format": "json"}
    answer = session.get(f"{YOUTUBE}/oembed", params=wishes)
    if answer.status_code in _REFUSED:
        return "", ""
    if answer.status_code == 429:
        raise _blocked()
    answer.raise_for_status()
    found = answer.json()
    return clean_label(str(found["title"])), clean_label(str(found.get("author_name", "")))


def _explained(
    error: library.CouldNotRetrieveTranscript, video_id: str
) -> PageRefusedError | PageDownError:
    match error:
        case library.TranscriptsDisabled() | library.NoTranscriptFound():
            return _untold(video_id)
        case library.RequestBlocked() | library.FailedToCreateConsentCookie():
            return _blocked()
        case library.YouTubeRequestFailed():
            return _failed(error)
        case library.VideoUnplayable():
            said = clean_label(error.reason or "no reason given", limit=200)
            why = f"is private or kept back, YouTube says `{said}`; take a public one"
        case _:
            why = next((text for kind, text in _REASONS.items() if isinstance(error, kind)), "")
    return PageRefusedError(f"video `{video_id}`: {why}") if why else _odd()


def _failed(error: library.YouTubeRequestFailed) -> PageDownError:
    # The library keeps the status in its words alone; what it was raised from has it.
    cause = error.__context__
    answer = cause.response if isinstance(cause, requests.HTTPError) else None
    status = 0 if answer is None else answer.status_code
    if status in _BLOCKING:
        return _blocked()
    return PageDownError(f"YouTube: is busy or broken (status {status}); try again later")


def _untold(video_id: str) -> PageRefusedError:
    msg = f"video `{video_id}`: has no transcript; with `speaches` on, upload its sound as a file"
    return PageRefusedError(msg, hint=_SPEECH)


def _blocked() -> PageDownError:
    msg = (
        "YouTube: refuses this machine's address for now; try again in some hours, or upload the"
        " video's sound as a file with `speaches` on"
    )
    return PageDownError(msg, hint=_SPEECH)


def _silent(whole: float) -> PageDownError:
    msg = f"YouTube: does not answer within {whole:g} s, or cannot be reached; try again later"
    return PageDownError(msg)


def _odd() -> PageDownError:
    return PageDownError("YouTube: answers what nobody expects; try again later")
