"""The shape of a catalog file as pydantic checks it: what a person may write, with shorthands.

Imported on a cache miss only (pydantic costs 40 ms). `parse.py` turns these into `model.py`;
`schema.py` gives them to editors as JSON Schema, field descriptions included.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from hearth_control.catalog.model import Hardware, SecretKind
from hearth_control.catalog.units import parse_seconds, parse_size


def _as(field: str, plain: type, block: type[BaseModel]) -> BeforeValidator:
    """Let a plain value stand for a block with one field; editors are shown both."""

    def expand(value: Any) -> Any:  # noqa: ANN401  # whatever YAML gave
        return value if isinstance(value, dict) else {field: value}

    return BeforeValidator(expand, json_schema_input_type=plain | block)


def _names_as_mapping(value: Any) -> Any:  # noqa: ANN401  # whatever YAML gave
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return {name: {} for name in value}
    if isinstance(value, dict):
        return {name: {} if given is None else given for name, given in value.items()}
    return value


def _size(value: Any) -> Any:  # noqa: ANN401  # whatever YAML gave
    return parse_size(value) if isinstance(value, str) else value


def _seconds(value: Any) -> Any:  # noqa: ANN401  # whatever YAML gave
    return parse_seconds(value) if isinstance(value, str) else value


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Size = Annotated[
    Annotated[int, Field(gt=0)], BeforeValidator(_size, json_schema_input_type=int | str)
]
Seconds = Annotated[
    Annotated[int, Field(gt=0, le=86_400)],
    BeforeValidator(_seconds, json_schema_input_type=int | str),
]
PortNumber = Annotated[int, Field(ge=1, le=65_535)]
Offset = Annotated[int, Field(ge=0, le=999)]
Recipe = Literal[
    "postgres",
    "mongodb",
    "neo4j",
    "redis",
    "clickhouse",
    "sqlite",
    "files",
    "stopped",
    "worthless",
]


class Block(BaseModel):
    """A mapping whose keys are all known and whose types are as written."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def pass_extensions(cls, value: Any) -> Any:  # noqa: ANN401  # whatever YAML gave
        """Let keys that begin with `x-` pass, as Compose does."""
        if not isinstance(value, dict):
            return value
        return {key: given for key, given in value.items() if not key.startswith("x-")}


class NeedBlock(Block):
    """What the service asks of a role."""

    database: Text | None = Field(default=None, description="Name of a database of its own.")
    roles: list[Text] = Field(
        default_factory=list,
        description="Database roles; the first owns the database, the others only log in.",
    )
    extensions: list[Text] = Field(
        default_factory=list, description="Extensions that a superuser creates in the database."
    )
    bucket: Text | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$",
        description="Name of a bucket of its own.",
    )
    share: Text | None = Field(
        default=None, description="The service whose database, roles, bucket and passwords it uses."
    )
    when: Text | None = Field(
        default=None,
        description="Variable of the service, `NAME`; while it is empty, the role is wanted, not"
        " needed. Or `NAME=value`; while it is another, the role is not used.",
    )


class OfferBlock(Block):
    """A role that the service offers to others."""

    url: Text = Field(description="Endpoint as another container sees it.")
    user: Text | None = Field(default=None, description="User name that consumers are given.")
    secret: Text | None = Field(default=None, description="Own secret that consumers are given.")
    provision: Text | None = Field(
        default=None, description="Job container that makes databases and roles for consumers."
    )
    accounts: Text | None = Field(
        default=None, description="Container that reads consumers' accounts at its start."
    )
    api: Literal["openai"] | None = Field(
        default=None, description="What it speaks where that is not the role's own."
    )
    model: Text | None = Field(
        default=None, description="Model to use where nobody chooses one, as `${VARIABLE}`."
    )
    dimensions: int | None = Field(
        default=None, gt=0, description="Length of the vectors it makes."
    )


class RotationBlock(Block):
    """How the store is told a new value: `HEARTH_NEW`, and `HEARTH_OLD` before it."""

    command: list[Text] = Field(min_length=1, description="Command inside the container.")
    check: list[Text] | None = Field(default=None, description="Signs in with the new value.")
    container: Text | None = Field(default=None, description="Where it runs; default: main.")


class SecretBlock(Block):
    """How a secret is made; a plain text stands for its kind."""

    kind: Annotated[SecretKind, Field(strict=False)] = Field(description="How the value is made.")
    bytes: int = Field(default=32, ge=8, le=512, description="Random bytes in it.")
    length: int | None = Field(
        default=None, ge=8, le=512, description="Exact length in characters."
    )
    prefix: str = Field(default="", description="Text that the value begins with (`sk-`).")
    parent: Text | None = Field(
        default=None, description="Secret that it is derived from (jwt, bcrypt)."
    )
    claims: dict[str, str] = Field(default_factory=dict, description="Claims of a JWT.")
    user: Text | None = Field(default=None, description="User name of a pair.")
    change: Literal["free", "initial", "never"] = Field(
        default="free", description="Whether it may change once its volume was initialised."
    )
    volume: Text | None = Field(
        default=None, description="Volume that it is written into at first start."
    )
    optional: bool = Field(
        default=False, description="The service works without it (kind `given`)."
    )
    role: Text | None = Field(
        default=None,
        description="Role that an optional one is for; while it is served, it is asked for.",
    )
    about: Text | None = Field(
        default=None, description="What it brings and where it is made, in one line."
    )
    rotate: RotationBlock | None = Field(
        default=None, description="How a store takes a new value (`change: initial`)."
    )


