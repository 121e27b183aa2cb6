"""What Docker says of its ways to graphics cards: runtimes, CDI, whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hearth_control.engine.compose.api import EngineAPI
from hearth_control.engine.compose.endpoint import find_endpoint
from hearth_control.engine.errors import EngineTooOldError, EngineUnavailableError
from hearth_control.host.verdict import EngineAccess

PATIENCE_SECONDS = 5.0


def ask_access(environment: Mapping[str, str]) -> EngineAccess | None:
    """Ask the engine that this environment names; None where none answers."""
    try:
        api = EngineAPI(find_endpoint(environment), timeout_seconds=PATIENCE_SECONDS)
        return read_info(api.info())
    except (EngineUnavailableError, EngineTooOldError):
        return None


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
