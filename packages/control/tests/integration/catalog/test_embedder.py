"""What a person says of the models of search reaches server and worker, on either engine."""

from __future__ import annotations

from typing import Any

import pytest
from builders import ROOT, host, observed, settings
from hearth_control.catalog.load import find_catalog_root, load_catalog
from hearth_control.catalog.model import Catalog
from hearth_control.plan.make import make_plan
from hearth_control.plan.model import ContainerUnit, Plan, ProcessUnit
from hearth_control.settings.model import EngineName

pytestmark = pytest.mark.integration

OWN = {"LAMBDA_EMBEDDER": "onnx", "LAMBDA_EMBEDDER_MODEL_DIR": "/srv/model"}
KEY = "lambda-server_embedder_api_key"
UNITS = ("lambda-server", "lambda-worker")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(find_catalog_root(), extra=None, cache=None)


def planned(catalog: Catalog, engine: EngineName, *keys: str, **variables: str) -> Plan:
    return make_plan(
        catalog=catalog,
        settings=settings(preset="starter", engine=engine, variables=variables),
        host=host(),
        observed=observed(engine=engine.value),
        fingerprints=dict.fromkeys(keys, "mark"),
        root=ROOT,
    )


def mount(plan: Plan, name: str, target: str) -> dict[str, Any]:
    unit = plan.unit(name)
    assert isinstance(unit, ContainerUnit)
    given = (one for one in unit.spec["volumes"] if isinstance(one, dict))
    return next(one for one in given if one["target"] == target)


@pytest.mark.parametrize("name", UNITS)
def test_folder_is_mounted_for_reading(name: str, catalog: Catalog) -> None:
    plan = planned(catalog, EngineName.COMPOSE, **OWN)
    found = mount(plan, name, "/model")
    assert (found["source"], found["read_only"]) == ("/srv/model", True)
    unit = plan.unit(name)
    assert isinstance(unit, ContainerUnit)
    assert unit.spec["environment"]["HEARTH_EMBEDDER"] == "onnx"
    assert unit.spec["environment"]["HEARTH_EMBEDDER_MODEL_DIR"] == "/model"


@pytest.mark.parametrize("name", UNITS)
def test_without_folder_nothing_is_mounted(name: str, catalog: Catalog) -> None:
    assert mount(planned(catalog, EngineName.COMPOSE), name, "/model")["source"] == "/dev/null"


@pytest.mark.parametrize("name", UNITS)
def test_process_reads_the_folder_itself(name: str, catalog: Catalog) -> None:
    unit = planned(catalog, EngineName.EMBEDDED, **OWN).unit(name)
    assert isinstance(unit, ProcessUnit)
    assert unit.environment["HEARTH_EMBEDDER_MODEL_DIR"] == "/srv/model"


@pytest.mark.parametrize("engine", [EngineName.COMPOSE, EngineName.EMBEDDED])
def test_key_reaches_both_where_given(engine: EngineName, catalog: Catalog) -> None:
    given, without = planned(catalog, engine, KEY), planned(catalog, engine)
    for name in UNITS:
        assert KEY in [use.key for use in given.unit(name).secrets]
        assert KEY not in [use.key for use in without.unit(name).secrets]
    assert KEY not in without.secrets


def test_reranker_reaches_the_server_alone(catalog: Catalog) -> None:
    """The worker ranks nothing."""
    said = {"LAMBDA_RERANKER_MODEL_DIR": "/srv/judge", "LAMBDA_RERANKER_SHA256": "a" * 64}
    plan = planned(catalog, EngineName.COMPOSE, **said)
    assert mount(plan, "lambda-server", "/reranker")["source"] == "/srv/judge"
    server = plan.unit("lambda-server")
    worker = planned(catalog, EngineName.EMBEDDED, **said).unit("lambda-worker")
    process = planned(catalog, EngineName.EMBEDDED, **said).unit("lambda-server")
    assert isinstance(server, ContainerUnit)
    assert isinstance(worker, ProcessUnit)
    assert isinstance(process, ProcessUnit)
    assert server.spec["environment"]["HEARTH_RERANKER_MODEL_DIR"] == "/reranker"
    assert server.spec["environment"]["HEARTH_RERANKER_SHA256"] == "a" * 64
    assert process.environment["HEARTH_RERANKER_MODEL_DIR"] == "/srv/judge"
    assert "HEARTH_RERANKER_MODEL_DIR" not in worker.environment
    without = planned(catalog, EngineName.COMPOSE)
    assert mount(without, "lambda-server", "/reranker")["source"] == "/dev/null"