class RouteBlock(Block):
    """How the gateway reaches the service; a plain text stands for its name."""

    name: Text = Field(description="Label before the domain.")
    container: Text | None = Field(
        default=None, description="Container that answers; default: main."
    )
    port: PortNumber | None = Field(
        default=None, description="Inner port; default: the exposed one."
    )
    access: Literal["login", "own", "open"] = Field(
        default="login",
        description="Behind Hearth's sign-in, the service's own, or nobody is asked.",
    )
    open_paths: list[Text] = Field(
        default_factory=list, description="Paths that pass without login (webhooks)."
    )


class MetricsBlock(Block):
    """Where the service tells its numbers in Prometheus' text format, without a login."""

    port: PortNumber = Field(description="Inner port that is asked.")
    path: Text = Field(default="/metrics", description="Path that answers.")
    container: Text | None = Field(
        default=None, description="Container that answers; default: main."
    )


class MemoryBlock(Block):
    """What a container takes and may take."""

    typical: Size = Field(description="What it takes in ordinary use.")
    limit: Size = Field(description="Where the engine stops it.")


class ProbeBlock(Block):
    """A check from outside, for images that cannot check themselves."""

    port: PortNumber = Field(description="Inner port that is asked.")
    http: Text | None = Field(
        default=None, description="Path that must answer; without it: TCP only."
    )
    accept: list[int] = Field(
        default_factory=list, description="Further status codes that count as healthy (401)."
    )
    start: Seconds | None = Field(default=None, description="How long a first start may take.")


class VariantBlock(Block):
    """What changes on other hardware."""

    image: Text | None = Field(default=None, description="Another image.")
    spec: dict[str, Any] = Field(
        default_factory=dict, description="Compose keys laid over the container's."
    )
    vram: Size | None = Field(default=None, description="Graphics memory in ordinary use.")


class PortBlock(Block):
    """A published port."""

    offset: Offset = Field(description="Distance from BASE_PORT; unique, never moves.")
    container: Text | None = Field(
        default=None, description="Container that listens; default: main."
    )
    inner: PortNumber | None = Field(
        default=None, description="Inner port; default: the exposed one."
    )
    name: str = Field(default="", description="What it is for, where there are several (`grpc`).")
    protocol: Literal["tcp", "udp"] = "tcp"


class FitBlock(Block):
    """What Compose cannot say of a container; a service with one container may say it itself."""

    memory: MemoryBlock | None = None
    probe: ProbeBlock | None = None
    variants: dict[Annotated[Hardware, Field(strict=False)], VariantBlock] = Field(
        default_factory=dict, description="Hardware → what changes on it."
    )
    hardening: dict[str, Text] = Field(
        default_factory=dict, description="Exception from the hardening defaults → its reason."
    )


class ContainerBlock(FitBlock):
    """What Compose cannot say of one container."""

    job: bool = Field(default=False, description="It runs once; ending well is success.")
    when: Text | None = Field(
        default=None, description="Variable of the service; while it is empty, this is left out."
    )
    egress: bool = Field(
        default=True, description="Whether it goes to the internet where its service does."
    )


class ProcessBlock(Block):
    """One process of the embedded source."""

    command: Annotated[list[Text], Field(min_length=1)]
    environment: dict[str, str] = Field(default_factory=dict)
    before: list[Annotated[list[Text], Field(min_length=1)]] = Field(
        default_factory=list, description="Commands that run first and must end well."
    )
    ready_http: Text | None = Field(default=None, description="Path on the service's port.")
    ready_command: list[Text] = Field(default_factory=list, description="Command that exits 0.")
    start: Seconds = Field(default=30, description="How long it may take to be ready.")


class EmbeddedBlock(Block):
    """How Hearth itself runs the service where there is no Docker."""

    builtin: Literal["postgres"] | None = None
    processes: dict[str, ProcessBlock] = Field(default_factory=dict)


class LocalhostBlock(Block):
    """The program as it runs on this host already; a plain number stands for its port."""

    port: PortNumber


class SourcesBlock(Block):
    """What the sources other than `container` mean here."""

    localhost: Annotated[LocalhostBlock, _as("port", int, LocalhostBlock)] | None = None
    external: bool = Field(default=False, description="Its endpoint may be a URL elsewhere.")


class VariableBlock(Block):
    """A setting of the service's own; a plain text stands for its default."""

    default: str = ""
    about: str = ""
    choices: list[Text] = Field(default_factory=list)
    models: dict[Text, dict[Text, Size]] = Field(
        default_factory=dict,
        description="Where the value names models: family, tag, and how large the model's file is.",
    )


