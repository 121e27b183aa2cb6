"""Videos as documents: which address means one, which transcript is taken, how it is read. Pure.

A video becomes a page with a heading for each time mark, so that what is found says when it is
said: the splitter in use never lets a passage cross a heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Protocol
from urllib.parse import parse_qs, urlsplit

from hearth_server.capabilities.knowledge.errors import BadAddressError, BadLabelError

YOUTUBE: Final = "youtube"
"""The `source_type` of a document that is a video."""
_HOSTS: Final = frozenset({"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com"})
_SHORT: Final = frozenset({"youtu.be", "www.youtu.be"})
_ROOMS: Final = frozenset({"shorts", "embed", "live"})
_ID: Final = re.compile(r"[A-Za-z0-9_-]{11}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_MARK: Final = re.compile(r"(?:([0-9]+):(?=[0-9]{2}:))?([0-9]{1,2}):([0-9]{2})")
_ENOUGH: Final = 900
"""Characters from which a passage ends with its sentence; about a minute of speech."""
_MOST: Final = 1_400
_ENDS: Final = (".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is said at one moment."""

    start: int
    """Whole seconds from the beginning."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A transcript that a video has."""

    language: str
    is_generated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """A video, and one transcript of it."""

    id: str
    title: str
    """Empty where its owner lets nobody ask for it."""
    author: str
    track: Track
    lines: tuple[Line, ...]


class Videos(Protocol):
    """Asks for videos and what is said in them."""

    async def get(self, video_id: str, *, language: str) -> Video:
        """Give a video with the transcript that `choose_track` prefers.

        Raises:
            PageRefusedError: none of its transcripts can be had; asking again would not help.
            PageDownError: no answer, none that can be read, or no answer to this machine for now.
        """
        ...


def find_video(address: str) -> str | None:
    """Give the id of the video that an address means; None where it means none.

    Example:
        >>> find_video("https://youtu.be/dQw4w9WgXcQ?t=43")
        'dQw4w9WgXcQ'
    """
    try:
        parts = urlsplit(address.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or port not in {None, 80, 443} or parts.username:
        return None
    steps = [step for step in parts.path.split("/") if step]
    found = ""
    if host in _SHORT and len(steps) == 1:
        found = steps[0]
    elif host in _HOSTS and steps == ["watch"]:
        found = parse_qs(parts.query).get("v", [""])[0]
    elif host in _HOSTS and len(steps) == 2 and steps[0] in _ROOMS:
        found = steps[1]
    return found if _ID.fullmatch(found) else None


def get_video(address: str) -> str:
    """Give the id of the video that an address means.

    Raises:
        BadAddressError: it means none.
    """
    found = find_video(address)
    if found is None:
        msg = (
            f"address `{address.strip()[:200]}`: is no video of YouTube, expected one like"
            " `https://www.youtube.com/watch?v=` and 11 characters"
        )
        raise BadAddressError(msg)
    return found


def checked_language(text: str) -> str:
    """Give a language's code; empty for none.

    Raises:
        BadLabelError: it is none.
    """
    wish = text.strip()
    if wish and not _LANGUAGE.fullmatch(wish):
        msg = f"language: is `{wish[:40]}`, expected a code such as `en` or `pt-BR`"
        raise BadLabelError(msg)
    return wish


def watch_address(video_id: str) -> str:
    """Give the one address of a video, whichever was typed."""
    return f"https://www.youtube.com/watch?v={video_id}"


def choose_track(tracks: Sequence[Track], language: str) -> Track | None:
    """Choose a transcript: the wished language first, then the spoken one, by hand before machine.

    The machine writes down what is spoken, so its own transcript tells which language that is.
    """
    spoken = next((track.language for track in tracks if track.is_generated), "")

    def rank(track: Track) -> tuple[bool, bool, bool]:
        return (
            not (language and _is_alike(track.language, language)),
            track.is_generated,
            not _is_alike(track.language, spoken),
        )

    return min(tracks, key=rank, default=None)


def time_mark(seconds: int) -> str:
    """Give a moment as players show it.

    Example:
        >>> time_mark(754), time_mark(3_725)
        ('12:34', '1:02:05')
    """
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def address_at(source: str, headings: Sequence[str]) -> str:
    """Give the address of a video at the moment that a passage's headings name.

    The first heading is the video's title, which may look like a time and is none.
    """
    found = _MARK.fullmatch(headings[-1]) if len(headings) > 1 else None
    if found is None:
        return source
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return f"{source}&t={hours * 3600 + minutes * 60 + seconds}s"


def page_of(video: Video) -> bytes:
    """Write a video as a web page, the same for the same video and transcript."""
    address = watch_address(video.id)
    title = escape(video.title or f"Video {video.id}")
    how = "generated" if video.track.is_generated else "manual"
    language = escape(video.track.language)
    by = f"By {escape(video.author)}. " if video.author else ""
    parts = [
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">',
        f"<title>{title}</title>\n<main>\n<h1>{title}</h1>",
        f'<p>{by}<a href="{address}">{address}</a> (transcript: {language}, {how})</p>',
    ]
    for start, text in _sections(video.lines):
        link = escape(f"{address}&t={start}s")
        parts.append(f'<h2><a href="{link}">{time_mark(start)}</a></h2>\n<p>{escape(text)}</p>')
    return "\n".join([*parts, "</main>", "</html>", ""]).encode("utf-8", "replace")


def _is_alike(code: str, other: str) -> bool:
    return code.lower().split("-")[0] == other.lower().split("-")[0]


def _sections(lines: Sequence[Line]) -> Iterator[tuple[int, str]]:
    start, texts, size = 0, list[str](), 0
    for line in lines:
        text = " ".join(line.text.split())
        if not text:
            continue
        if not texts:
            start = line.start
        texts.append(text)
        size += len(text) + 1
        if size >= _MOST or (size >= _ENOUGH and text.endswith(_ENDS)):
            yield start, " ".join(texts)
            texts, size = [], 0
    if texts:
        yield start, " ".join(texts)
