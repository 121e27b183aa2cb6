"""Compose files in the manner of real projects, each with what must be worked out of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from checkouts import CATALOG
from hearth_control.catalog.adopt.adopt import adopt
from hearth_control.catalog.adopt.model import Adoption, Choices, Given
from hearth_control.catalog.adopt.write import write
from hearth_control.catalog.load import load_catalog
from hearth_control.catalog.model import Catalog, Service
from hearth_control.catalog.parse import parse_service
from hearth_control.catalog.rules import check
from hearth_control.deploy.found import read_given

pytestmark = pytest.mark.unit

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(CATALOG, extra=None, cache=None)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The `x-hearth` block in short, and what the containers hold."""

    choices: Choices = field(default_factory=Choices)
    containers: tuple[str, ...]
    main: str
    inner: tuple[int, ...]
    needs: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    secrets: dict[str, str] = field(default_factory=dict)
    backup: dict[str, str] = field(default_factory=dict)
    environment: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()


POWERS = {"cap_add: NET_ADMIN": "it answers DHCP", "privileged: true": "it sets the clock"}

EXPECTED = {
    "monitor": Expected(
        containers=("monitor",),
        main="monitor",
        inner=(3001,),
        backup={"monitor-data": "files"},
    ),
    "wiki": Expected(
        containers=("wiki-db", "wiki"),
        main="wiki",
        inner=(3000,),
        secrets={"postgres_password": "password"},
        backup={"wiki-db-data": "postgres"},
        environment={
            "wiki": {"DB_HOST": "wiki-db", "DB_PASS": "${WIKI_POSTGRES_PASSWORD}"},
            "wiki-db": {"POSTGRES_PASSWORD": "${WIKI_POSTGRES_PASSWORD}", "POSTGRES_DB": "wiki"},
        },
    ),
    "wiki on Hearth's Postgres": Expected(
        choices=Choices(use=("postgres",)),
        containers=("wiki",),
        main="wiki",
        inner=(3000,),
        needs=("postgres",),
        environment={
            "wiki": {
                "DB_TYPE": "postgres",
                "DB_HOST": "${POSTGRES_HOST}",
                "DB_PORT": "${POSTGRES_PORT}",
                "DB_USER": "${POSTGRES_USER}",
                "DB_PASS": "${POSTGRES_PASSWORD}",
                "DB_NAME": "${POSTGRES_DATABASE}",
            }
        },
    ),
    "photos": Expected(
        containers=("photos-server", "photos-machine-learning", "photos-redis", "photos-database"),
        main="photos-server",
        inner=(2283,),
        secrets={"db_password": "password"},
        backup={
            "photos-model-cache": "worthless",
            "photos-server-data": "files",
            "photos-database-data": "postgres",
        },
        environment={
            "photos-server": {
                "DB_HOSTNAME": "photos-database",
                "REDIS_HOSTNAME": "photos-redis",
                "DB_USERNAME": "${PHOTOS_DB_USERNAME}",
                "DB_PASSWORD": "${PHOTOS_DB_PASSWORD}",
            },
            "photos-database": {"POSTGRES_USER": "${PHOTOS_DB_USERNAME}"},
        },
        warned=("services.photos-machine-learning.healthcheck",),
    ),
    "dashboard": Expected(
        choices=Choices(name="panel", images={"dashboard": "example/dashboard:2.1"}),
        containers=("panel",),
        main="panel",
        inner=(8000, 9443),
        needs=("docker",),
        backup={"panel-dashboard-data": "files"},
        environment={"panel": {"DOCKER_HOST": "${DOCKER_URL}"}},
        warned=("services.panel.volumes", "volumes.panel-dashboard-data"),
    ),
    "dns": Expected(
        choices=Choices(allow=POWERS),
        containers=("dns",),
        main="dns",
        inner=(80, 53, 53),
        secrets={"webpassword": "password"},
        backup={"dns-dns": "files"},
        environment={"dns": {"TZ": "${TZ}", "UPSTREAMS": "1.1.1.1;9.9.9.9"}},
        warned=("services.dns.ports", "services.dns.ports"),
    ),
    "imagegen": Expected(
        containers=("imagegen-backend", "imagegen-frontend"),
        main="imagegen-frontend",
        inner=(3000,),
        wants=("llm",),
        secrets={"openai_api_key": "given"},
        environment={
            "imagegen-backend": {
                "OLLAMA_BASE_URL": "${LLM_URL}",
                "OPENAI_API_KEY": "${IMAGEGEN_OPENAI_API_KEY}",
                "FRONTEND_URL": "${IMAGEGEN_PUBLIC_URL}",
                "LOG_LEVEL": "${IMAGEGEN_LOG_LEVEL}",
            },
            "imagegen-frontend": {"BACKEND_URL": "http://imagegen-backend:8000"},
        },
    ),
    "archive": Expected(
        containers=(
            "archive-broker",
            "archive-db",
            "archive-migrate",
            "archive-webserver",
            "archive-worker",
        ),
        main="archive-webserver",
        inner=(8000,),
        secrets={"secret_key": "hex", "postgres_password": "password"},
        backup={
            "archive-redisdata": "redis",
            "archive-pgdata": "postgres",
            "archive-data": "files",
            "archive-webserver-consume": "files",
        },
        environment={
            "archive-worker": {
                "ARCHIVE_REDIS": "redis://archive-broker:6379",
                "ARCHIVE_DBHOST": "archive-db",
                "ARCHIVE_DBPASS": "${ARCHIVE_POSTGRES_PASSWORD}",
                "ARCHIVE_SECRET_KEY": "${ARCHIVE_SECRET_KEY}",
            },
            "archive-db": {
                "POSTGRES_PASSWORD": "${ARCHIVE_POSTGRES_PASSWORD}",
                "POSTGRES_USER": "archive",
            },
        },
        warned=("services.archive-worker.healthcheck",),
    ),
    "archive on Hearth's stores": Expected(
        choices=Choices(use=("postgres", "redis")),
        containers=("archive-migrate", "archive-webserver", "archive-worker"),
        main="archive-webserver",
        inner=(8000,),
        needs=("postgres", "redis"),
        secrets={"secret_key": "hex"},
        backup={"archive-data": "files", "archive-webserver-consume": "files"},
        environment={
            "archive-worker": {
                "ARCHIVE_REDIS": "redis://:${REDIS_PASSWORD}@${REDIS_HOST}:${REDIS_PORT}",
                "ARCHIVE_DBHOST": "${POSTGRES_HOST}",
                "ARCHIVE_DBUSER": "${POSTGRES_USER}",
                "ARCHIVE_DBPASS": "${POSTGRES_PASSWORD}",
                "ARCHIVE_DBNAME": "${POSTGRES_DATABASE}",
            },
        },
        warned=("services.archive-worker.healthcheck",),
    ),
    "shop": Expected(
        containers=("shop-web", "shop-app", "shop-mysql"),
        main="shop-web",
        inner=(80, 443),
        secrets={
            "db_password": "password",
            "db_root": "password",
            "mail_password": "given",
            "stripe_api_key": "given",
        },
        backup={"shop-dbdata": "files"},
        environment={
            "shop-app": {
                "SHOP_NAME": "The little shop",
                "DATABASE_HOST": "shop-mysql:3306",
                "MYSQL_PASSWORD": "${SHOP_DB_PASSWORD}",
                "CART_TTL": "3600",
            },
            "shop-mysql": {"MARIADB_PASSWORD": "${SHOP_DB_PASSWORD}"},
        },
        files=("nginx.conf",),
        warned=("services.shop-app.healthcheck", "nginx.conf"),
    ),
}


