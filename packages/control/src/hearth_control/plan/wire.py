"""Where a role is reached, from where the asker stands. One table, and nobody else knows it.

| provider ↓ asker → | container | process on the host |
|---|---|---|
| container | the offered URL | `127.0.0.1`, the published port |
| localhost | `host.docker.internal`, the program's port | `127.0.0.1`, the program's port |
| embedded | `host.docker.internal`, its port | `127.0.0.1`, its port |
| external | its URL | its URL |
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from hearth_control.catalog.model import Source
from hearth_control.plan.model import Endpoint

HOST_FROM_CONTAINER = "host.docker.internal"
LOOPBACK = "127.0.0.1"

_SCHEME_PORTS = {
    "http": 80,
    "https": 443,
    "postgres": 5432,
    "postgresql": 5432,
    "redis": 6379,
    "rediss": 6379,
    "mongodb": 27017,
    "bolt": 7687,
    "neo4j": 7687,
    "nats": 4222,
    "amqp": 5672,
}


_SECURE = frozenset({"https", "rediss"})


class Stand(StrEnum):
    """Where an asker stands."""

    CONTAINER = "container"
    PROCESS = "process"


def reach(
    source: Source, stand: Stand, *, offered: str, host_port: int | None, url: str | None = None
) -> Endpoint | None:
    """Give the endpoint of an offer as one asker sees it, or None if it cannot be reached.

    `offered` is the URL as seen from another container, `host_port` where the provider listens
    on this machine (published, embedded or the person's own), `url` the external one.
    """
    match source, stand:
        case Source.EXTERNAL, _:
            return endpoint_of(url) if url else None
        case Source.CONTAINER, Stand.CONTAINER:
            return endpoint_of(offered)
        case Source.DISABLED, _:
            return None
        case _, Stand.CONTAINER:
            return _moved(offered, HOST_FROM_CONTAINER, host_port)
        case _, _:
            return _moved(offered, LOOPBACK, host_port)


def endpoint_of(url: str) -> Endpoint:
    """Read a URL's host and port; the scheme gives a port that is not written."""
    parts = urlsplit(url)
    return Endpoint(url=url, host=parts.hostname or "", port=port_of(parts))


def port_of(parts: SplitResult) -> int:
    """Give a URL's port, written or by scheme; 0 when neither says or it is no number."""
    try:
        written = parts.port
    except ValueError:
        written = None
    return written or _SCHEME_PORTS.get(parts.scheme, 0)


def is_secure(url: str) -> bool:
    """Whether a URL's scheme says that it is spoken over TLS."""
    return urlsplit(url).scheme in _SECURE


def _moved(offered: str, host: str, port: int | None) -> Endpoint | None:
    if port is None:
        return None
    parts = urlsplit(offered)
    return Endpoint(url=parts._replace(netloc=f"{host}:{port}").geturl(), host=host, port=port)
