"""What Docker says of itself before it is used: is it there, and how it reaches graphics cards."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

from hearth_control.engine.compose.api import EngineAPI
from hearth_control.engine.compose.endpoint import find_endpoint
from hearth_control.engine.compose.plugin import find_plugin
from hearth_control.engine.errors import EngineTooOldError, EngineUnavailableError
from hearth_control.host.setup.model import Engine
from hearth_control.host.verdict import EngineAccess

PATIENCE_SECONDS = 5.0


def ask_access(environment: Mapping[str, str]) -> EngineAccess | None:
    """Ask the engine that this environment names; None where none answers."""
    try:
        api = EngineAPI(find_endpoint(environment), timeout_seconds=PATIENCE_SECONDS)
        return read_info(api.info())
    except (EngineUnavailableError, EngineTooOldError):
        return None


def ask_engine(environment: Mapping[str, str]) -> Engine:
    """Say how far Docker is from being usable by this person."""
    has_plugin = find_plugin(environment) is not None
    try:
        api = EngineAPI(find_endpoint(environment), timeout_seconds=PATIENCE_SECONDS)
        return Engine(state="answers", compose=has_plugin, version=api.ping().version)
    except EngineTooOldError:
        return Engine(state="silent", compose=has_plugin)
    except EngineUnavailableError as error:
        if isinstance(error.__cause__, PermissionError):
            return Engine(state="denied", compose=has_plugin)
    installed = shutil.which("dockerd", path=environment.get("PATH")) is not None
    return Engine(state="silent" if installed else "missing", compose=has_plugin)


def read_info(info: Mapping[str, Any]) -> EngineAccess:
    """Read `GET /info`; `CDISpecDirs` is empty, or not there, where CDI is turned off.

    Source: https://docs.docker.com/reference/api/engine/version/v1.47/#tag/System (read 2026-11)
    """
    options = info.get("SecurityOptions") or ()
    return EngineAccess(
        runtimes=frozenset(info.get("Runtimes") or ()),
        cdi=bool(info.get("CDISpecDirs")),
        rootless=any("rootless" in str(option) for option in options),
    )
