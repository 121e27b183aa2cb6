"""The list of services in the file that the control plane renders from its plan.

Shape: `{"services": [{"name", "title", "probe", "reason"}]}`, where `probe` is `{"http": URL}`,
`{"tcp": [HOST, PORT]}`, `{"self": true}` or null.
"""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any, Final

from hearth_server.capabilities.stack.model import (
    Itself,
    Listed,
    Listing,
    NotAsked,
    OverHTTP,
    OverTCP,
    Way,
)

NO_LIST: Final = "no list of services was given to this server"
BROKEN: Final = "the list of services cannot be read"

_log: Final = logging.getLogger(__name__)

_Mark = tuple[int, int, int]


class StackFile:
    """The list in a file, read again when the file is another one than last time."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[_Mark, Listing] | None = None

    async def read(self) -> Listing:
        """Give the services as the file has them now."""
        return Listing(note=NO_LIST) if self._path is None else await asyncio.to_thread(self._read)

    def _read(self) -> Listing:
        assert self._path is not None  # noqa: S101 - `read` asked
        try:
            facts = self._path.stat()
            mark = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
            if self._seen is not None and self._seen[0] == mark:
                return self._seen[1]
            data = self._path.read_bytes()
        except FileNotFoundError:
            return Listing(note=NO_LIST)
        except OSError as error:
            _log.warning("list of services unreadable", extra={"reason": error.strerror or ""})
            return Listing(note=BROKEN)
        listing = _parse(data)
        self._seen = (mark, listing)
        return listing


def _parse(data: bytes) -> Listing:
    try:
        services = tuple(_listed(each) for each in json.loads(data)["services"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("list of services malformed", extra={"reason": str(error)})
        return Listing(note=BROKEN)
    return Listing(services=services, note="" if services else NO_LIST)


def _listed(given: dict[str, Any]) -> Listed:
    return Listed(name=str(given["name"]), title=str(given["title"]), way=_way(given))


def _way(given: dict[str, Any]) -> Way:
    match given["probe"]:
        case {"http": str(url)}:
            return OverHTTP(url=url)
        case {"tcp": [str(host), int(port)]}:
            return OverTCP(host=host, port=port)
        case {"self": True}:
            return Itself()
        case None:
            return NotAsked(reason=str(given["reason"]))
        case other:
            msg = f"probe `{other}` is of no known kind"
            raise ValueError(msg)
