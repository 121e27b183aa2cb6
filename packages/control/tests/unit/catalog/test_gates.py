"""Stops and data formats that a service file must not forget."""

from __future__ import annotations

from typing import Any

import pytest
from builders import container, service
from checkouts import CATALOG
from hearth_control.catalog.gates import STOPS, STORES, check_gates, repository_of
from hearth_control.catalog.load import load_catalog
from hearth_control.catalog.model import Service, Upgrade

pytestmark = pytest.mark.unit


def runs(image: str, **changes: Any) -> Service:
    spec = {"image": image, "volumes": ["data:/data", "cache:/cache", "./own.conf:/own.conf:ro"]}
    given: dict[str, Any] = {
        "containers": (container("one", spec=spec),),
        "volumes": {"data": {}, "cache": {}},
        "backup": {"data": "files", "cache": "worthless"},
        **changes,
    }
    return service("one", **given)


def said(one: Service) -> list[str]:
    found = [str(finding) for each in one.containers for finding in check_gates(one, each)]
    return [text.removeprefix("catalog/03-apps/one/compose.yaml: ") for text in found]


@pytest.mark.parametrize(("image", "stops"), STOPS.items())
def test_each_known_stop_is_asked_for(image: str, stops: tuple[str, ...]) -> None:
    formats = {"data": "1"}
    assert said(runs(f"{image}:9.9.9", upgrade=Upgrade(formats=formats))) == [
        f"x-hearth.upgrade.stop_at: lacks `{stop}`, at which an upgrade of `{image}` must stop"
        for stop in stops
    ]
    assert said(runs(f"{image}:9.9.9", upgrade=Upgrade(stop_at=stops, formats=formats))) == []


@pytest.mark.parametrize("image", sorted(STORES))
def test_each_store_says_its_format(image: str) -> None:
    stops = STOPS.get(image, ())
    assert said(runs(f"{image}:9.9.9", upgrade=Upgrade(stop_at=stops))) == [
        (
            f"x-hearth.upgrade.formats.data: is missing; `{image}` cannot open data of another"
            " major, so say which it is"
        )
    ]


def test_other_images_are_free() -> None:
    assert said(runs("example/one:1.0")) == []


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        ("neo4j:5.26.27-community", "neo4j"),
        ("localhost:5000/a/b:1@sha256:00", "localhost:5000/a/b"),
        ("localhost:5000/b", "localhost:5000/b"),
    ],
)
def test_repository_of_image(image: str, repository: str) -> None:
    assert repository_of(image) == repository


def test_tables_name_images_of_the_catalog() -> None:
    catalog = load_catalog(CATALOG, extra=None, cache=None)
    named = {
        repository_of(each.image or "")
        for one in catalog.services.values()
        for each in one.containers
    }
    assert named >= {*STOPS, *STORES}
