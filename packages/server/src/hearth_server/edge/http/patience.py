"""How long a client may take to say what it wants; uvicorn by itself waits for ever.

A request's head must be whole some seconds after its first byte, and a body must not fall silent.
Only silence of the client's counts: a body that the application does not read yet is not late.
What cannot be read as a request at all is answered here, too, as no application ever sees it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from hearth_server.edge.errors import PROBLEM_TYPE, Problem, title_of

HEAD_SECONDS: Final = 15.0
SILENCE_SECONDS: Final = 60.0


class PatientProtocol(H11Protocol):
    """One connection, which knows since when it waits for its client."""

    head_since: float | None = None
    """When the head that is not whole yet began, or the connection; None where none is awaited."""
    heard_at: float = 0.0

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvicorn's own
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self.head_since = self.heard_at = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""
        self.heard_at = self.loop.time()
        if self.head_since is None and self._awaits_head():
            self.head_since = self.heard_at
        super().data_received(data)
        if not self._awaits_head():
            self.head_since = None

    def send_400_response(self, msg: str) -> None:
        """Answer with a problem document, and hang up; uvicorn by itself sends a bare text."""
        problem = Problem(
            title=title_of(400),
            status=400,
            code="malformed-request",
            message="request: cannot be read as HTTP, or its head has no end",
            details={"reason": msg},
        )
        headers = {"content-type": PROBLEM_TYPE, "connection": "close", "cache-control": "no-store"}
        parts = (
            h11.Response(status_code=400, headers=list(headers.items()), reason=problem.title),
            h11.Data(data=problem.model_dump_json().encode()),
            h11.EndOfMessage(),
        )
        for part in parts:
            self.transport.write(self.conn.send(part) or b"")
        self.transport.close()

    def is_late(self, now: float, *, head_seconds: float, silence_seconds: float) -> bool:
        """Tell whether the client has let the server wait for too long; times are the loop's."""
        if self._awaits_head():
            return self.head_since is not None and now - self.head_since > head_seconds
        # Also of a request that is answered already: its client reads when it has sent all.
        is_reading = self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused
        return is_reading and now - self.heard_at > silence_seconds

    def _awaits_head(self) -> bool:
        return self.conn.their_state is h11.IDLE


def close_late(
    connections: Iterable[object], now: float, *, head_seconds: float, silence_seconds: float
) -> int:
    """Close the connections whose clients are late; give how many these were."""
    late = [
        each
        for each in connections
        if isinstance(each, PatientProtocol)
        and each.is_late(now, head_seconds=head_seconds, silence_seconds=silence_seconds)
    ]
    for each in late:
        each.transport.close()
    return len(late)
