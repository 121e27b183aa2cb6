"""A hub that answers as badly as a test wants: a real HTTP server on this machine."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True, kw_only=True)
class Hub:
    """Files by path, and what is wrong with the hub.

    `breaks` says after how many bytes each answer ends, one an answer; an answer that has none is
    whole. `statuses` are given first, one an answer. `asked` tells path and `Range` of each.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    retry_after: str = ""
    knows_ranges: bool = True
    shift: int = 0
    """By how many bytes the part that is given is another than was asked for."""
    moved_to: str = ""
    hangs: threading.Event | None = None
    """Waited for before the second half of an answer."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def running_hub(hub: Hub) -> Iterator[Hub]:
    """Let a hub answer while this is entered."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer(self, hub)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        if hub.hangs is not None:
            hub.hangs.set()
        server.shutdown()
        server.server_close()
        thread.join()


def answer(handler: BaseHTTPRequestHandler, hub: Hub) -> None:
    asked = handler.headers.get("Range", "")
    hub.asked.append((handler.path, asked))
    handler.close_connection = True
    content = hub.files.get(handler.path.lstrip("/"))
    status = hub.statuses.pop(0) if hub.statuses else 200 if content is not None else 404
    if hub.moved_to and not handler.path.startswith(hub.moved_to):
        _head(handler, 302, {"Location": hub.moved_to + handler.path, "Content-Length": "0"})
        return
    if status != 200 or content is None:
        more = {"Retry-After": hub.retry_after} if hub.retry_after else {}
        _head(handler, status, {"Content-Length": "0", **more})
        return
    start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and hub.knows_ranges else 0
    if start >= len(content):
        _head(handler, 416, {"Content-Length": "0"})
        return
    first = start + hub.shift
    body = content[first:]
    headers = {"Content-Length": str(len(body))}
    if asked and hub.knows_ranges:
        headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        _head(handler, 206, headers)
    else:
        _head(handler, 200, headers)
    _write(handler, body, hub)


def _write(handler: BaseHTTPRequestHandler, body: bytes, hub: Hub) -> None:
    end = hub.breaks.pop(0) if hub.breaks else len(body)
    if hub.hangs is None:
        handler.wfile.write(body[:end])
        return
    handler.wfile.write(body[: end // 2])
    handler.wfile.flush()
    hub.hangs.wait(10)


def _head(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
