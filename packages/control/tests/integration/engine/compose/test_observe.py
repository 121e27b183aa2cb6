"""What an engine's version changes about a snapshot of it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fake_docker import fake_engine
from hearth_control.engine.compose.api import EngineAPI
from hearth_control.engine.compose.observe import observe
from hearth_control.engine.observed import Observed

pytestmark = pytest.mark.integration


def network(name: str, *, internal: bool, nowhere: str = "") -> dict[str, Any]:
    pool: dict[str, Any] = {"Subnet": "10.213.0.0/27"}
    if nowhere:
        pool["AuxiliaryAddresses"] = {"DefaultGatewayIPv4": nowhere}
    labels = {"hearth.project": "hearth"}
    return {"Name": name, "Internal": internal, "Labels": labels, "IPAM": {"Config": [pool]}}


def seen_on(folder: Path, api: str) -> Observed:
    with fake_engine(folder, api=api) as fake:
        fake.answer("/containers/json", [])
        fake.answer("/images/json", [])
        fake.answer("/volumes", {"Volumes": []})
        networks = [
            network("hearth-role-llm", internal=True, nowhere="10.213.0.30"),
            network("hearth-role-s3", internal=True),
            network("hearth-sealed-qdrant", internal=False, nowhere="10.213.0.30"),
        ]
        fake.answer("/networks", networks)
        with closing(EngineAPI(fake.endpoint)) as client:
            return observe(client, "hearth")


def test_engine_before_25_tells_a_way_out_of_internal_networks(folder: Path) -> None:
    found = seen_on(folder, "1.43")
    assert (found.routes_inside, found.outlived) == (True, ())


@pytest.mark.parametrize("api", ["1.44", "1.52"])
def test_engine_from_25_on_cannot_use_what_an_older_one_made(folder: Path, api: str) -> None:
    found = seen_on(folder, api)
    assert (found.routes_inside, found.outlived) == (False, ("hearth-role-llm",))
