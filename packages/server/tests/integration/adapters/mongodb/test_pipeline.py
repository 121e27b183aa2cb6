"""What MongoDB's search engine is asked. No server with one can be had in tests: this is text."""

from __future__ import annotations

import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.mongodb.vectors import bounds, index_model, lacks_search, pipeline
from hearth_server.capabilities.knowledge.vector_index import Within
from hearth_server.testing.indexes import INFO
from pymongo.errors import OperationFailure

pytestmark = pytest.mark.unit


def paths(condition: object) -> set[str]:
    """Give every field that a filter names."""
    if isinstance(condition, list):
        return set().union(*map(paths, condition))
    if not isinstance(condition, dict):
        return set()
    named = {key for key in condition if not key.startswith("$")}
    return named.union(*(paths(value) for key, value in condition.items() if key.startswith("$")))


ADA, HERS, HIS = uuid7(), uuid7(), uuid7()
PLACES = {
    "everything of one's own": Within(owner=ADA),
    "some of one's own": Within(owner=ADA, own=frozenset({HERS})),
    "what others share too": Within(owner=ADA, others=frozenset({HIS})),
}


@pytest.mark.parametrize("within", PLACES.values(), ids=PLACES.keys())
def test_bounds_stand_inside_the_search(within: Within) -> None:
    first, *later = pipeline((1.0, 0, 0, 0), INFO, within, limit=5)
    assert list(first) == ["$vectorSearch"]
    search = first["$vectorSearch"]
    assert {"owner", "space"} <= paths(search["filter"])
    declared = index_model(INFO).document["definition"]["fields"]
    assert paths(search["filter"]) <= {
        each["path"] for each in declared if each["type"] == "filter"
    }
    assert search["index"] == index_model(INFO).document["name"]
    assert search["numCandidates"] >= 20 * search["limit"]
    assert [list(stage) for stage in later] == [["$project"]]


def test_strangers_documents_come_by_name_only() -> None:
    assert bounds(Within(owner=ADA, own=frozenset({HERS}), others=frozenset({HIS}))) == {
        "$or": [
            {"owner": str(ADA), "document": {"$in": [str(HERS)]}},
            {"document": {"$in": [str(HIS)]}},
        ]
    }
    assert bounds(Within(owner=ADA, own=frozenset())) == {
        "owner": str(ADA), "document": {"$in": []},
    }  # fmt: skip


@pytest.mark.parametrize(("code", "lacks"), [(59, True), (31082, True), (238, True), (13, False)])
def test_server_without_search_is_told_from_one_that_refuses(code: int, lacks: bool) -> None:
    assert lacks_search(OperationFailure("no", code)) is lacks
