"""A service as its file says it, once parsed: frozen values, no I/O.

`parse.py` turns text into these, `load.py` reads the folder and keeps a cache, `rules.py` says
what a file must have. Everything derived (ports, wiring, networks) is made in `plan`.

Shape: a service file is a Compose file (https://docs.docker.com/reference/compose-file/) with one
`x-hearth` block; `Service` is that block, `Container.spec` is the Compose service as written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

STACKS = (
    "00-infrastructure",
    "01-data",
    "02-compute",
    "03-apps",
    "04-lambda",
    "05-mcp",
    "06-media",
    "07-management",
)


class Source(StrEnum):
    """Where a service comes from."""

    CONTAINER = "container"
    LOCALHOST = "localhost"
    EXTERNAL = "external"
    EMBEDDED = "embedded"
    DISABLED = "disabled"


class Hardware(StrEnum):
    """What a container's variant computes on."""

    CPU = "cpu"
    NVIDIA = "nvidia"
    AMD = "amd"


class SecretKind(StrEnum):
    """How a secret's value is made."""

    HEX = "hex"
    BASE64 = "base64"
    PASSWORD = "password"  # noqa: S105  # the kind's name
    PREFIXED = "prefixed"
    TOKEN = "token"  # noqa: S105  # the kind's name
    JWT = "jwt"
    BCRYPT = "bcrypt"
    PAIR = "pair"
    GIVEN = "given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """How a store is told a new password: commands that run inside its container.

    They find the new value in `HEARTH_NEW` and the old one in `HEARTH_OLD`, end with 0 where it
    worked, and may run twice. `check` signs in with the new value; None: nothing does.
    `container` None is the main one.
    """

    command: tuple[str, ...]
    check: tuple[str, ...] | None = None
    container: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRule:
    """How one secret of a service is made and whether it may ever change.

    `change`: `free` any time · `initial` holds only when the volume is first initialised, later
    it must be changed in the store too · `never` changing it makes data unreadable.
    `role`: an optional one is asked for while this role is served · `about`: what it brings, and
    where a person makes it.
    """

    kind: SecretKind
    bytes: int = 32
    length: int | None = None
    prefix: str = ""
    parent: str | None = None
    claims: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    change: Literal["free", "initial", "never"] = "free"
    volume: str | None = None
    optional: bool = False
    role: str | None = None
    about: str = ""
    rotate: Rotation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a service asks of a role; `database` and `roles` mean something to databases only.

    `roles`: the first owns the database, the others log in, own nothing and are no superusers.
    `extensions`: created by the superuser in that database (`vector`).
    `bucket`: its bucket in an object store.
    `share`: the service whose database, roles, bucket and passwords this one uses instead of its
    own.
    `when`: a variable of the service, `NAME`; while it is empty, the role is wanted and not needed.
    Or `NAME=value`; while it has another value, the role is not used at all.
    `idle`: planning found that it is not used at all.
    """

    database: str | None = None
    roles: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    bucket: str | None = None
    share: str | None = None
    when: str | None = None
    idle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A role that a service offers: its endpoint as seen from another container.

    `secret` names a secret of the provider that consumers are given as `<ROLE>_PASSWORD`;
    `provision` names the job that makes databases and roles for consumers; `accounts` the container
    that reads consumers' accounts at its start, from `/run/secrets/{service}_accounts`. `user` may
    be a variable of the service, as `${NAME}`.
    """

    url: str
    user: str | None = None
    secret: str | None = None
    provision: str | None = None
    accounts: str | None = None
    api: Literal["openai"] | None = None
    """What it speaks where that is not the role's own; its address is `<ROLE>_OPENAI_URL` then."""
    model: str | None = None
    """The model to use where nobody chooses one; a variable of the service, as `${NAME}`."""
    dimensions: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How the gateway reaches a service from outside.

    `name` is the label before the domain. `access`: `login` behind sign-in · `own` the service
    signs people in itself · `open` nobody is asked. `open_paths` pass without login.
    """

    name: str
    container: str | None = None
    port: int | None = None
    access: Literal["login", "own", "open"] = "login"
    open_paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a container takes and may take, in bytes."""

    typical: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A check from outside, for images that cannot check themselves.

    One of `http` (path that answers 2xx or 3xx), `tcp` (a port that accepts) on `port`.
    """

    port: int
    http: str | None = None
    accept: tuple[int, ...] = ()
    start: int | None = None
    """How long a first start may take, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What changes in a container on other hardware; `spec` is laid over the Compose service."""

    image: str | None = None
    spec: Mapping[str, Any] = field(default_factory=dict)
    vram: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A published port: offset from `BASE_PORT`, the container and its inner port."""

    offset: int
    container: str
    inner: int
    name: str = ""
    protocol: Literal["tcp", "udp"] = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Where a service tells its numbers in Prometheus' text format, without a login."""

    port: int
    path: str = "/metrics"
    container: str | None = None
    """None is the main one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process of the embedded source.

    `command` and `before` may use `{python}`, `{home}`, `{data}` and `{port}`; `environment` takes
    the same variables as the Compose file. `ready` is an HTTP path on the service's port, or a
    command that exits 0.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    before: tuple[tuple[str, ...], ...] = ()
    ready_http: str | None = None
    ready_command: tuple[str, ...] = ()
    version: str = ""
    """Which code it runs; a process of other code is started again."""
    start_seconds: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """How Hearth itself runs the service where there is no Docker.

    `builtin` names something the embedded engine knows to run (`postgres`); else `processes`.
    """

    builtin: Literal["postgres"] | None = None
    processes: Mapping[str, Process] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the sources other than `container` mean for this service.

    `localhost_port`: where the program listens when it runs on this host already.
    `external`: the role's endpoint may be a URL elsewhere.
    """

    localhost_port: int | None = None
    external: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A setting of the service's own, in `.env`."""

    default: str = ""
    about: str = ""
    choices: tuple[str, ...] = ()
    models: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Where the value names models: family → tag → bytes of the model's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """Versions at which an upgrade must stop, and the data format's major of each volume."""

    stop_at: tuple[str, ...] = ()
    formats: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of a service: the Compose service as written, plus what Compose cannot say.

    `spec` keeps `${VARIABLES}` uninterpolated. `when` names a variable of the service without
    which there is nothing for this container to do: while it is empty there is no container.
    `egress`: whether it goes to the internet where its service does.
    """

    name: str
    spec: Mapping[str, Any]
    job: bool = False
    when: str | None = None
    egress: bool = True
    memory: Memory | None = None
    probe: Probe | None = None
    variants: Mapping[Hardware, Variant] = field(default_factory=dict)
    hardening: Mapping[str, str] = field(default_factory=dict)
    """Exceptions from the defaults, each with its reason: `{"cap_add: NET_ADMIN": "…"}`."""

    @property
    def image(self) -> str | None:
        """The image as written, or None where the container is only built."""
        value = self.spec.get("image")
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a person turns on or off."""

    name: str
    stack: str
    title: str
    summary: str
    home: str
    licence: str
    path: str
    """The file as the person sees it: `catalog/01-data/qdrant/compose.yaml`, relative to the
    folder that holds the catalog; absolute for a service of the person's own."""
    containers: tuple[Container, ...]
    main: str
    """The container that the service's endpoint and health stand for."""
    volumes: Mapping[str, Any] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)
    """The service's own files, relative path → text; rendered beside the Compose file."""
    ports: tuple[Port, ...] = ()
    route: Route | None = None
    metrics: Metrics | None = None
    needs: Mapping[str, Need] = field(default_factory=dict)
    wants: Mapping[str, Need] = field(default_factory=dict)
    offers: Mapping[str, Offer] = field(default_factory=dict)
    secrets: Mapping[str, SecretRule] = field(default_factory=dict)
    secret_files: Mapping[str, str] = field(default_factory=dict)
    """Name → text of a file with secrets in it, where an image wants more than the bare value."""
    variables: Mapping[str, Variable] = field(default_factory=dict)
    sources: Sources = field(default_factory=Sources)
    embedded: Embedded | None = None
    egress: bool = False
    lan: bool = False
    """Whether it may have an address of its own in the person's network."""
    backup: Mapping[str, str] = field(default_factory=dict)
    """Volume → recipe: `postgres` by its own dump · `files`, `sqlite` copied in use, SQLite's files
    by SQLite · `stopped`, mongodb, neo4j, redis, clickhouse copied while their service stands still
    · `worthless` left out."""
    disk: int = 0
    upgrade: Upgrade = field(default_factory=Upgrade)
    uid: int | None = None
    """The user id that owns its data, for folders that are made before the start."""
    stateless: bool = False
    code: tuple[str, ...] = ()
    """Files and folders of the checkout that it is made of, relative to its root."""
    absent: tuple[str, ...] = ()
    """Dockerfiles of its own images that this checkout does not have, relative to its root. While
    there is one, its containers are not in this version. Found by `load`, never written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A named set of services for a purpose, and the settings that go with it."""

    name: str
    title: str
    summary: str
    services: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Every service and preset, by name, in the order of stack and name."""

    services: Mapping[str, Service]
    presets: Mapping[str, Preset]

    def providers(self, role: str) -> tuple[str, ...]:
        """Name the services that offer a role, in catalog order."""
        return tuple(name for name, service in self.services.items() if role in service.offers)
