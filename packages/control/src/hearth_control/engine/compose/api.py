"""The Docker Engine API, as much of it as Hearth asks.

One method a call, answers as the engine gives them (JSON objects); `observe.py` and `explain.py`
turn them into Hearth's values. Each thread that calls gets a connection of its own.

Source: Docker Engine API v1.41 to v1.44, https://docs.docker.com/reference/api/engine/.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, urlencode

from hearth_control.engine.compose.endpoint import Endpoint
from hearth_control.engine.compose.errors import EngineLacksError, EngineRefusedError
from hearth_control.engine.compose.stream import json_lines
from hearth_control.engine.compose.transport import BadAnswerError, Connection, Response
from hearth_control.engine.errors import SET_UP, EngineTooOldError, EngineUnavailableError

Json = dict[str, Any]

OLDEST = (1, 41)
"""Engine 20.10."""
NEWEST = (1, 44)
"""The newest version whose answers were read about; a newer engine is asked in this one."""
TIMEOUT_SECONDS = 20.0
INSTALL = "https://docs.docker.com/engine/install/"
_MINIMUM = re.compile(r"[Mm]inimum supported API version is (\d+)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """What an engine says to a knock: its own version and the newest API that it speaks."""

    version: str
    api: tuple[int, int]


class Stream:
    """A body that arrives over time; close it from any thread to end the reading."""

    def __init__(self, endpoint: Endpoint, connection: Connection, response: Response) -> None:
        self._endpoint = endpoint
        self._connection = connection
        self._response = response
        self._closed = False

    def pieces(self) -> Iterator[bytes]:
        """Give the body as it arrives; a stream that was closed simply ends.

        Raises:
            EngineUnavailableError: the engine went away in the middle, or was silent for too long.
        """
        try:
            yield from self._response.pieces()
        except (OSError, ValueError) as error:
            if self._closed:
                return
            broken = error if isinstance(error, OSError) else BadAnswerError(str(error))
            raise unavailable(self._endpoint, broken) from error

    def objects(self) -> Iterator[Json]:
        """Give the JSON objects of the body, one a line."""
        return json_lines(self.pieces())

    def close(self) -> None:
        """End the stream."""
        self._closed = True
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class EngineAPI:
    """One engine's API. Safe for several threads; connections are kept and used again."""

    def __init__(self, endpoint: Endpoint, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._idle: list[Connection] = []
        self.endpoint = endpoint
        self._timeout = timeout_seconds
        self._prefix = ""
        self._newest = (0, 0)

    def ping(self) -> Ping:
        """Knock, and settle on the API version that both sides speak.

        Raises:
            EngineUnavailableError: nothing answers, or this person may not ask.
            EngineTooOldError: the engine is older than 20.10.
        """
        response, _ = self._exchange("GET", "/_ping")
        found = _version(response.headers.get("api-version", "")) or (0, 0)
        server = response.headers.get("server", "")
        version = re.sub(r"^Docker/|\s.*$", "", server) or "of unknown version"
        if found < OLDEST:
            message = f"{self.endpoint.label}: engine {version} is older than 20.10"
            raise EngineTooOldError(message, hint=INSTALL)
        major, minor = min(found, NEWEST)
        self._prefix = f"/v{major}.{minor}"
        self._newest = found
        return Ping(version=version, api=found)

    @property
    def newest(self) -> tuple[int, int]:
        """The newest version of the API that the engine speaks, whichever it is asked in."""
        if not self._prefix:
            self.ping()
        return self._newest

    def info(self) -> Json:
        """Ask what the engine runs on."""
        return self._object("GET", "/info")

    def containers(self, *labels: str) -> list[Json]:
        """List containers, running or not, that carry every one of the labels (`key=value`)."""
        return self._list("/containers/json", {"all": "1", "filters": _filters(label=labels)})

    def inspect(self, container: str) -> Json:
        """Give everything about a container."""
        return self._object("GET", f"/containers/{container}/json")

    def create(self, body: Mapping[str, Any]) -> str:
        """Make a container of a name that the engine picks, and give its id."""
        return str(self._object("POST", "/containers/create", body=body)["Id"])

    def start(self, container: str) -> None:
        """Start a container; one that runs is no error."""
        self._send("POST", f"/containers/{container}/start", timeout_seconds=120)

    def unpause(self, container: str) -> None:
        """Let a paused container go on."""
        self._send("POST", f"/containers/{container}/unpause")

    def stop(self, container: str, *, grace_seconds: int | None = None) -> None:
        """Stop a container, by force once its grace is over; one that does not run is no error."""
        query = {} if grace_seconds is None else {"t": str(grace_seconds)}
        # Without a number of ours the container's own stop_grace_period holds, which may be long.
        self._send("POST", f"/containers/{container}/stop", query, timeout_seconds=600)

    def remove(self, container: str, *, force: bool = False) -> None:
        """Remove a container and keep its named volumes; a missing one is no error.

        One that runs is refused, unless by `force`.
        """
        query = {"force": "1"} if force else {}
        with contextlib.suppress(EngineLacksError):
            self._send("DELETE", f"/containers/{container}", query, timeout_seconds=120)

    def logs(
        self, container: str, *, tail: int | None = 100, follow: bool = False, since: str = ""
    ) -> Stream:
        """Open a container's output, each line headed by its time."""
        query = {"stdout": "1", "stderr": "1", "timestamps": "1"}
        query |= {"tail": "all" if tail is None else str(tail)}
        query |= {"follow": "1"} if follow else {}
        query |= {"since": since} if since else {}
        return self._stream("GET", f"/containers/{container}/logs", query)

    def events(self, *labels: str) -> Stream:
        """Open the engine's news of containers that carry the labels."""
        filters = _filters(label=labels, type=("container",))
        return self._stream("GET", "/events", {"filters": filters})

    def create_exec(
        self, container: str, argv: Sequence[str], *, environment: Mapping[str, str] | None = None
    ) -> str:
        """Prepare a command inside a container and give its id."""
        body: Json = {"AttachStdout": True, "AttachStderr": True, "Cmd": list(argv)}
        if environment:
            body["Env"] = [f"{name}={value}" for name, value in environment.items()]
        created = self._object("POST", f"/containers/{container}/exec", body=body)
        return str(created["Id"])

    def start_exec(self, exec_id: str, *, timeout_seconds: float) -> Stream:
        """Start a prepared command and open its output."""
        body = {"Detach": False, "Tty": False}
        return self._stream(
            "POST", f"/exec/{exec_id}/start", body=body, timeout_seconds=timeout_seconds
        )

    def exec_exit_code(self, exec_id: str) -> int | None:
        """Give a command's exit code; None while it runs."""
        code = self._object("GET", f"/exec/{exec_id}/json").get("ExitCode")
        return code if isinstance(code, int) else None

    def stats(self, container: str) -> Json:
        """Measure a container once, without the second sample that the engine would wait for."""
        query = {"stream": "0", "one-shot": "1"}
        return self._object("GET", f"/containers/{container}/stats", query)

    def images(self) -> list[Json]:
        """List the images on the machine."""
        return self._list("/images/json", {})

    def has_image(self, reference: str) -> bool:
        """Whether an image, by any of its names, is on the machine."""
        try:
            self._object("GET", f"/images/{quote(reference, safe='/:@')}/json")
        except EngineLacksError:
            return False
        return True

    def remove_image(self, reference: str) -> None:
        """Take a tag away, and the image where it was the last; one that is used is refused."""
        with contextlib.suppress(EngineLacksError):
            self._send("DELETE", f"/images/{quote(reference, safe='/:@')}")

    def pull(self, reference: str, *, auth: str = "") -> Stream:
        """Open the pull of an image: JSON objects as the registry's layers come in."""
        headers = {"X-Registry-Auth": auth} if auth else {}
        # A registry may be silent for long while a large layer is unpacked.
        return self._stream(
            "POST",
            "/images/create",
            {"fromImage": reference},
            headers=headers,
            timeout_seconds=1800,
        )

    def networks(self) -> list[Json]:
        """List every network of the engine, others' too."""
        return self._list("/networks", {})

    def create_network(self, body: Mapping[str, Any]) -> None:
        """Create a network; `body` is as the API has it."""
        self._send("POST", "/networks/create", body=body)

    def remove_network(self, network: str) -> None:
        """Remove a network; a missing one is no error."""
        with contextlib.suppress(EngineLacksError):
            self._send("DELETE", f"/networks/{network}")

    def volumes(self, *labels: str) -> list[Json]:
        """List volumes that carry the labels."""
        found = self._object("GET", "/volumes", {"filters": _filters(label=labels)})
        return list(found.get("Volumes") or ())

    def disk_use(self, *, timeout_seconds: float) -> Json:
        """Measure what images, containers and volumes hold, as `docker system df` does."""
        data = self._send("GET", "/system/df", timeout_seconds=timeout_seconds)
        found = json.loads(data or b"{}")
        return found if isinstance(found, dict) else {}

    def remove_volume(self, volume: str) -> None:
        """Remove a volume and what is in it; a missing one is no error."""
        with contextlib.suppress(EngineLacksError):
            self._send("DELETE", f"/volumes/{quote(volume, safe='')}")

    def close(self) -> None:
        """End the connections that are kept; the next question opens new ones."""
        while self._idle:
            self._idle.pop().close()

    def __del__(self) -> None:
        self.close()

    def _list(self, path: str, query: Mapping[str, str]) -> list[Json]:
        value = json.loads(self._send("GET", path, query) or b"[]")
        return value if isinstance(value, list) else []

    def _object(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: Mapping[str, Any] | None = None,
    ) -> Json:
        value = json.loads(self._send(method, path, query, body=body) or b"{}")
        return value if isinstance(value, dict) else {}

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: Mapping[str, Any] | None = None,
        timeout_seconds: float | None = None,
    ) -> bytes:
        if not self._prefix:
            self.ping()
        for _ in range(2):
            target = self._prefix + _target(path, query)
            response, data = self._exchange(
                method, target, body=body, timeout_seconds=timeout_seconds
            )
            if response.status != 400 or not self._moves_to_minimum(data):
                break
        _check(response.status, data, where=f"docker: {method} {path}")
        return data

    def _stream(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
    ) -> Stream:
        if not self._prefix:
            self.ping()
        with self._explaining():
            connection = Connection(self.endpoint, timeout_seconds=self._timeout)
            try:
                data, fields = _encoded(body)
                response = connection.send(
                    method,
                    self._prefix + _target(path, query),
                    body=data,
                    headers={**fields, **(headers or {})},
                    timeout_seconds=timeout_seconds,
                )
                if response.status >= 400:
                    _check(response.status, response.read(), where=f"docker: {method} {path}")
            except BaseException:
                connection.close()
                raise
        return Stream(self.endpoint, connection, response)

    def _exchange(
        self,
        method: str,
        target: str,
        *,
        body: Mapping[str, Any] | None = None,
        timeout_seconds: float | None = None,
    ) -> tuple[Response, bytes]:
        timeout = timeout_seconds or self._timeout
        data, fields = _encoded(body)
        with self._explaining():
            while True:
                connection, is_fresh = self._connect()
                try:
                    response = connection.send(
                        method, target, body=data, headers=fields, timeout_seconds=timeout
                    )
                    answer = response.read()
                except (BadAnswerError, BrokenPipeError, ConnectionResetError):
                    # The engine may have ended a connection that lay idle: that is not a failure.
                    connection.close()
                    if is_fresh:
                        raise
                    continue
                except BaseException:
                    connection.close()
                    raise
                self._keep(connection, response)
                return response, answer

    def _connect(self) -> tuple[Connection, bool]:
        with contextlib.suppress(IndexError):
            return self._idle.pop(), False
        return Connection(self.endpoint, timeout_seconds=self._timeout), True

    def _keep(self, connection: Connection, response: Response) -> None:
        if response.keeps_alive:
            self._idle.append(connection)
        else:
            connection.close()

    def _moves_to_minimum(self, data: bytes) -> bool:
        wanted = _MINIMUM.search(data.decode("utf-8", "replace"))
        if wanted is None:
            return False
        self._prefix = f"/v{wanted[1]}.{wanted[2]}"
        return True

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unavailable(self.endpoint, error) from error


