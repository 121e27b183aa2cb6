"""What adopting is given and what it gives: frozen values, and the one work in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hearth_control.catalog.model import Catalog

FIRST_OFFSET = 200
"""Offsets below belong to the catalog, which grows."""
LAST_OFFSET = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A path that the file mentions, as it is on this machine.

    `text` is given for a text file small enough to be copied. `other` is a file that cannot be:
    too large, or no text.
    """

    kind: Literal["file", "folder", "empty", "absent", "other"]
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A Compose file as it lies there.

    `shown` is how the person named it · `folder` is absolute · `tree` its plain values ·
    `paths`: each path that it mentions, as written → what is there · `environment`: the `.env`
    beside it.
    """

    shown: str
    folder: str
    text: str
    tree: Mapping[str, Any]
    paths: Mapping[str, Found] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the person said; None or nothing where it is to be guessed.

    `web`: container and inner port that a browser asks · `images`: container, as the file names it,
    → image to take · `use`: roles whose own store in the file gives way to Hearth's · `allow`:
    exception from hardening → its reason · `memory`: ceiling of each container that has none.
    """

    name: str | None = None
    title: str | None = None
    summary: str | None = None
    web: str | None = None
    offset: int | None = None
    route: str | None = None
    has_route: bool = True
    access: Literal["login", "own", "open"] = "login"
    images: Mapping[str, str] = field(default_factory=dict)
    use: tuple[str, ...] = ()
    allow: Mapping[str, str] = field(default_factory=dict)
    memory: str | None = None
    egress: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something worked out that the person should see.

    `guess` was not in the file · `change` was, and is said otherwise · `warn` asks for a look.
    """

    kind: Literal["guess", "change", "warn"]
    where: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that keeps the file from being added; `option` is what answers it.

    `about` is what the answer names: a container for `image`, an exception for `power`.
    """

    kind: Literal["image", "power", "build", "port", "name", "file", "store"]
    where: str
    text: str
    about: str = ""
    option: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A service made of a Compose file.

    `services`, `volumes` are Compose as it will be; `block` is `x-hearth`. `renamed` and
    `renamed_volumes` map names of the file to names here. `files`: relative path → text, to lie
    beside it. `proposals`: roles that a store of the file could leave to Hearth → its container.
    `webs`: container and port of each port that a browser may ask, best first.
    """

    name: str
    services: Mapping[str, Any]
    volumes: Mapping[str, Any]
    block: Mapping[str, Any]
    renamed: Mapping[str, str]
    renamed_volumes: Mapping[str, str]
    files: Mapping[str, str]
    remarks: tuple[Remark, ...]
    problems: tuple[Problem, ...]
    proposals: Mapping[str, str]
    webs: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Work:
    """The file while it is worked on: plain values that the steps change in turn.

    `hosts`: every name by which a container of the file is known → its container here.
    """

    name: str
    given: Given
    choices: Choices
    catalog: Catalog
    services: dict[str, dict[str, Any]]
    volumes: dict[str, Any] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    renamed_volumes: dict[str, str] = field(default_factory=dict)
    block: dict[str, Any] = field(default_factory=dict)
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    needs: dict[str, Any] = field(default_factory=dict)
    wants: dict[str, Any] = field(default_factory=dict)
    backup: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    proposals: dict[str, str] = field(default_factory=dict)
    webs: tuple[str, ...] = ()
    main: str = ""
    opened: dict[str, list[Opened]] = field(default_factory=dict)
    originals: dict[str, str] = field(default_factory=dict)
    """A variable as the file calls it → the setting that it became."""
    known_secrets: dict[str, str] = field(default_factory=dict)
    """A value that the file wrote out → the reference that stands for it."""
    remarks: list[Remark] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def guess(self, where: str, text: str) -> None:
        """Note something that the file did not say."""
        self.remarks.append(Remark(kind="guess", where=where, text=text))

    def change(self, where: str, text: str) -> None:
        """Note something that is said otherwise than in the file."""
        self.remarks.append(Remark(kind="change", where=where, text=text))

    def warn(self, where: str, text: str) -> None:
        """Note something that asks for a look."""
        self.remarks.append(Remark(kind="warn", where=where, text=text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A port that a container published: on the host (None where Docker chose), and inside."""

    host: int | None
    inner: int
    protocol: Literal["tcp", "udp"] = "tcp"