def given(case: str) -> Given:
    """Read a sample; ports it names may belong to anybody, so it is no test of this machine."""
    return read_given(SAMPLES / case.partition(" ")[0])


def parsed(adoption: Adoption, text: str) -> Service:
    return parse_service(
        text,
        path=f"/home/ann/services/{adoption.name}/compose.yaml",
        name=adoption.name,
        stack="03-apps",
        files=adoption.files,
    )


@pytest.mark.parametrize("case", EXPECTED)
def test_sample_becomes_a_service_of_the_catalog(case: str, catalog: Catalog) -> None:
    expected, found = EXPECTED[case], given(case)
    adoption = adopt(found, expected.choices, catalog)
    assert adoption.problems == ()
    service = parsed(adoption, write(found.text, adoption))
    assert tuple(one.name for one in service.containers) == expected.containers
    assert service.main == expected.main
    assert tuple(port.inner for port in service.ports) == expected.inner
    assert (tuple(service.needs), tuple(service.wants)) == (expected.needs, expected.wants)
    assert {name: rule.kind for name, rule in service.secrets.items()} == expected.secrets
    assert service.backup == expected.backup
    assert tuple(adoption.files) == expected.files
    environments = {one.name: one.spec.get("environment", {}) for one in service.containers}
    for name, wanted in expected.environment.items():
        assert environments[name].items() >= wanted.items()
    warned = tuple(one.where for one in adoption.remarks if one.kind == "warn")
    assert warned == expected.warned


