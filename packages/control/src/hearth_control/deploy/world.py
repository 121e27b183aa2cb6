"""The world as the flow sees it: one protocol, made real by `main`, invented by tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hearth_kit.clock import Clock
    from hearth_kit.secret import Secret

    from hearth_control.catalog.model import Catalog
    from hearth_control.engine.port import Engine
    from hearth_control.engine.reach.said import Request
    from hearth_control.engine.reach.targets import Answer
    from hearth_control.host.model import Host
    from hearth_control.host.setup.model import Machine, Step
    from hearth_control.plan.model import Plan
    from hearth_control.plan.wire import Stand
    from hearth_control.settings.model import EngineName, Settings


class Choice(Protocol):
    """An engine's name and why it was taken, as a person would say it."""

    @property
    def name(self) -> EngineName:
        """Name the engine; never `auto`."""
        ...

    @property
    def why(self) -> str:
        """Say why."""
        ...


class Secrets(Protocol):
    """The secrets of one home."""

    def fingerprints(self) -> Mapping[str, str]:
        """Give each secret that exists a fingerprint that tells nothing of its value."""
        ...

    def ensure(self, plan: Plan, catalog: Catalog) -> tuple[str, ...]:
        """Make the secrets that the plan needs and that do not exist; name the new ones."""
        ...

    def keys(self) -> tuple[str, ...]:
        """Name every secret that is there."""
        ...

    def fingerprint_of(self, key: str, value: Secret) -> str:
        """Fingerprint a value that is not kept yet."""
        ...

    def made_at(self, key: str) -> datetime | None:
        """Say when a secret was written; None where it is not there."""
        ...

    def load(self, keys: Iterable[str]) -> Mapping[str, Secret]:
        """Read secrets by key. Every key must exist."""
        ...


class World(Protocol):
    """One installation's surroundings. Nothing is looked at before it is asked for."""

    @property
    def home(self) -> Path:
        """Give the installation's folder, absolute; it need not exist."""
        ...

    @property
    def root(self) -> Path:
        """Give the folder of the checkout, for images that are built here."""
        ...

    @property
    def clock(self) -> Clock:
        """Give the clock."""
        ...

    @property
    def secrets(self) -> Secrets:
        """Give the home's secrets."""
        ...

    def load_catalog(self) -> Catalog:
        """Read the catalog. Raises `CatalogError` with every finding."""
        ...

    def load_settings(self, *, flags: Mapping[str, str]) -> Settings:
        """Read the settings in their layers; `flags` are the strongest."""
        ...

    def load_host(self) -> Host:
        """Look at the machine, listening ports included."""
        ...

    def load_machine(self) -> Machine:
        """Look at what setting the machine up needs to know."""
        ...

    def take_step(self, step: Step, *, is_root: bool, tell: Callable[[str], None]) -> None:
        """Take one step of a set-up; `tell` gets each line that it writes."""
        ...

    def choose_engine(self, settings: Settings) -> Choice:
        """Resolve `ENGINE=auto` by asking which engine answers."""
        ...

    def open_engine(self, name: EngineName, project: str) -> Engine:
        """Give an engine by name, with audit around it. Opening it does not ask it anything."""
        ...

    def ask(self, requests: Sequence[Request], *, stand: Stand, project: str) -> tuple[Answer, ...]:
        """Ask programs that Hearth does not run, from where their consumers stand.

        An answer says where it was asked from: this host, where no container here can ask.
        """
        ...

    def volume_sizes(self, name: EngineName, project: str) -> Mapping[str, int]:
        """Measure an installation's volumes: bytes by name. Slow; what cannot be told is absent.

        Raises `UnavailableError` or `ConflictError` when the engine does not tell at all.
        """
        ...

    def deploy_lock(self) -> AbstractContextManager[object]:
        """Hold the deploy lock. Raises `DeployLockedError` at once if another holds it."""
        ...
