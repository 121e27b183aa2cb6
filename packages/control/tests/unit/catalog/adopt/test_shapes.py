from __future__ import annotations

import pytest
from hearth_control.catalog.adopt.images import find_store, home_page, major
from hearth_control.catalog.adopt.model import Opened
from hearth_control.catalog.adopt.secret import is_secret_name
from hearth_control.catalog.adopt.shapes import Mount, mount_of, ports_of, read_env
from hearth_control.catalog.adopt.stores import address

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("entry", "opened"),
    [
        (80, [(None, 80, "tcp")]),
        ("8080:80", [(8080, 80, "tcp")]),
        ("127.0.0.1:8080:80/udp", [(8080, 80, "udp")]),
        ("[::1]:8080:80", [(8080, 80, "tcp")]),
        ("127.0.0.1::80", [(None, 80, "tcp")]),
        ("3000-3001:4000-4001", [(3000, 4000, "tcp"), (3001, 4001, "tcp")]),
        ({"target": 80, "published": "8080"}, [(8080, 80, "tcp")]),
        ({"target": 53, "protocol": "udp"}, [(None, 53, "udp")]),
    ],
)
def test_ports_are_read(entry: object, opened: list[tuple[int | None, int, str]]) -> None:
    assert list(ports_of(entry)) == [
        Opened(host=host, inner=inner, protocol=protocol)  # type: ignore[arg-type]  # a table
        for host, inner, protocol in opened
    ]


@pytest.mark.parametrize("entry", ["http", "80:81:82:83", "1-3:1-2", "70000", {"target": "x"}])
def test_what_is_no_port_is_refused(entry: object) -> None:
    with pytest.raises(ValueError, match=r"is no port|cannot be carried over"):
        ports_of(entry)


@pytest.mark.parametrize(
    ("entry", "mount"),
    [
        ("data:/data", Mount(kind="volume", source="data", target="/data")),
        ("/data", Mount(kind="volume", source="", target="/data")),
        ("./a:/b:ro", Mount(kind="bind", source="./a", target="/b", options="ro")),
        ("~/a:/b", Mount(kind="bind", source="~/a", target="/b")),
        (
            {"type": "bind", "source": "/a", "target": "/b", "read_only": True},
            Mount(kind="bind", source="/a", target="/b", options="ro"),
        ),
        ({"type": "tmpfs", "target": "/b"}, Mount(kind="tmpfs", source="", target="/b")),
    ],
)
def test_mounts_are_read(entry: object, mount: Mount) -> None:
    assert mount_of(entry) == mount


def test_environment_file_is_read() -> None:
    text = "# c\nA=1 # x\nexport B='2 # y'\nC=\"z\"\nD=a=b\nno line\n9X=1\n\nE=\n"
    assert read_env(text) == {"A": "1", "B": "2 # y", "C": "z", "D": "a=b", "E": ""}


@pytest.mark.parametrize(
    ("image", "kind", "version"),
    [
        ("postgres:16-alpine", "PostgreSQL", "16"),
        ("pgvector/pgvector:pg17", "PostgreSQL", "17"),
        ("docker.io/valkey/valkey:8.1@sha256:abc", "Redis", "8"),
        ("ghcr.io/me/postgres:14-vectors0.2", "PostgreSQL", "14"),
        ("registry:5000/mariadb:11.4", "MariaDB or MySQL", "11"),
        ("mongo", "MongoDB", None),
        ("prometheuscommunity/postgres-exporter:v0.15", None, "0"),
        ("rediscommander/redis-commander:1.0", None, "1"),
    ],
)
def test_stores_are_known_by_their_image(image: str, kind: str | None, version: str | None) -> None:
    store = find_store(image)
    assert (store.kind if store else None) == kind
    assert major(image) == version


@pytest.mark.parametrize(
    ("image", "page"),
    [
        ("ghcr.io/me/app:1", "https://github.com/me/app"),
        ("nginx:1", "https://hub.docker.com/_/nginx"),
        ("me/app@sha256:abc", "https://hub.docker.com/r/me/app"),
        ("docker.io/me/app", "https://hub.docker.com/r/me/app"),
        ("quay.io/me/app:1", "https://quay.io/repository/me/app"),
        ("registry.example.com:5000/a/b:1", "https://registry.example.com:5000/a/b"),
    ],
)
def test_home_page_follows_the_registry(image: str, page: str) -> None:
    assert home_page(image) == page


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("POSTGRES_PASSWORD", True),
        ("DBPASS", True),
        ("SECRET_KEY_BASE", True),
        ("JWT_SECRET", True),
        ("APP_KEY", True),
        ("MEILI_MASTER_KEY", True),
        ("TOKEN_LIFETIME", False),
        ("PASSWORD_MIN_LENGTH", False),
        ("SECRET_FILE", False),
        ("PUBLIC_KEY", False),
        ("BYPASS", False),
        ("KEYBOARD", False),
        ("MONKEY", False),
    ],
)
def test_secrets_are_known_by_their_name(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


@pytest.mark.parametrize(
    ("role", "scheme", "path", "query", "text"),
    [
        (
            "postgres",
            "postgresql+asyncpg://",
            "/app",
            "?ssl=no",
            (
                "postgresql+asyncpg://${POSTGRES_USER}:${POSTGRES_PASSWORD}"
                "@${POSTGRES_HOST}:${POSTGRES_PORT}/${POSTGRES_DATABASE}?ssl=no"
            ),
        ),
        (
            "redis",
            "redis://",
            "/2",
            None,
            "redis://:${REDIS_PASSWORD}@${REDIS_HOST}:${REDIS_PORT}/2",
        ),
        (
            "mongodb",
            "mongodb://",
            "/app",
            None,
            (
                "mongodb://${MONGODB_USER}:${MONGODB_PASSWORD}"
                "@${MONGODB_HOST}:${MONGODB_PORT}/app?authSource=admin"
            ),
        ),
        ("llm", "http://", "/v1", None, "${LLM_URL}/v1"),
    ],
)
def test_address_keeps_its_shape(
    role: str, scheme: str, path: str | None, query: str | None, text: str
) -> None:
    assert address(role, scheme, path, query) == text
