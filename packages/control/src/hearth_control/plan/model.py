"""The plan: what will be, and the ordered steps that make it so.

A plan is complete: an engine that carries it out makes no choice, and carrying it out twice is
harmless. A **unit** is what an engine starts: a container, or a process of the embedded engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from hearth_control.catalog.model import Hardware, Probe, Process, Source
from hearth_control.settings.model import EngineName


class Severity(StrEnum):
    """How much a note matters; an error stops `up`."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something the person should know, with the command that changes it."""

    code: str
    severity: Severity
    text: str
    service: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where something is reached, from one place."""

    url: str
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One consumer's use of one role: who serves it and where, from where the consumer stands."""

    consumer: str
    role: str
    provider: str
    endpoint: Endpoint
    required: bool
    database: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A port on the host. `bind` is the address it listens on."""

    service: str
    name: str
    bind: str
    host_port: int
    container: str
    inner: int
    protocol: Literal["tcp", "udp"] = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretUse:
    """A secret that a unit is given, under which variable or file. Never its value.

    `key` is `{service}_{name}`, the file below `secrets/` in the home. `file` is the path in the
    container of the file that holds it.
    """

    key: str
    variable: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFile:
    """A file with secrets in it that a container reads at `target`, an absolute path in it.

    `name` is unique in a plan; `text` keeps each secret as `${VARIABLE}` and a dollar as `$$`.
    """

    name: str
    target: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerUnit:
    """A container, fully resolved.

    `spec` is the Compose service with every variable filled in except secrets, which stay as
    `${VARIABLE}`; it has labels, networks, limits, depends_on and health as the engine gets them.
    `hash` covers the spec, its mounted configs and the fingerprints of its secrets.
    """

    name: str
    service: str
    spec: Mapping[str, Any]
    hash: str
    image: str
    job: bool = False
    build: bool = False
    secrets: tuple[SecretUse, ...] = ()
    secret_files: tuple[SecretFile, ...] = ()
    probe: Probe | None = None
    socket: str = ""
    """Why it is given Docker's socket; empty: it must not be."""
    start_seconds: int = 60
    """How long it may take to become healthy before that counts as failed."""
    needs: tuple[str, ...] = ()
    """Units that must be healthy, or done if they are jobs, before this one starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUnit:
    """A process of the embedded engine; `builtin` says that the engine knows how to run it.

    `environment` is resolved except secrets, which stay as `${VARIABLE}`.
    """

    name: str
    service: str
    hash: str
    process: Process | None = None
    builtin: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    secrets: tuple[SecretUse, ...] = ()
    start_seconds: int = 30
    needs: tuple[str, ...] = ()

    @property
    def job(self) -> bool:
        """Processes stay; only containers can be jobs."""
        return False


Unit = ContainerUnit | ProcessUnit


class NetworkKind(StrEnum):
    """Why a network is there; `plan/networks.py` says who is in which."""

    ROLE = "role"
    OWN = "own"
    METRICS = "metrics"
    EGRESS = "egress"
    FRONT = "front"
    SEALED = "sealed"
    LAN = "lan"
    FLAT = "flat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network of this installation and why it exists."""

    name: str
    role: str
    internal: bool
    members: tuple[str, ...]
    kind: NetworkKind = NetworkKind.ROLE
    subnet: str | None = None
    external: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    """Driver options: no way out, the interface that a network of the LAN stands on."""
    driver: str = "bridge"
    gateway: str | None = None
    """The router of a network that Docker does not own."""
    nowhere: str | None = None
    """An address where nobody is, which members are told is their way out."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Member → the address it must have there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database to be made for a consumer, idempotently, by whoever serves Postgres.

    `roles`: `(role name, secret key)`; the first owns the database.
    """

    provider: str
    consumer: str
    name: str
    roles: tuple[tuple[str, str], ...]
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A consumer's bucket in an object store.

    `user`, `key`: the access key and the secret of an account that reaches this bucket alone; None
    where the store has one account for all.
    """

    provider: str
    consumer: str
    name: str
    user: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedService:
    """A service that is on (or was asked for), and why."""

    name: str
    title: str
    stack: str
    source: Source
    cause: str
    """`you turned it on`, `preset starter`, `n8n needs postgres`."""
    hardware: Hardware = Hardware.CPU
    scale: int = 1
    units: tuple[str, ...] = ()
    url: str | None = None
    """What a person types into a browser, if it has a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRoute:
    """A name at the gateway and the container behind it, `upstream` as `container:port`.

    `open_paths` pass without login; one that ends with `/` or `*` stands for all that begins so.
    `shut_paths` and what is below them are for the platform's own programs: nobody outside gets
    them. `replicas` is how many containers answer to the upstream's name.
    """

    service: str
    host: str
    upstream: str
    access: Literal["login", "own", "open"] = "login"
    open_paths: tuple[str, ...] = ()
    shut_paths: tuple[str, ...] = ()
    replicas: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The service at the door and the routes that it serves."""

    service: str
    secure: bool
    """Whether it speaks HTTPS itself; alone on loopback and behind a tunnel it speaks HTTP."""
    routes: tuple[PlannedRoute, ...]
    exposed: bool = False
    """Whether others than this machine's own people can reach it: then `login` routes ask."""
    sign_in: str | None = None
    """Who asks people to sign in before a `login` route, as `container:port`; None: nobody does."""
    authority: Literal["public", "own"] = "public"
    """Who signs its certificates: its own authority where no public one knows the domain."""
    allow_from: tuple[str, ...] = ()
    """Networks that may connect; empty: anybody."""
    behind: tuple[str, ...] = ()
    """Networks whose `Cf-Connecting-Ip` is believed: Cloudflare's, or where its tunnel may be."""
    tunnel: str | None = None
    """The container that carries requests in, where no port is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A container that tells its numbers, as whoever collects them asks it: `loki:3100`."""

    service: str
    address: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A container that should be running, and its memory ceiling in bytes."""

    unit: str
    service: str
    stack: str
    memory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What there is to look after: dashboards and alerts are made from it."""

    collector: str | None = None
    """The service that collects numbers (offers `metrics`); None where nobody does."""
    targets: tuple[Target, ...] = ()
    containers: tuple[Watched, ...] = ()
    keep_for: str = ""
    """How long numbers are kept (`15d`), as the collector writes it; its own choice when empty."""
    keep_size: str = ""
    """How much of them is kept (`10GB`), likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """A volume that a backup holds; `path` is relative to the home, or to what mirrors it."""

    service: str
    volume: str
    recipe: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """What a backup holds. `databases`: those of the PostgreSQL that Hearth runs are dumped."""

    databases: bool = False
    volumes: tuple[BackedUp, ...] = ()


class StepKind(StrEnum):
    """What one step does. Order within a plan comes from `needs`."""

    NETWORK = "network"
    BUILD = "build"
    PULL = "pull"
    CREATE = "create"
    RECREATE = "recreate"
    START = "start"
    RUN = "run"
    STOP = "stop"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change: its target, its cause, what must be done before it."""

    kind: StepKind
    target: str
    """A unit's or network's name, or an image for `build` and `pull`."""
    cause: str
    service: str | None = None
    needs: tuple[str, ...] = ()
    """Ids of steps that come first."""
    destroys: str | None = None
    """What is lost for good, as a person would say it; None when nothing is."""

    @property
    def id(self) -> str:
        """Name the step: `create n8n`."""
        return f"{self.kind.value} {self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be, and how it comes about."""

    project: str
    engine: EngineName
    services: tuple[PlannedService, ...]
    units: tuple[Unit, ...]
    wires: tuple[Wire, ...]
    published: tuple[Published, ...]
    networks: tuple[Network, ...]
    databases: tuple[Database, ...]
    buckets: tuple[Bucket, ...] = ()
    volumes: Mapping[str, Any]
    secrets: tuple[str, ...]
    """Keys of every secret that must exist before apply."""
    configs: Mapping[str, str]
    """Files to render beside the Compose file, relative path → text."""
    steps: tuple[Step, ...]
    notes: tuple[Note, ...]
    unchanged: tuple[str, ...] = ()
    """Units that already are as they should be."""
    missing_secrets: tuple[str, ...] = ()
    """Secrets without a fingerprint. Make them, then plan again: hashes cover fingerprints, so
    such a plan is for showing and is refused by `render`."""
    gateway: Gateway | None = None
    watch: Watch = Watch()
    backups: Backups = Backups()

    @property
    def is_noop(self) -> bool:
        """Whether there is nothing to do."""
        return not self.steps

    @property
    def errors(self) -> tuple[Note, ...]:
        """The notes that stop `up`."""
        return tuple(note for note in self.notes if note.severity is Severity.ERROR)

    def unit(self, name: str) -> Unit | None:
        """Find a unit by name."""
        return next((unit for unit in self.units if unit.name == name), None)
