"""Which engine carries plans out, and why, in words.

A named engine that does not answer is an error with its fix, never silently another one. Asking
Docker takes 2 ms.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hearth_control.engine.errors import EngineTooOldError, EngineUnavailableError
from hearth_control.settings.model import EngineName

if TYPE_CHECKING:
    from hearth_control.engine.port import EngineFacts
    from hearth_control.settings.model import Settings

Probe = Callable[[], "EngineFacts"]
"""Asks Docker who it is. Raises `EngineUnavailableError` or `EngineTooOldError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An engine, never `auto`; why it was taken, and what would make it another."""

    name: EngineName
    why: str
    hint: str | None = None


def choose(
    settings: Settings,
    *,
    probe: Probe | None = None,
    environment: Mapping[str, str] | None = None,
    last: EngineName | None = None,
) -> Chosen:
    """Resolve `ENGINE`; `last` is the engine that this installation's last `up` used.

    `auto` stays with the last engine, because the data is there; without one it takes Docker where
    it answers with a compose plugin, and embedded where not.

    Raises:
        EngineUnavailableError: Docker was named, or used last, and does not answer.
        EngineTooOldError: likewise, and it is older than 20.10.
    """
    ask = probe or docker_probe(os.environ if environment is None else environment)
    if settings.engine is EngineName.COMPOSE:
        return Chosen(name=EngineName.COMPOSE, why=f"ENGINE=compose; {_answer(ask())}")
    if settings.engine is not EngineName.AUTO:
        return Chosen(name=settings.engine, why=f"ENGINE={settings.engine.value}")
    if last is EngineName.COMPOSE:
        return Chosen(name=last, why=f"the last `hearth up` used Docker; {_answer(ask())}")
    if last is not None:
        return Chosen(
            name=last,
            why=f"the last `hearth up` used the {last.value} engine, and the data is there",
            hint="hearth settings set ENGINE compose",
        )
    try:
        return Chosen(name=EngineName.COMPOSE, why=_answer(ask()))
    except (EngineUnavailableError, EngineTooOldError) as error:
        return Chosen(name=EngineName.EMBEDDED, why=error.message, hint=error.hint)


def docker_probe(environment: Mapping[str, str]) -> Probe:
    """Make the probe of the Docker engine that this environment names."""

    def probe() -> EngineFacts:
        from hearth_control.engine.compose.api import EngineAPI
        from hearth_control.engine.compose.endpoint import find_endpoint
        from hearth_control.engine.compose.plugin import require_plugin
        from hearth_control.engine.port import EngineFacts

        api = EngineAPI(find_endpoint(environment), timeout_seconds=PATIENCE_SECONDS)
        ping = api.ping()
        require_plugin(environment)
        return EngineFacts(
            name="Docker Engine", version=ping.version, detail=f"at {api.endpoint.label}"
        )

    return probe


PATIENCE_SECONDS = 5.0


def _answer(facts: EngineFacts) -> str:
    return f"{facts.name} {facts.version} answers {facts.detail}".rstrip()
