"""How much volumes hold, against a stand-in that speaks the engine's protocol."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fake_docker import fake_engine
from hearth_control.engine.compose.api import EngineAPI
from hearth_control.engine.compose.errors import EngineRefusedError
from hearth_control.engine.compose.volume_sizes import volume_sizes

pytestmark = pytest.mark.integration


def volume(full: str, *, project: str, name: str, size: int) -> dict[str, object]:
    labels = {"hearth.project": project, "com.docker.compose.volume": name}
    return {"Name": full, "Labels": labels, "UsageData": {"Size": size, "RefCount": 1}}


USE = {
    "LayersSize": 1,
    "Volumes": [
        volume("h-1_data", project="h-1", name="data", size=4096),
        volume("h-1_unread", project="h-1", name="unread", size=-1),
        volume("h-2_data", project="h-2", name="data", size=8192),
        {"Name": "nobody", "Labels": None, "UsageData": {"Size": 1}},
    ],
}


def test_volume_sizes_are_this_project_s_own() -> None:
    with TemporaryDirectory(prefix="hearth-") as folder, fake_engine(Path(folder)) as fake:
        fake.answer("/system/df", USE)
        assert volume_sizes(EngineAPI(fake.endpoint), "h-1") == {"data": 4096}


def test_refusing_proxy_is_an_error() -> None:
    with TemporaryDirectory(prefix="hearth-") as folder, fake_engine(Path(folder)) as fake:
        fake.answer("/system/df", {"message": "Forbidden"}, status=403)
        with pytest.raises(EngineRefusedError):
            volume_sizes(EngineAPI(fake.endpoint), "h-1")
