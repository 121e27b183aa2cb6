"""The API client against a stand-in that speaks the engine's protocol over a real socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_docker import FakeEngine, Handler, fake_engine
from hearth_control.engine.compose.api import EngineAPI, Ping, unavailable
from hearth_control.engine.compose.endpoint import Endpoint
from hearth_control.engine.compose.errors import (
    EngineLacksError,
    EngineRefusedError,
    PullFailedError,
)
from hearth_control.engine.compose.stream import demux
from hearth_control.engine.errors import EngineTooOldError, EngineUnavailableError

pytestmark = pytest.mark.integration


@pytest.fixture
def fake(folder: Path) -> Iterator[FakeEngine]:
    with fake_engine(folder) as serving:
        yield serving


@pytest.fixture
def api(fake: FakeEngine) -> Iterator[EngineAPI]:
    client = EngineAPI(fake.endpoint, timeout_seconds=2)
    yield client
    client.close()


def test_ping_gives_versions(api: EngineAPI) -> None:
    assert api.ping() == Ping(version="20.10.24+dfsg1", api=(1, 41))


def test_version_is_settled_once(api: EngineAPI, fake: FakeEngine) -> None:
    fake.answer("/networks", [])
    assert (api.networks(), api.networks()) == ([], [])
    assert [asked.path for asked in fake.asked] == ["/_ping", "/v1.41/networks", "/v1.41/networks"]


def test_newer_engine_is_asked_in_known_version(folder: Path) -> None:
    with fake_engine(folder, api="1.53") as fake:
        fake.answer("/networks", [])
        EngineAPI(fake.endpoint).networks()
        assert fake.asked[-1].path == "/v1.44/networks"


def test_engines_minimum_is_followed(api: EngineAPI, fake: FakeEngine) -> None:
    def route(handler: Handler) -> None:
        if handler.path.startswith("/v1.48/"):
            handler.give(200, [{"Name": "n"}])
            return
        text = (
            "client version 1.41 is too old. Minimum supported API version is 1.48, please upgrade"
        )
        handler.give(400, {"message": text})

    fake.routes["/networks"] = route
    assert api.networks() == [{"Name": "n"}]


def test_old_engine_is_an_error(folder: Path) -> None:
    with fake_engine(folder, api="1.40") as fake:
        with pytest.raises(EngineTooOldError) as caught:
            EngineAPI(fake.endpoint).networks()
        assert str(caught.value) == (
            f"{fake.endpoint.path}: engine 20.10.24+dfsg1 is older than 20.10"
        )
        assert caught.value.hint == "https://docs.docker.com/engine/install/"


def test_labels_are_filters(api: EngineAPI, fake: FakeEngine) -> None:
    fake.answer("/containers/json", [])
    api.containers("hearth.project=p", "hearth.job=true")
    query = fake.asked[-1].query
    assert query["all"] == "1"
    assert json.loads(query["filters"]) == {"label": ["hearth.project=p", "hearth.job=true"]}


def test_missing_thing_has_its_error(api: EngineAPI) -> None:
    with pytest.raises(EngineLacksError) as caught:
        api.inspect("nobody")
    assert str(caught.value) == (
        "docker: GET /containers/nobody/json: No such thing: /containers/nobody/json"
    )
    api.remove("nobody")
    api.remove_network("nobody")
    assert api.has_image("nobody") is False


def test_refusal_keeps_the_engines_words(api: EngineAPI, fake: FakeEngine) -> None:
    fake.answer("/containers/a/start", {"message": "port is already\n allocated"}, status=500)
    with pytest.raises(EngineRefusedError) as caught:
        api.start("a")
    assert str(caught.value) == "docker: POST /containers/a/start: port is already allocated"
    assert caught.value.status == 500


def test_ended_connection_is_opened_anew(api: EngineAPI, fake: FakeEngine) -> None:
    def route(handler: Handler) -> None:
        handler.give(200, [])
        handler.close_connection = True

    fake.routes["/networks"] = route
    assert api.networks() == []
    assert api.networks() == []


def test_silence_is_an_error(fake: FakeEngine) -> None:
    fake.routes["/networks"] = lambda _handler: fake.over.wait(5) and None
    with pytest.raises(EngineUnavailableError) as caught:
        EngineAPI(fake.endpoint, timeout_seconds=0.2).networks()
    assert str(caught.value) == (
        f"no Docker engine answers at `{fake.endpoint.path}`: it took the question and stays silent"
    )
    assert caught.value.hint == "sudo systemctl restart docker"


def test_other_program_is_no_engine(folder: Path) -> None:
    path = folder / "x.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        threading.Thread(target=_greet, args=(server,), daemon=True).start()
        with pytest.raises(EngineUnavailableError) as caught:
            EngineAPI(Endpoint(path=str(path)), timeout_seconds=2).ping()
    assert str(caught.value) == (
        f"no Docker engine answers at `{path}`: not an HTTP answer: b'220 mail ready'"
    )


def _greet(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(100)
        connection.sendall(b"220 mail ready\r\n")


def test_stale_socket_is_refused(folder: Path) -> None:
    path = folder / "stale.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    with pytest.raises(EngineUnavailableError) as caught:
        EngineAPI(Endpoint(path=str(path))).ping()
    assert str(caught.value) == (
        f"no Docker engine answers at `{path}`: connection refused; the daemon is not running"
    )
    assert caught.value.hint == "sudo systemctl start docker"


def test_denied_socket_names_the_group() -> None:
    error = unavailable(Endpoint(path="/run/docker.sock"), PermissionError(13, "denied"))
    assert str(error) == (
        "no Docker engine answers at `/run/docker.sock`: permission denied; "
        "this user is not in the group `docker`"
    )
    assert error.hint == "sudo usermod -aG docker $USER  # then sign out and in again"


def test_exec_output_is_taken_apart(api: EngineAPI, fake: FakeEngine) -> None:
    wire = b"\x01\0\0\0\0\0\0\x04out\n" + b"\x02\0\0\0\0\0\0\x04err\n"

    def route(handler: Handler) -> None:
        handler.stream(wire[:5], wire[5:13], wire[13:])
        handler.end_stream()

    fake.routes["/exec/e1/start"] = route
    with api.start_exec("e1", timeout_seconds=2) as stream:
        assert list(demux(stream.pieces())) == [("stdout", b"out\n"), ("stderr", b"err\n")]
    assert json.loads(fake.asked[-1].body) == {"Detach": False, "Tty": False}


def test_closed_stream_ends_its_reader(api: EngineAPI, fake: FakeEngine) -> None:
    def route(handler: Handler) -> None:
        handler.stream(b'{"status": "start", "id": "c1"}\n')
        fake.over.wait(5)

    fake.routes["/events"] = route
    stream = api.events("hearth.project=p")
    events = stream.objects()
    assert next(events) == {"status": "start", "id": "c1"}
    threading.Timer(0.1, stream.close).start()
    assert list(events) == []


def test_torn_stream_is_an_error(api: EngineAPI, fake: FakeEngine) -> None:
    def route(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf")
        handler.close_connection = True

    fake.routes["/events"] = route
    with api.events() as stream, pytest.raises(EngineUnavailableError) as caught:
        list(stream.pieces())
    assert str(caught.value) == (
        f"no Docker engine answers at `{fake.endpoint.path}`: the connection ended within a body"
    )


def test_pull_sends_sign_in(api: EngineAPI, fake: FakeEngine) -> None:
    def route(handler: Handler) -> None:
        handler.stream(
            b'{"status": "Pulling from library/redis", "id": "7"}\r\n{"sta', b'tus": "x"}\n'
        )
        handler.end_stream()

    fake.routes["/images/create"] = route
    with api.pull("docker.io/library/redis:7", auth="c2VjcmV0") as stream:
        assert [news["status"] for news in stream.objects()] == ["Pulling from library/redis", "x"]
    assert fake.asked[-1].query == {"fromImage": "docker.io/library/redis:7"}
    assert fake.asked[-1].headers["x-registry-auth"] == "c2VjcmV0"


@pytest.mark.parametrize(
    ("said", "where"),
    [
        pytest.param(
            "toomanyrequests: You have reached your pull rate limit.", "stream", id="late"
        ),
        pytest.param("manifest unknown", "status", id="at once"),
    ],
)
def test_registry_refusal_is_explained(
    api: EngineAPI, fake: FakeEngine, tmp_path: Path, said: str, where: str
) -> None:
    from hearth_control.engine.compose.crew import Interrupts
    from hearth_control.engine.compose.own_check import Passed
    from hearth_control.engine.compose.pull import pull_image
    from hearth_control.engine.compose.tools import Tools
    from hearth_control.plan.model import Step, StepKind

    def stream(handler: Handler) -> None:
        handler.stream(
            json.dumps({"errorDetail": {"message": said}, "error": said}).encode() + b"\n"
        )
        handler.end_stream()

    if where == "stream":
        fake.routes["/images/create"] = stream
    else:
        fake.answer("/images/create", {"message": said}, status=404)
    tools = Tools(
        api=api,
        project=None,  # type: ignore[arg-type]  # a pull has no project
        plan=None,  # type: ignore[arg-type]  # nor a plan
        environment={"DOCKER_CONFIG": str(tmp_path)},
        check_plugin=lambda: None,
        interrupts=Interrupts(),
        passed=Passed(tmp_path / "passed.json"),
    )
    step = Step(kind=StepKind.PULL, target="redis:7", cause="missing")
    with pytest.raises(PullFailedError) as caught:
        pull_image(tools, step, lambda _event: None)
    assert str(caught.value) == f"redis:7: {said}"
    assert caught.value.hint == "docker pull redis:7"
