"""A container's file, resolved as far as it goes by itself."""

from __future__ import annotations

from typing import Any

import pytest
from builders import catalog, container, plan, service, settings
from hearth_control.catalog.model import Hardware, Variant
from hearth_control.plan.containers import seconds
from hearth_control.plan.model import ContainerUnit, Plan
from hearth_control.settings.model import Settings

pytestmark = pytest.mark.unit


def planned(said: Settings | None = None, **spec: Any) -> ContainerUnit:
    made = service(
        "app",
        containers=(container("app", spec=spec),),
        configs={"a.conf": "a", "conf.d/b.conf": "b"},
        volumes={"data": {}},
    )
    return unit_of(plan(catalog(made), said=said or settings(services={"app": "container"})))


def unit_of(made: Plan) -> ContainerUnit:
    unit = made.unit("app")
    assert isinstance(unit, ContainerUnit)
    return unit


@pytest.mark.parametrize(
    ("written", "rendered"),
    [
        pytest.param("./a.conf:/a:ro", "./configs/app/a.conf:/a:ro", id="file"),
        pytest.param("./conf.d:/d", "./configs/app/conf.d:/d", id="folder"),
        pytest.param(".//conf.d/:/d", "./configs/app/conf.d:/d", id="untidy"),
        pytest.param("./:/d", "./configs/app:/d", id="all"),
        pytest.param("data:/data", "data:/data", id="volume"),
        pytest.param("/etc/localtime:/x:ro", "/etc/localtime:/x:ro", id="host"),
        pytest.param(
            {"type": "bind", "source": "./a.conf", "target": "/a"},
            {"type": "bind", "source": "./configs/app/a.conf", "target": "/a"},
            id="long",
        ),
    ],
)
def test_mounts(written: Any, rendered: Any) -> None:
    assert planned(volumes=[written]).spec["volumes"] == [rendered]


def test_mounted_folder_is_hashed() -> None:
    folder = planned(volumes=["./conf.d:/d"])
    nothing = planned(volumes=["data:/d"])
    assert folder.hash != nothing.hash


@pytest.mark.parametrize(
    "field", [{"ports": ["80:80"]}, {"networks": ["x"]}, {"container_name": "x"}, {"scale": 3}]
)
def test_planner_says_itself(field: dict[str, Any]) -> None:
    assert planned(**field).hash == planned().hash


def test_build_names_image() -> None:
    unit = planned(build="./src", image=None)
    assert unit.spec["build"] == {
        "context": "/srv/hearth/catalog/03-apps/app/src",
        "labels": {"hearth.built": "true"},
    }
    assert unit.build
    assert unit.image == "hearth/app:local"


def test_labels_are_kept() -> None:
    for labels in ({"a": 1}, ["a=1"]):
        assert planned(labels=labels).spec["labels"]["a"] == "1"


def test_start_time_covers_probes() -> None:
    check = {"test": ["CMD", "x"], "interval": "15s", "timeout": "10s", "retries": 4}
    assert planned(healthcheck={**check, "start_period": "3m"}).start_seconds == 280
    assert planned(healthcheck={"disable": True}).start_seconds == 60
    assert planned(healthcheck=None).start_seconds == 60


@pytest.mark.parametrize(
    ("text", "number"),
    [("90s", 90), ("1m30s", 90), ("1h", 3600), ("1.5s", 1.5), ("500ms", 0.5), ("", 0), (None, 0)],
)
def test_durations(text: str | None, number: float) -> None:
    assert seconds(text) == number


def test_variant_joins_mappings() -> None:
    variant = Variant(spec={"environment": {"B": "2"}, "command": ["gpu"]})
    base = container(
        "app",
        spec={"environment": {"A": "1"}, "command": ["cpu"]},
        variants={Hardware.CPU: variant},
    )
    made = plan(
        catalog(service("app", containers=(base,))), said=settings(services={"app": "container"})
    )
    assert unit_of(made).spec["environment"] == {"A": "1", "B": "2"}
    assert unit_of(made).spec["command"] == ["gpu"]