class UpgradeBlock(Block):
    """Where an upgrade must stop."""

    stop_at: list[Text] = Field(default_factory=list, description="Versions, in order.")
    formats: dict[str, Text] = Field(
        default_factory=dict, description="Volume → major version of the data in it."
    )


Needs = Annotated[
    dict[str, NeedBlock],
    BeforeValidator(
        _names_as_mapping, json_schema_input_type=list[str] | dict[str, NeedBlock | None]
    ),
]


class ServiceBlock(FitBlock):
    """The `x-hearth` block of a service file."""

    title: Text = Field(description="Name as people write it.")
    summary: Text = Field(description="What it is for, in a few words.")
    home: Text = Field(description="Its documentation.")
    licence: Text = Field(description="SPDX name, or the licence's own name.")
    stack: Text | None = Field(default=None, description="Stack of a service of your own.")
    main: Text | None = Field(default=None, description="Container that stands for the service.")
    port: Offset | None = Field(default=None, description="Published port: offset from BASE_PORT.")
    ports: list[PortBlock] = Field(default_factory=list)
    route: Annotated[RouteBlock, _as("name", str, RouteBlock)] | None = None
    metrics: Annotated[MetricsBlock, _as("port", int, MetricsBlock)] | None = None
    needs: Needs = Field(default_factory=dict, description="Roles it cannot run without.")
    wants: Needs = Field(default_factory=dict, description="Roles it uses where they are there.")
    offers: dict[str, Annotated[OfferBlock, _as("url", str, OfferBlock)]] = Field(
        default_factory=dict, description="Role → endpoint."
    )
    secrets: dict[str, Annotated[SecretBlock, _as("kind", SecretKind, SecretBlock)]] = Field(
        default_factory=dict, description="Name → how it is made; key `{service}_{name}`."
    )
    secret_files: dict[str, Text] = Field(
        default_factory=dict,
        description="Name → text with secrets in it; `${SERVICE_NAME_FILE}` is its path.",
    )
    variables: dict[str, Annotated[VariableBlock, _as("default", str, VariableBlock)]] = Field(
        default_factory=dict, description="Settings of its own, by their full name in `.env`."
    )
    sources: SourcesBlock = Field(default_factory=SourcesBlock)
    embedded: EmbeddedBlock | None = None
    egress: bool = Field(default=False, description="Whether it needs the internet.")
    lan: bool = Field(
        default=False,
        description="Its main container may have an address of its own in the person's network "
        "(macvlan), for devices that announce themselves there.",
    )
    containers: dict[str, ContainerBlock] = Field(
        default_factory=dict, description="Container → what Compose cannot say of it."
    )
    backup: dict[str, Recipe] = Field(default_factory=dict, description="Volume → recipe.")
    disk: Size | None = Field(default=None, description="Disk in ordinary use, images aside.")
    upgrade: UpgradeBlock = Field(default_factory=UpgradeBlock)
    uid: int | None = Field(default=None, ge=0, description="User id that owns its data.")
    stateless: bool = Field(default=False, description="Several may run side by side.")
    code: list[Text] = Field(
        default_factory=list,
        description="Files and folders of the checkout that it is made of; a change of them "
        "builds its image anew, or starts its processes again.",
    )


def _mapping_or_list(value: Any) -> Any:  # noqa: ANN401  # whatever YAML gave
    if isinstance(value, dict | list):
        return value
    msg = f"should be a mapping or a list, found `{value}`"
    raise ValueError(msg)


MappingOrList = Annotated[
    Any,
    BeforeValidator(
        _mapping_or_list,
        json_schema_input_type=Annotated[Any, WithJsonSchema({"type": ["object", "array"]})],
    ),
]


class ComposeService(BaseModel):
    """The parts of a Compose service that Hearth reads; the rest passes as written."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    image: Text | None = Field(
        default=None, description="Pinned to a version, never a floating tag."
    )
    build: Any = None
    environment: MappingOrList = Field(default_factory=dict)
    expose: list[Any] = Field(default_factory=list)
    volumes: list[Any] = Field(default_factory=list)
    healthcheck: dict[str, Any] | None = None
    depends_on: MappingOrList = Field(default_factory=dict)


class ServiceDocument(BaseModel):
    """A whole service file: Compose, plus `x-hearth`."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    hearth: ServiceBlock = Field(alias="x-hearth")
    services: dict[str, ComposeService]
    volumes: dict[str, dict[str, Any] | None] = Field(default_factory=dict)


class PresetBlock(Block):
    """A named set of services for a purpose."""

    title: Text
    summary: Text
    services: Annotated[list[Text], Field(min_length=1)]
    settings: dict[str, str] = Field(
        default_factory=dict, description="Settings that go with it; what a person says wins."
    )


class PresetsDocument(Block):
    """The file of presets."""

    presets: dict[str, PresetBlock]
