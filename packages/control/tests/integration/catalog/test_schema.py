"""The published schema says of a file what parsing says: the same files pass, the same fail."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hearth_control.catalog.schema import json_schema
from hearth_control.catalog.tree import read_tree

pytestmark = pytest.mark.integration

CATALOG = Path(__file__).resolve().parents[5] / "catalog"
FILES = sorted(CATALOG.glob("*/*/compose.yaml"))


def load_file(path: Path) -> Any:
    tree = read_tree(path.read_text(encoding="utf-8"))
    assert tree.problems == ()
    return tree.value


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_committed_schema_is_fresh() -> None:
    committed = (CATALOG / "service.schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == json_schema()


def test_catalog_has_ten_services() -> None:
    assert len(FILES) >= 10


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_each_file_fits(path: Path, validator: jsonschema.Draft202012Validator) -> None:
    found = [f"{one.json_path}: {one.message}" for one in validator.iter_errors(load_file(path))]
    assert found == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_each_file_names_it(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == CATALOG / "service.schema.json"


def _set(*path: str | int, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for part in path[:-1]:
            document = document[part]
        document[path[-1]] = value

    return change


REFUSED = {
    "unknown-key": (_set("x-hearth", "titel", value="a"), "$['x-hearth']"),
    "wrong-type": (_set("x-hearth", "egress", value="yes"), "$['x-hearth'].egress"),
    "offset-too-large": (_set("x-hearth", "port", value=1000), "$['x-hearth'].port"),
    "unknown-recipe": (
        _set("x-hearth", "backup", "qdrant-data", value="tar"),
        "$['x-hearth'].backup['qdrant-data']",
    ),
    "ports-of-compose": (_set("services", "qdrant", "ports", value=["1:1"]), "$.services.qdrant"),
    "unknown-compose-key": (_set("services", "qdrant", "imagee", value="a"), "$.services.qdrant"),
    "networks-of-compose": (_set("networks", value={}), "$.networks"),
}


@pytest.mark.parametrize(("change", "where"), REFUSED.values(), ids=REFUSED)
def test_schema_refuses_faults(
    change: Callable[[Any], None], where: str, validator: jsonschema.Draft202012Validator
) -> None:
    document = load_file(CATALOG / "01-data" / "qdrant" / "compose.yaml")
    change(document)
    assert any(one.json_path.startswith(where) for one in validator.iter_errors(document))


ACCEPTED = {
    "extension": _set("x-hearth", "x-note", value="mine"),
    "extension-of-container": _set("services", "qdrant", "x-note", value={"a": 1}),
    "needs-as-list": _set("x-hearth", "needs", value=["redis"]),
    "offer-as-text": _set("x-hearth", "offers", value={"vectors": "http://qdrant:6333"}),
    "secret-as-kind": _set("x-hearth", "secrets", "api_key", value="hex"),
    "variable-as-default": _set("x-hearth", "variables", value={"QDRANT_A": "b"}),
    "size-as-number": _set("x-hearth", "disk", value=1024),
}


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_schema_knows_shorthands(
    change: Callable[[Any], None], validator: jsonschema.Draft202012Validator
) -> None:
    document = copy.deepcopy(load_file(CATALOG / "01-data" / "qdrant" / "compose.yaml"))
    change(document)
    assert list(validator.iter_errors(document)) == []