def unavailable(endpoint: Endpoint, error: OSError) -> EngineUnavailableError:
    """Say why an engine does not answer, and the command that changes it."""
    start = f"no Docker engine answers at `{endpoint.label}`"
    if isinstance(error, PermissionError):
        text = f"{start}: permission denied; this user is not in the group `docker`"
        hint = "sudo usermod -aG docker $USER  # then sign out and in again"
    elif isinstance(error, FileNotFoundError):
        text, hint = f"{start}: no such socket; Docker is not installed or not started", SET_UP
    elif isinstance(error, TimeoutError):
        text, hint = (
            f"{start}: it took the question and stays silent",
            "sudo systemctl restart docker",
        )
    elif isinstance(error, ConnectionRefusedError):
        text, hint = f"{start}: connection refused; the daemon is not running", _START
    elif isinstance(error, BadAnswerError):
        text, hint = f"{start}: {error}", "docker version"
    else:
        text, hint = f"{start}: {(error.strerror or str(error)).lower()}", _START
    if endpoint.origin != "default":
        text += f" (named by {endpoint.origin})"
    return EngineUnavailableError(text, hint=hint)


_START = "sudo systemctl start docker"
_RESTART = "sudo systemctl restart docker"


def _check(status: int, data: bytes, *, where: str) -> None:
    if status < 400:
        return
    try:
        said = json.loads(data).get("message", "")
    except (ValueError, AttributeError):
        said = data.decode("utf-8", "replace")
    text = f"{where}: {' '.join(str(said).split()) or f'status {status}'}"
    raise (EngineLacksError if status == 404 else EngineRefusedError)(text, status=status)


def _encoded(body: Mapping[str, Any] | None) -> tuple[bytes | None, dict[str, str]]:
    if body is None:
        return None, {}
    return json.dumps(body).encode(), {"Content-Type": "application/json"}


def _target(path: str, query: Mapping[str, str] | None) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _filters(**kinds: Sequence[str]) -> str:
    return json.dumps({kind: list(values) for kind, values in kinds.items()})


def _version(text: str) -> tuple[int, int] | None:
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else None
