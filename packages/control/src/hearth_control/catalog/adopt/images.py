"""What an image's name tells: whether it is pinned, whose it is, which store runs in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_STEPS_DOWN: Final = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A program that keeps data for others.

    `role` is what Hearth's own one offers · `recipe` how its data is backed up · `port` where it
    listens · `capabilities` its entrypoint needs · memory as people write it.
    """

    kind: str
    port: int
    role: str | None = None
    recipe: str = "files"
    capabilities: tuple[str, ...] = _STEPS_DOWN
    typical: str = "100M"
    limit: str = "1G"


_STORES: Final[tuple[tuple[str, Store], ...]] = (
    (
        r"(^|/)(postgres|pgvector|postgis|timescaledb?|timescaledb-ha|postgresql)$",
        Store(kind="PostgreSQL", role="postgres", recipe="postgres", port=5432),
    ),
    (r"(^|/)(mariadb|mysql)$", Store(kind="MariaDB or MySQL", port=3306, typical="200M")),
    (
        r"(^|/)(redis|valkey|keydb|dragonfly|redis-stack-server|redis-stack)$",
        Store(kind="Redis", role="redis", recipe="redis", port=6379, typical="20M", limit="512M"),
    ),
    (r"(^|/)mongo(db)?$", Store(kind="MongoDB", role="mongodb", recipe="mongodb", port=27017)),
    (r"(^|/)minio$", Store(kind="MinIO", role="s3", port=9000, typical="200M")),
    (
        r"(^|/)neo4j$",
        Store(kind="Neo4j", role="graph", recipe="neo4j", port=7687, typical="1G", limit="3G"),
    ),
    (
        r"(^|/)clickhouse(-server)?$",
        Store(
            kind="ClickHouse",
            role="clickhouse",
            recipe="clickhouse",
            port=8123,
            typical="500M",
            limit="4G",
        ),
    ),
    (r"(^|/)qdrant$", Store(kind="Qdrant", role="vectors", port=6333)),
    (r"(^|/)(elasticsearch|opensearch)$", Store(kind="Elasticsearch", port=9200, limit="4G")),
    (r"(^|/)meilisearch$", Store(kind="Meilisearch", port=7700)),
    (r"(^|/)rabbitmq$", Store(kind="RabbitMQ", role="amqp", port=5672, typical="150M")),
    (r"(^|/)memcached$", Store(kind="Memcached", port=11211, typical="64M", limit="256M")),
    (
        r"(^|/)ollama$",
        Store(kind="Ollama", role="llm", port=11434, typical="4G", limit="8G"),
    ),
)
_COMPILED: Final = tuple((re.compile(pattern), store) for pattern, store in _STORES)
_MAJOR: Final = re.compile(r"(?:^|[-v])(\d+)")


def find_store(image: str) -> Store | None:
    """Say which store runs in an image, by the last part of its name."""
    name = repository(image)
    return next((store for pattern, store in _COMPILED if pattern.search(name)), None)


def store_by_port(port: int) -> Store | None:
    """Say which store listens on a port by default."""
    return next((store for _, store in _COMPILED if store.port == port), None)


def repository(image: str) -> str:
    """Take tag and digest off."""
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return head + slash + last.partition(":")[0]


def tag(image: str) -> str:
    """Give the tag, or nothing."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def major(image: str) -> str | None:
    """Read the major version of a store's image: `pg16` and `16.4-alpine` give `16`."""
    found = _MAJOR.search(tag(image).removeprefix("pg").removeprefix("v"))
    return found[1] if found else None


def home_page(image: str) -> str:
    """Say where an image's documentation is most likely found."""
    parts = repository(image).split("/")
    hosts: Mapping[str, str] = {"ghcr.io": "https://github.com", "quay.io": "https://quay.io"}
    if "." in parts[0] or ":" in parts[0]:
        if parts[0] == "docker.io":
            parts = parts[1:]
        elif parts[0] in hosts:
            owner_and_name = "/".join(parts[1:3])
            kind = "/repository/" if parts[0] == "quay.io" else "/"
            return hosts[parts[0]] + kind + owner_and_name
        else:
            return "https://" + "/".join(parts)
    if len(parts) == 1 or parts[0] == "library":
        return f"https://hub.docker.com/_/{parts[-1]}"
    return "https://hub.docker.com/r/" + "/".join(parts[:2])
