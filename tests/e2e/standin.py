"""A stand-in for a language model: speaks the protocol over a real socket, and writes nothing new.

It answers with the sentence of the given passages that shares most words with the question, and
with its number, or says that there is none. It shows that the way to a model and back works, and
nothing about how well a model writes.

Source: https://platform.openai.com/docs/api-reference/chat (November 2026), streamed.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = "stand-in"
_PASSAGE = re.compile(r"^\[(\d+)\] [^\n]*\n(.*?)(?=\n\n\[\d+\] |\Z)", re.DOTALL | re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"\w+")
_COMMON = frozenset({"by", "did", "do", "how", "in", "of", "the", "was", "what", "when", "who"})
_ENOUGH = 0.6


def reply(message: str) -> str:
    """Answer what `hearth-server` asks: passages, a blank line, the question."""
    quoted, _, question = message.rpartition("\n\nQuestion: ")
    wanted = _words(question)
    best, line = 0.0, "NOTHING"
    for number, text in _PASSAGE.findall(quoted):
        for sentence in _SENTENCE.split(text):
            share = len(wanted & _words(sentence)) / max(1, len(wanted))
            if share > best and share >= _ENOUGH:
                best, line = share, f"{sentence.strip().rstrip('.')} [{number}]."
    return line


def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text)) - _COMMON


class _Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({"object": "list", "data": [{"id": NAME, "object": "model"}]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for word in reply(asked["messages"][-1]["content"]).split(" "):
            self._say({"content": f"{word} "}, None)
        self._say({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _say(self, delta: dict[str, str], reason: str | None) -> None:
        event = {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def model_stand_in() -> Iterator[str]:
    """Serve until the end, for containers of this machine, too; gives the base address."""
    service = ThreadingHTTPServer(("0.0.0.0", 0), _Service)
    thread = threading.Thread(target=service.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{service.server_port}"
    finally:
        service.shutdown()
        service.server_close()
        thread.join()
