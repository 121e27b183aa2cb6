"""What the lambda server of the real catalog is told of the services beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from builders import plan, settings
from hearth_control.catalog.load import find_catalog_root, load_catalog
from hearth_control.catalog.model import Catalog
from hearth_control.plan.model import ContainerUnit, Plan
from hearth_control.render.compose import render_compose

pytestmark = pytest.mark.integration

SERVICES = ("lambda-server", "lambda-worker", "ollama", "docling-serve", "jellyfin")
STORES = ("qdrant", "mongodb", "neo4j")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(find_catalog_root(), extra=None, cache=None)


def planned(catalog: Catalog, *names: str, **variables: str) -> Plan:
    said = settings(services=dict.fromkeys(names, "container"), variables=variables)
    return plan(catalog, said=said)


def listed(made: Plan) -> dict[str, Any]:
    text = render_compose(made).files["configs/lambda-server/stack/stack.json"]
    return {each["name"]: each["probe"] for each in json.loads(text)["services"]}


def test_stores_are_asked_as_each_of_them_answers(catalog: Catalog) -> None:
    chosen = {"LAMBDA_VECTORS": "qdrant", "LAMBDA_GRAPH": "neo4j"}
    found = listed(planned(catalog, *SERVICES, **chosen))
    assert found["postgres"] == {"tcp": ["postgres", 5432]}
    assert found["neo4j"] == {"tcp": ["neo4j", 7687]}
    assert found["qdrant"]["http"].startswith("http://qdrant:6333/")
    assert found["docling-serve"]["http"].startswith("http://docling-serve:5001/")
    assert found["ollama"]["http"].startswith("http://ollama:11434/")
    assert found["jellyfin"] is None
    found = listed(planned(catalog, *SERVICES, LAMBDA_VECTORS="mongodb"))
    assert found["mongodb"] == {"tcp": ["mongodb", 27017]}


def test_stores_that_were_not_chosen_are_listed_and_left_alone(catalog: Catalog) -> None:
    """It stands in no network of theirs."""
    found = listed(planned(catalog, *SERVICES, *STORES))
    assert {name: found[name] for name in STORES} == dict.fromkeys(STORES)


def test_a_service_more_changes_the_list_and_leaves_the_server_as_it_is(catalog: Catalog) -> None:
    before, after = planned(catalog, "lambda-server"), planned(catalog, "lambda-server", "jellyfin")
    assert set(listed(after)) - set(listed(before)) == {"jellyfin"}
    one, two = before.unit("lambda-server"), after.unit("lambda-server")
    assert isinstance(one, ContainerUnit)
    assert isinstance(two, ContainerUnit)
    assert one.hash == two.hash
    mount = "./configs/lambda-server/stack:/etc/hearth/stack:ro"
    assert mount in two.spec["volumes"]
    assert two.spec["environment"]["HEARTH_STACK_PATH"] == "/etc/hearth/stack/stack.json"