@pytest.mark.parametrize("case", EXPECTED)
def test_sample_passes_every_rule(case: str, catalog: Catalog) -> None:
    found = given(case)
    adoption = adopt(found, EXPECTED[case].choices, catalog)
    service = parsed(adoption, write(found.text, adoption))
    whole = replace(catalog, services={**catalog.services, service.name: service})
    assert [one for one in check(whole) if one.path == service.path] == []


@pytest.mark.parametrize("case", EXPECTED)
def test_no_password_of_the_sample_is_left(case: str, catalog: Catalog) -> None:
    found = given(case)
    text = write(found.text, adopt(found, EXPECTED[case].choices, catalog))
    for word in ("wikijsrocks", "hunter2", "sk_test", "sk-replace", "set a secure password"):
        assert word not in text


def test_ports_take_the_lowest_free_of_the_own_range(catalog: Catalog) -> None:
    first = adopt(given("monitor"), Choices(), catalog)
    assert first.block["port"] == 200
    service = parsed(first, write(given("monitor").text, first))
    with_it = replace(catalog, services={**catalog.services, "monitor": service})
    assert adopt(given("shop"), Choices(), with_it).block["port"] == 201


def test_existing_folder_stays_where_it_is(catalog: Catalog, tmp_path: Path) -> None:
    text = (SAMPLES / "monitor" / "compose.yaml").read_text()
    (tmp_path / "compose.yaml").write_text(text)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "kept.db").write_text("mine")
    adoption = adopt(read_given(tmp_path), Choices(name="monitor"), catalog)
    assert adoption.services["monitor"]["volumes"] == [f"{tmp_path}/data:/app/data"]
    assert [one.text for one in adoption.remarks if one.kind == "warn"] == [
        f"`{tmp_path}/data` stays where it is, and is not in Hearth's backup"
    ]


def test_link_out_of_the_folder_is_not_copied(catalog: Catalog, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "passwd").write_text("root:x")
    (folder / "users").symlink_to(tmp_path / "passwd")
    (folder / "compose.yaml").write_text(
        "services:\n  app:\n    image: example/app:1\n    volumes: ['./users:/etc/users:ro']\n"
    )
    adoption = adopt(read_given(folder), Choices(), catalog)
    assert adoption.files == {}
    assert adoption.services["project"]["volumes"] == [f"{folder}/users:/etc/users:ro"]


