"""The person's choices as one frozen value.

`load.py` reads the layers, `merge.py` folds and checks them, `edit.py` changes `.env`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The catalog's model takes 15 ms to import; `status` reads no catalog.
    from pathlib import Path

    from hearth_kit.settings import Setting

    from hearth_control.catalog.model import Hardware, Source


class EngineName(StrEnum):
    """What carries a plan out; `auto` is resolved by `load` before planning."""

    AUTO = "auto"
    COMPOSE = "compose"
    EMBEDDED = "embedded"
    SWARM = "swarm"
    KUBERNETES = "kubernetes"


class Mode(StrEnum):
    """Who can reach the platform from outside."""

    PRIVATE = "private"
    PUBLIC = "public"
    TUNNEL = "tunnel"


class AllowFrom(StrEnum):
    """Whose connections the gateway takes in public mode."""

    ANYWHERE = "anywhere"
    CLOUDFLARE = "cloudflare"
    LAN = "lan"


class Networks(StrEnum):
    """How containers are cut apart."""

    SEGMENTED = "segmented"
    FLAT = "flat"


class Fit(StrEnum):
    """What becomes of services that clearly do not fit the machine."""

    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What the person said about one service; None is not said.

    `memory` is the ceiling in bytes.
    """

    source: Source | None = None
    url: str | None = None
    port: int | None = None
    scale: int | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the plan is made from that a person can say."""

    home: Path
    project: str
    """The name that engines keep this installation apart by; unique on a machine."""
    base_port: int = 63000
    bind: str = "127.0.0.1"
    domain: str = "localhost"
    timezone: str = "UTC"
    mode: Mode = Mode.PRIVATE
    gateway: str = "caddy"
    allow_from: AllowFrom = AllowFrom.ANYWHERE
    networks: Networks = Networks.SEGMENTED
    network_range: str = ""
    """Where subnets are taken from, in CIDR form; empty: what the host does not route."""
    ca_file: str = ""
    authorities: str = field(default="", repr=False)
    """What `ca_file` holds: certificates in PEM form."""
    hardware: Hardware | None = None
    """None is `auto`: the host decides."""
    fit: Fit = Fit.REFUSE
    engine: EngineName = EngineName.AUTO
    preset: str | None = None
    services: Mapping[str, ServiceSettings] = field(default_factory=dict)
    providers: Mapping[str, str] = field(default_factory=dict)
    """Role → the service that serves it, where the person chose."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The services' own variables, by full name, defaults filled in."""
    origins: Mapping[str, Setting] = field(default_factory=dict)
    """Every key that holds, with where it came from, for `settings explain`."""

    def of(self, service: str) -> ServiceSettings:
        """Give what was said about a service; all None where nothing was."""
        return self.services.get(service, ServiceSettings())
