"""A world that exists in a test only: a small catalog, a home on disk, an engine of values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hearth_control.catalog.model import (
    Catalog,
    Container,
    Embedded,
    Memory,
    Need,
    Offer,
    Port,
    Preset,
    Process,
    Route,
    SecretKind,
    SecretRule,
    Service,
    Sources,
)
from hearth_control.engine.memory.adapter import MemoryEngine
from hearth_control.engine.port import Engine
from hearth_control.engine.reach.said import Request, Said
from hearth_control.engine.reach.targets import Answer
from hearth_control.host.distribution import Distribution
from hearth_control.host.model import Host
from hearth_control.host.setup.model import Engine as HostEngine
from hearth_control.host.setup.model import Machine, Step
from hearth_control.host.setup.take import StepFailedError
from hearth_control.plan.wire import Stand
from hearth_control.secrets.store import SecretStore
from hearth_control.settings.load import load_settings
from hearth_control.settings.model import EngineName, Settings
from hearth_kit.clock import Clock, ManualClock
from hearth_kit.errors import UnavailableError

GIB = 1024**3


def make_service(name: str, *, stack: str = "03-apps", **more: object) -> Service:
    """Make a service with one container that can also run embedded."""
    container = Container(
        name=name,
        spec={"image": f"example/{name}:1.0"},
        memory=Memory(typical=GIB // 4, limit=GIB),
    )
    values: dict[str, object] = {
        "name": name,
        "stack": stack,
        "title": name.title(),
        "summary": f"The {name} of a test",
        "home": f"https://example.org/{name}",
        "licence": "MIT",
        "path": f"catalog/{stack}/{name}/compose.yaml",
        "containers": (container,),
        "main": name,
        "disk": GIB,
        "embedded": Embedded(processes={name: Process(command=("{python}", "-m", name))}),
    }
    return Service(**{**values, **more})  # type: ignore[arg-type]  # a table of fields


def make_catalog() -> Catalog:
    """Make three services in a chain, one that only runs in a container, and two presets."""
    store = make_service(
        "store",
        stack="01-data",
        offers={"store": Offer(url="http://store:9000")},
        secrets={"key": SecretRule(kind=SecretKind.HEX)},
        sources=Sources(localhost_port=9000, external=True),
        ports=(Port(offset=10, container="store", inner=9000),),
    )
    app = make_service(
        "app",
        needs={"store": Need()},
        ports=(Port(offset=42, container="app", inner=8080),),
        route=Route(name="app"),
    )
    notes = make_service("notes", wants={"store": Need()})
    heavy = make_service("heavy", embedded=None)
    services = (store, app, heavy, notes)
    return Catalog(
        services={service.name: service for service in services},
        presets={
            "starter": Preset(
                name="starter", title="Starter", summary="A start", services=("app", "heavy")
            ),
            "bare": Preset(name="bare", title="Bare", summary="One thing", services=("notes",)),
        },
    )


HOST = Host(
    system="Linux",
    architecture="x86_64",
    cpus=2,
    memory=16 * GIB,
    memory_available=12 * GIB,
    disk_free=100 * GIB,
)


MACHINE = Machine(
    distribution=Distribution(name="Debian 12", family="debian", release="bookworm"),
    architecture="amd64",
    user="ann",
    is_root=False,
    has_sudo=True,
    groups=frozenset({"ann"}),
    has_systemd=True,
    in_container=False,
    is_wsl=False,
    secure_boot=False,
    engine=HostEngine(state="missing", compose=False),
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """An engine and why."""

    name: EngineName
    why: str


@dataclass(slots=True, kw_only=True)
class InventedWorld:
    """Everything the flow asks for; each part can be swapped by a test."""

    home: Path
    engine: MemoryEngine = field(default_factory=MemoryEngine)
    clock: Clock = field(default_factory=ManualClock)
    catalog: Catalog = field(default_factory=make_catalog)
    host: Host = HOST
    environment: Mapping[str, str] = field(default_factory=dict)
    locks: list[str] = field(default_factory=list)
    lock_error: Exception | None = None
    opened: list[EngineName] = field(default_factory=list)
    said: Said = Said("answers", "HTTP 200", "1.2.3")  # noqa: RUF009  # a tuple, so immutable
    asked: list[Request] = field(default_factory=list)
    machine: Machine = MACHINE
    taken: list[tuple[str, ...]] = field(default_factory=list)
    failing_step: str = ""
    sizes: Mapping[str, int] | None = field(default_factory=dict)
    """Bytes by volume; None for an engine that does not tell."""

    @property
    def root(self) -> Path:
        return self.home.parent

    @property
    def secrets(self) -> SecretStore:
        return SecretStore(self.home)

    def load_catalog(self) -> Catalog:
        return self.catalog

    def volume_sizes(self, name: EngineName, project: str) -> Mapping[str, int]:
        del name, project
        if self.sizes is None:
            raise UnavailableError("docker: GET /system/df: 403 Forbidden")
        return self.sizes

    def load_settings(self, *, flags: Mapping[str, str]) -> Settings:
        return load_settings(
            catalog=self.catalog, home=self.home, environment=self.environment, flags=flags
        )

    def load_host(self) -> Host:
        return self.host

    def load_machine(self) -> Machine:
        return self.machine

    def take_step(self, step: Step, *, is_root: bool, tell: Callable[[str], None]) -> None:
        if step.title == self.failing_step:
            raise StepFailedError(f"{step.title}: it failed")
        self.taken.append(step.argv(is_root=is_root))
        tell(f"did {step.title}")

    def choose_engine(self, settings: Settings) -> Chosen:
        return Chosen(EngineName.EMBEDDED, "this is a test")

    def open_engine(self, name: EngineName, project: str) -> Engine:
        self.opened.append(name)
        return self.engine

    def ask(self, requests: Sequence[Request], *, stand: Stand, project: str) -> tuple[Answer, ...]:
        self.asked += requests
        where = "a container" if stand is Stand.CONTAINER else "this host"
        return tuple(Answer(request=one, where=where, said=self.said) for one in requests)

    def deploy_lock(self) -> AbstractContextManager[None]:
        return self._lock()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        if self.lock_error:
            raise self.lock_error
        self.locks.append("held")
        try:
            yield
        finally:
            self.locks.append("let go")

    def write_env(self, text: str) -> None:
        """Put an `.env` into the home."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / ".env").write_bytes(text.encode())