REFUSED = {
    "floating image": (
        "image: example/app:latest",
        (
            "services.thing.image: `example/app:latest` may be another program tomorrow;"
            " name a version"
        ),
        "--image app=example/app:VERSION",
    ),
    "build": (
        "build: .",
        (
            "services.thing.build: is built from source, which Hearth does not do; build it"
            " yourself as `thing:1`"
        ),
        "--image app=thing:1",
    ),
    "power": (
        "image: example/app:1\n    cap_add: [SYS_ADMIN]",
        (
            "services.thing.cap_add: takes `cap_add: SYS_ADMIN`, which lets it reach beyond"
            " its container"
        ),
        "--allow 'cap_add: SYS_ADMIN=WHY'",
    ),
    "host network": (
        "image: example/app:1\n    network_mode: host",
        (
            "services.thing.network_mode: takes `network_mode: host`, which lets it reach beyond"
            " its container"
        ),
        "--allow 'network_mode: host=WHY'",
    ),
    "port": (
        "image: example/app:1\n    ports: [eighty]",
        "services.thing.ports: `eighty` is no port; expected `8080:80`",
        "",
    ),
    "many ports": (
        "image: example/app:1\n    ports: ['4000-4999:4000-4999']",
        (
            "services.thing.ports: `4000-4999:4000-4999` opens a range that cannot be carried over;"
            " name at most 20 ports"
        ),
        "",
    ),
    "env_file": (
        "image: example/app:1\n    env_file: my.env",
        (
            "services.app.env_file: the file `my.env` that it takes variables from is not there,"
            " nor an example"
        ),
        "",
    ),
    "extends": (
        "image: example/app:1\n    extends: {file: other.yaml, service: app}",
        (
            "services.thing.extends: takes parts of another container; write it out:"
            " docker compose config > compose.yaml"
        ),
        "",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_added_names_its_answer(case: str, catalog: Catalog, tmp_path: Path) -> None:
    written, text, option = REFUSED[case]
    (tmp_path / "compose.yaml").write_text(f"services:\n  app:\n    {written}\n")
    (problem,) = adopt(read_given(tmp_path), Choices(name="thing"), catalog).problems
    assert f"{problem.where}: {problem.text}" == text
    assert problem.option == option


@pytest.mark.parametrize(
    ("choices", "text", "option"),
    [
        (
            Choices(name="n8n"),
            "the catalog has a service `n8n` already; give yours another name",
            "--name my-n8n",
        ),
        (
            Choices(name="My App"),
            "`My App` is no name; use small letters, digits and single hyphens",
            "--name my-app",
        ),
        (
            Choices(name="monitor", web="web:80"),
            "`web:80` is no port of this file; it has `monitor:3001`",
            "--port monitor:3001",
        ),
        (Choices(name="monitor", route="n8n"), "`n8n` is the route of `n8n`", "--route my-n8n"),
        (Choices(name="monitor", offset=42), "offset 42 belongs to `n8n`", "--offset 200"),
        (
            Choices(name="monitor", use=("postgres",)),
            "no container of the file is a store that Hearth's `postgres` could replace",
            "",
        ),
        (
            Choices(name="monitor", images={"web": "a:1"}),
            "there is no container `web` in the file; it has `monitor`",
            "",
        ),
        (
            Choices(name="monitor", memory="lots"),
            "should be a size such as `600M` or `2G`, found `lots`",
            "",
        ),
    ],
)
def test_wrong_choice_is_told(choices: Choices, text: str, option: str, catalog: Catalog) -> None:
    problems = adopt(given("monitor"), choices, catalog).problems
    assert (text, option) in [(one.text, one.option) for one in problems]


def test_redis_without_password_variable_stays(catalog: Catalog) -> None:
    (problem,) = adopt(given("photos"), Choices(use=("redis",)), catalog).problems
    assert problem.text == (
        "`photos-server` calls its Redis by host alone (REDIS_HOSTNAME), and Hearth's has a"
        " password; name the variable that takes it, or let `redis` stay in the file"
    )


def test_stores_are_proposed(catalog: Catalog) -> None:
    proposals = adopt(given("archive"), Choices(), catalog).proposals
    assert proposals == {"postgres": "archive-db", "redis": "archive-broker"}


def test_taken_guess_gets_another_name(catalog: Catalog, tmp_path: Path) -> None:
    folder = tmp_path / "n8n"
    folder.mkdir()
    (folder / "compose.yaml").write_text("services:\n  app:\n    image: n8nio/n8n:1.2\n")
    assert adopt(read_given(folder), Choices(), catalog).name == "my-n8n"


def test_copied_file_calls_containers_by_their_new_names(catalog: Catalog) -> None:
    text = adopt(given("shop"), Choices(), catalog).files["nginx.conf"]
    assert text.splitlines() == [
        "upstream app { server shop-app:9000; }",
        "server { listen 80; location / { proxy_pass http://app; } }",
    ]
