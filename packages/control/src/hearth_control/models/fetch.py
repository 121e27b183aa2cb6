"""Fetching one pinned file: goes on where it stopped, and keeps nothing that is not the file.

Source: RFC 9110, section 14 (ranges). No validator is sent with a range: the checksum of the whole
tells whether the parts belong together.
"""

from __future__ import annotations

import hashlib
import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from hearth_control.models.errors import HubDownError, HubRefusedError, WrongBytesError

TIMEOUT_SECONDS: Final = 30.0
TRIES: Final = 4
"""How often in a row nothing may come before it is given up."""
LONGEST_WAIT_SECONDS: Final = 30.0
_CHUNK: Final = 256 * 1024
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE_WRONG: Final = 416
_PARTIAL: Final = 206
EXPLAIN_HUB: Final = "hearth settings explain MODELS_HUB"

Tell = Callable[[int], None]
"""Hears how many bytes of the file are here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One file, where it is to be had, and what it must be."""

    url: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """How files are fetched; `authorities` are certificates in PEM form that are believed, too."""

    again: str
    """The command that goes on where a fetch stopped."""
    authorities: str = ""
    timeout_seconds: float = TIMEOUT_SECONDS
    sleep: Callable[[float], None] = time.sleep

    def fetch(self, wanted: Wanted, into: Path, *, tell: Tell) -> None:
        """Bring a file here, whole and as it is pinned; what `into` holds already is kept.

        Raises:
            HubDownError: it does not answer or stops; what came stays in `into`.
            HubRefusedError: there is no such file, or it is not given to us.
            WrongBytesError: other bytes came; nothing of them is kept.
            OSError: `into` cannot be written.
        """
        is_begun = into.is_file() and into.stat().st_size > 0
        has_resumed = self._complete(wanted, into, tell=tell) or is_begun
        if _digest(into) == wanted.sha256:
            return
        into.unlink()
        if has_resumed:
            # The first part may have been of something else: the whole is asked for once more.
            self._complete(wanted, into, tell=tell)
            if _digest(into) == wanted.sha256:
                return
            into.unlink()
        msg = f"{wanted.url}: other bytes came than those that are pinned; nothing was kept"
        raise WrongBytesError(msg, hint=EXPLAIN_HUB)

    def _complete(self, wanted: Wanted, into: Path, *, tell: Tell) -> bool:
        """Ask until all bytes are here, and say whether they came in several parts."""
        parts = tries = 0
        while True:
            here = into.stat().st_size if into.is_file() else 0
            if here == wanted.size:
                return parts > 1
            if here > wanted.size:
                into.unlink()
                continue
            came = self._ask(wanted, into, here, tell=tell)
            parts += 1
            if came.bytes > 0:
                tries = 0
                continue
            tries += 1
            if tries >= TRIES:
                raise self._given_up(wanted, here, came.why)
            self.sleep(min(LONGEST_WAIT_SECONDS, came.wait_seconds or 2.0 ** (tries - 1)))

    def _ask(self, wanted: Wanted, into: Path, here: int, *, tell: Tell) -> _Came:
        headers = {"User-Agent": "hearth", "Accept-Encoding": "identity"}
        if here:
            headers["Range"] = f"bytes={here}-"
        request = urllib.request.Request(wanted.url, headers=headers)  # noqa: S310  # http and https alone are parsed
        try:
            response = self._opener().open(request, timeout=self.timeout_seconds)
        except urllib.error.HTTPError as error:
            with error:
                return self._refusal(wanted, into, error)
        except (OSError, http.client.HTTPException) as error:
            return _Came(bytes=0, why=_why(error))
        with response:
            is_rest = response.status == _PARTIAL and _begins_at(response, here)
            if response.status == _PARTIAL and not is_rest:
                into.unlink(missing_ok=True)
                return _Came(bytes=0, why="gives another part than was asked for")
            with into.open("ab" if is_rest else "wb") as file:
                return self._copy(response, file, wanted, here if is_rest else 0, tell=tell)

    def _copy(
        self, response: IO[bytes], file: IO[bytes], wanted: Wanted, here: int, *, tell: Tell
    ) -> _Came:
        start = here
        while here < wanted.size:
            try:
                chunk = response.read1(_CHUNK)  # type: ignore[attr-defined]  # of HTTPResponse
            except (OSError, http.client.HTTPException) as error:
                return _Came(bytes=here - start, why=_why(error))
            if not chunk:
                return _Came(bytes=here - start, why="stops in the middle")
            # One byte more than pinned is enough to tell a file that has no end.
            file.write(chunk[: wanted.size + 1 - here])
            here += len(chunk)
            tell(min(here, wanted.size))
        if here > wanted.size:
            file.truncate(0)
            msg = f"{wanted.url}: gives more than the {wanted.size} bytes that are pinned"
            raise WrongBytesError(msg, hint=EXPLAIN_HUB)
        return _Came(bytes=here - start, why="")

    def _refusal(self, wanted: Wanted, into: Path, error: urllib.error.HTTPError) -> _Came:
        if error.code in _BUSY:
            after = error.headers.get("Retry-After", "")
            return _Came(
                bytes=0,
                why=f"is busy (status {error.code})",
                wait_seconds=float(after) if re.fullmatch(r"\d{1,4}", after) else 0.0,
            )
        if error.code == _RANGE_WRONG and into.is_file():
            into.unlink()
            return _Came(bytes=0, why="knows no such part of the file")
        msg = f"{wanted.url}: is not given (status {error.code})"
        raise HubRefusedError(msg, hint=EXPLAIN_HUB)

    def _opener(self) -> urllib.request.OpenerDirector:
        context = ssl.create_default_context()
        if self.authorities:
            context.load_verify_locations(cadata=self.authorities)
        return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))

    def _given_up(self, wanted: Wanted, here: int, why: str) -> HubDownError:
        host = urlsplit(wanted.url).netloc
        kept = f"; {here} bytes are kept" if here else "; nothing was fetched"
        return HubDownError(f"{host}: {why}{kept}", hint=self.again if here else EXPLAIN_HUB)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Came:
    """What one question brought, and why it ended."""

    bytes: int
    why: str
    wait_seconds: float = 0.0


def _begins_at(response: http.client.HTTPResponse, here: int) -> bool:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return found is not None and int(found[1]) == here


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _why(error: BaseException) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return "takes too long"
    if isinstance(reason, ssl.SSLError):
        return "has a certificate that is not believed"
    return "does not answer"
