"""The only wiring of the control plane: the process's environment, files and engines meet here.

`LocalWorld` opens what is real, each thing at its first use, so that a verb pays only for what it
asks for. Everything else is handed what it needs.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from hearth_kit.clock import Clock, SystemClock

from hearth_control.cli.app import make_app
from hearth_control.cli.session import Session

if TYPE_CHECKING:
    from hearth_control.catalog.model import Catalog
    from hearth_control.deploy.world import Choice, Secrets
    from hearth_control.engine.port import Engine
    from hearth_control.engine.reach.said import Request
    from hearth_control.engine.reach.targets import Answer
    from hearth_control.host.model import Host
    from hearth_control.host.setup.model import Machine, Step
    from hearth_control.host.verdict import EngineAccess
    from hearth_control.plan.wire import Stand
    from hearth_control.settings.model import EngineName, Settings

GARBAGE_AFTER = 50_000
"""How many new objects make Python look for garbage; its own number is 700."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `hearth` and give its exit code; without arguments, as the command of this process."""
    if arguments is not None:
        return _run(list(arguments))
    # What a verb makes lives to its end: to look through it for garbage took a sixth of `plan`.
    gc.set_threshold(GARBAGE_AFTER)
    code = _run(sys.argv[1:])
    gc.freeze()
    return code


def _run(typed: list[str]) -> int:
    session = Session(
        environment=os.environ, open_world=lambda home: LocalWorld(home, environment=os.environ)
    )
    session.options.json = "--json" in typed
    try:
        code = make_app().main(
            typed,
            prog_name="hearth",
            complete_var="_HEARTH_COMPLETE",
            standalone_mode=False,
            obj=session,
        )
        sys.stdout.flush()
    except SystemExit as leaving:
        # Click ends the process itself when whoever reads its output is gone.
        return leaving.code if isinstance(leaving.code, int) else 1
    except BaseException as error:  # noqa: BLE001  # the outermost edge: whatever it is, it is told
        from hearth_control.cli.failure import report_failure

        return report_failure(error, session)
    return code if isinstance(code, int) else 0


class LocalWorld:
    """This machine: the checkout, the home, the engines that answer here."""

    def __init__(self, home: str | None, *, environment: Mapping[str, str]) -> None:
        from hearth_control.settings.home import find_home

        self._home = find_home(home, environment)
        self._environment = environment
        self._catalog: Catalog | None = None

    @property
    def home(self) -> Path:
        """Give the installation's folder."""
        return self._home

    @property
    def root(self) -> Path:
        """Give the checkout's folder."""
        from hearth_control.catalog.load import find_catalog_root

        return find_catalog_root().parent

    @property
    def clock(self) -> Clock:
        """Give the machine's clock."""
        return SystemClock()

    @property
    def secrets(self) -> Secrets:
        """Give the home's secrets."""
        from hearth_control.secrets.store import SecretStore

        return SecretStore(self._home)

    def load_catalog(self) -> Catalog:
        """Read the catalog, from its cache where that is fresh."""
        if self._catalog is None:
            from hearth_control.catalog.load import find_catalog_root, load_catalog

            extra = self._home / "services"
            self._catalog = load_catalog(
                find_catalog_root(),
                extra=extra if extra.is_dir() else None,
                cache=self._cache(),
            )
        return self._catalog

    def load_settings(self, *, flags: Mapping[str, str]) -> Settings:
        """Read the settings in their layers."""
        from hearth_control.settings.load import load_settings

        return load_settings(
            catalog=self.load_catalog(),
            home=self._home,
            environment=self._environment,
            flags=flags,
        )

    def load_host(self) -> Host:
        """Look at this machine."""
        from hearth_control.host.load import load_host

        return load_host(self._home, ports=True, ask_engine=self._ask_engine)

    def _ask_engine(self) -> EngineAccess | None:
        from hearth_control.engine.compose.access import ask_access

        return ask_access(self._environment)

    def load_machine(self) -> Machine:
        """Look at this machine, its engine and its cards."""
        from hearth_control.engine.compose.access import ask_access, ask_engine
        from hearth_control.host.setup.look import look_at_machine

        access = ask_access(self._environment)
        return look_at_machine(
            engine=ask_engine(self._environment),
            environment=self._environment,
            gpus=self.load_host().gpus,
            runtimes=access.runtimes if access else frozenset(),
        )

    def take_step(self, step: Step, *, is_root: bool, tell: Callable[[str], None]) -> None:
        """Run one step on this machine."""
        from hearth_control.host.setup.take import take_step

        take_step(step, is_root=is_root, environment=self._environment, tell=tell)

    def choose_engine(self, settings: Settings) -> Choice:
        """Take the engine that was set, else the last one, else Docker where it answers."""
        from hearth_control.deploy.applied import load_applied
        from hearth_control.engine.choose import choose
        from hearth_control.settings.model import EngineName

        applied = load_applied(self._home)
        last = EngineName(applied.engine) if applied else None
        return choose(settings, environment=self._environment, last=last)

    def open_engine(self, name: EngineName, project: str) -> Engine:
        """Open an engine by name, with the audit log around it."""
        from hearth_control.engine.wrap.audit import AuditedEngine, AuditLog

        log = AuditLog(home=self._home, clock=self.clock)
        return AuditedEngine(self._bare_engine(name, project), log, name=name.value)

    def ask(self, requests: Sequence[Request], *, stand: Stand, project: str) -> tuple[Answer, ...]:
        """Ask from a container that lives for the question, or from this host."""
        from hearth_control.engine.reach.from_where import ask_from

        return ask_from(requests, stand=stand, project=project, environment=self._environment)

    def _bare_engine(self, name: EngineName, project: str) -> Engine:
        from hearth_control.deploy.errors import EngineNotThereError
        from hearth_control.settings.model import EngineName

        match name:
            case EngineName.COMPOSE:
                from hearth_control.engine.compose.adapter import ComposeEngine

                return ComposeEngine(
                    project=project, home=self._home, environment=self._environment
                )
            case EngineName.EMBEDDED:
                from hearth_control.engine.embedded.adapter import EmbeddedEngine

                return EmbeddedEngine(
                    project=project, home=self._home, environment=self._environment
                )
            case _:
                msg = f"ENGINE: `{name.value}` is not there yet; `compose` and `embedded` are"
                raise EngineNotThereError(msg, hint="hearth settings set ENGINE auto")

    def volume_sizes(self, name: EngineName, project: str) -> Mapping[str, int]:
        """Measure an installation's volumes."""
        from hearth_control.settings.model import EngineName

        if name is EngineName.EMBEDDED:
            from hearth_control.engine.embedded.layout import Layout
            from hearth_control.engine.embedded.volume_sizes import volume_sizes as of_folders

            return of_folders(Layout(home=self._home, project=project))
        from hearth_control.engine.compose.api import EngineAPI
        from hearth_control.engine.compose.endpoint import find_endpoint
        from hearth_control.engine.compose.volume_sizes import volume_sizes

        return volume_sizes(EngineAPI(find_endpoint(self._environment)), project)

    def deploy_lock(self) -> AbstractContextManager[object]:
        """Hold the home's deploy lock."""
        from hearth_control.engine.wrap.lock import deploy_lock

        return deploy_lock(self._home)

    def _cache(self) -> Path | None:
        """Keep the parsed catalog in the home; an installation that is not there has none."""
        return self._home / "cache" / "catalog" if self._home.is_dir() else None
