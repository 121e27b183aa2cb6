"""Where the Docker engine listens, as the `docker` command would find it.

`DOCKER_HOST` > `DOCKER_CONTEXT` > `currentContext` of the configuration > the first default socket
that exists.

Source: https://docs.docker.com/reference/cli/docker/#environment-variables and
https://docs.docker.com/engine/manage-resources/contexts/ (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearth_control.engine.errors import EngineUnavailableError

DEFAULT_SOCKET = "/var/run/docker.sock"
DEFAULT_PORT = 2375


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address of an engine and who named it.

    One of `path` (a Unix socket) and `host` with `port` (plain TCP) is set.
    """

    path: str = ""
    host: str = ""
    port: int = 0
    origin: str = "default"

    @property
    def url(self) -> str:
        """Give the address as `DOCKER_HOST` takes it."""
        return f"unix://{self.path}" if self.path else f"tcp://{self.host}:{self.port}"

    @property
    def label(self) -> str:
        """Give the address as a person knows it: the socket's path, or the URL."""
        return self.path or self.url

    @property
    def is_local(self) -> bool:
        """Whether the engine runs on this machine, so that containers' addresses may be dialled."""
        return bool(self.path)


def find_endpoint(environment: Mapping[str, str]) -> Endpoint:
    """Find the engine's address; whether anything answers there is not asked.

    Raises:
        EngineUnavailableError: the address is of a kind that Hearth does not speak (ssh, TLS), or
            the chosen docker context does not exist.
    """
    if host := environment.get("DOCKER_HOST"):
        return parse_address(host, origin="DOCKER_HOST")
    config = config_folder(environment)
    context = environment.get("DOCKER_CONTEXT") or read_json(config / "config.json").get(
        "currentContext"
    )
    if isinstance(context, str) and context not in {"", "default"}:
        return _context_endpoint(config, context)
    return Endpoint(path=_default_socket(environment))


def parse_address(text: str, *, origin: str) -> Endpoint:
    """Parse `unix:///path` or `tcp://host[:port]`.

    Raises:
        EngineUnavailableError: any other scheme.
    """
    scheme, _, rest = text.partition("://")
    if scheme == "unix" and rest:
        return Endpoint(path=rest, origin=origin)
    if scheme in {"tcp", "http"} and rest:
        host, _, port = rest.rstrip("/").rpartition(":")
        if not host:
            return Endpoint(host=port, port=DEFAULT_PORT, origin=origin)
        if port.isdecimal():
            return Endpoint(host=host.strip("[]"), port=int(port), origin=origin)
    message = f"{origin}: `{text}` is not `unix:///path` or `tcp://host:port` without TLS"
    raise EngineUnavailableError(message, hint="export DOCKER_HOST=unix:///var/run/docker.sock")


def config_folder(environment: Mapping[str, str]) -> Path:
    """Name the folder of Docker's own configuration; it need not exist."""
    if chosen := environment.get("DOCKER_CONFIG"):
        return Path(chosen)
    return Path(environment.get("HOME") or "/root") / ".docker"


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of Docker's configuration; a missing or broken file counts as empty."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _context_endpoint(config: Path, name: str) -> Endpoint:
    # Docker names a context's folder by the SHA-256 of the context's name.
    from hashlib import sha256

    folder = config / "contexts" / "meta" / sha256(name.encode()).hexdigest()
    meta = read_json(folder / "meta.json")
    host = meta.get("Endpoints", {}).get("docker", {}).get("Host", "")
    if not host:
        message = f"docker context: `{name}` is not defined"
        raise EngineUnavailableError(message, hint="docker context use default")
    return parse_address(host, origin=f"docker context `{name}`")


def _default_socket(environment: Mapping[str, str]) -> str:
    runtime = environment.get("XDG_RUNTIME_DIR")
    home = environment.get("HOME")
    candidates = [DEFAULT_SOCKET]
    if runtime:
        candidates.append(f"{runtime}/docker.sock")
    if home:
        candidates.append(f"{home}/.docker/run/docker.sock")
    return next((path for path in candidates if Path(path).is_socket()), DEFAULT_SOCKET)
