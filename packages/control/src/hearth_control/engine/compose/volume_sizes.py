"""How much an installation's volumes hold on Docker. Slow: the engine walks every folder."""

from __future__ import annotations

from collections.abc import Mapping

from hearth_control.engine.compose.api import EngineAPI
from hearth_control.engine.compose.observe import PROJECT, volume_name

TIMEOUT_SECONDS = 60.0


def volume_sizes(api: EngineAPI, project: str) -> Mapping[str, int]:
    """Give bytes by volume, named as the rendered file does; what the engine cannot tell is absent.

    Raises:
        EngineRefusedError: the engine, or a proxy before it, does not answer this.
        EngineUnavailableError: it took longer than a minute.
    """
    sizes: dict[str, int] = {}
    for volume in api.disk_use(timeout_seconds=TIMEOUT_SECONDS).get("Volumes") or ():
        if (volume.get("Labels") or {}).get(PROJECT) != project:
            continue
        size = int((volume.get("UsageData") or {}).get("Size", -1))
        if size >= 0:
            sizes[volume_name(volume)] = size
    return sizes
