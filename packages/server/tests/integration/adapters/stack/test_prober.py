"""Services that work, refuse, hang, break off and fail, over real sockets."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from hearth_server.adapters.stack.prober import SocketProber
from hearth_server.capabilities.stack.model import (
    Found,
    Itself,
    NotAsked,
    OverHTTP,
    OverTCP,
    State,
    Way,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(30)]

LITTLE = 0.3
"""Patience with what never answers."""
Behaviour = Callable[[socket.socket], None]


@contextmanager
def listening(behaviour: Behaviour) -> Iterator[int]:
    """Serve every connection in a thread of its own, and end when all of them have ended."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            # Who hangs is closed by the one who asked: that is how it goes on.
            with suppress(ConnectionError):
                behaviour(self.request)

    class Service(socketserver.ThreadingTCPServer):
        request_queue_size = 128

    with Service(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(4096)
        if not more:
            break
        head += more
    return head


def answering(status: int, *, seen: list[bytes] | None = None) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        request = read_head(connection)
        if seen is not None:
            seen.append(request)
        location = "location: http://127.0.0.1:1/\r\n" if status == 302 else ""
        head = f"HTTP/1.1 {status} Word\r\n{location}content-length: 9999999\r\n\r\n"
        connection.sendall(head.encode())
        connection.recv(1)

    return behave


def hang(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def break_off(connection: socket.socket) -> None:
    read_head(connection)


async def ask(way: Way, *, patience_seconds: float = 20) -> Found:
    (found,) = await SocketProber(patience_seconds=patience_seconds).probe([way])
    return found


def web(port: int, path: str = "/") -> OverHTTP:
    return OverHTTP(url=f"http://127.0.0.1:{port}{path}")


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
        assert isinstance(port, int)
        return port


@pytest.mark.parametrize("status", [200, 302, 401, 404])
async def test_what_answers_is_up_be_it_that_it_refuses(status: int) -> None:
    seen: list[bytes] = []
    with listening(answering(status, seen=seen)) as port:
        found = await ask(web(port, "/healthz"))
    assert (found.state, found.detail) == (State.UP, f"answers with {status}")
    assert found.milliseconds is not None
    assert [each.split(b"\r\n")[0] for each in seen] == [b"GET /healthz HTTP/1.1"]


@pytest.mark.parametrize("status", [500, 503])
async def test_what_fails_by_itself_is_down(status: int) -> None:
    with listening(answering(status)) as port:
        found = await ask(web(port))
    assert (found.state, found.detail) == (State.DOWN, f"answers with {status}")


async def test_what_refuses_connections_is_down(closed_port: int) -> None:
    for way in (web(closed_port), OverTCP(host="127.0.0.1", port=closed_port)):
        found = await ask(way)
        assert (found.state, found.detail) == (State.DOWN, "refuses connections")


async def test_what_hangs_is_down_when_patience_ends() -> None:
    with listening(hang) as port:
        found = await ask(web(port), patience_seconds=LITTLE)
    assert (found.state, found.detail) == (State.DOWN, "no answer within 0.3 seconds")
    assert found.milliseconds is not None
    assert found.milliseconds >= 250


async def test_what_breaks_off_is_down() -> None:
    with listening(break_off) as port:
        found = await ask(web(port))
    assert (found.state, found.detail) == (State.DOWN, "breaks off without an answer")


async def test_a_connection_is_enough_where_nothing_else_is_spoken() -> None:
    with listening(hang) as port:
        found = await ask(OverTCP(host="127.0.0.1", port=port))
    assert (found.state, found.detail) == (State.UP, "accepts connections")


@pytest.mark.parametrize(
    "way",
    [
        OverHTTP(url="http://no-such-host.invalid:80/"),
        OverTCP(host="no-such-host.invalid", port=80),
    ],
)
async def test_a_name_that_nobody_knows_is_down_and_not_told(way: Way) -> None:
    found = await SocketProber(patience_seconds=5).probe([way])
    assert found[0].state is State.DOWN
    assert "no-such-host" not in found[0].detail


@pytest.mark.parametrize(
    "way", [OverHTTP(url="nonsense"), OverHTTP(url="http://[/"), OverTCP(host="a", port=99999999)]
)
async def test_nonsense_in_the_list_is_down_and_breaks_nothing(way: Way) -> None:
    assert (await ask(way)).state is State.DOWN


async def test_who_is_not_asked_is_told_so() -> None:
    assert await ask(NotAsked(reason="by design")) == Found(state=State.UNKNOWN, detail="by design")
    assert (await ask(Itself())).state is State.UP


async def test_all_are_asked_at_once() -> None:
    together = threading.Barrier(20)

    def wait_for_all(connection: socket.socket) -> None:
        together.wait()
        answering(200)(connection)

    with listening(wait_for_all) as port:
        found = await SocketProber(patience_seconds=20).probe([web(port)] * together.parties)
    assert {each.state for each in found} == {State.UP}


async def test_a_proxy_of_the_environment_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with listening(answering(200)) as port:
        assert (await ask(web(port))).state is State.UP
