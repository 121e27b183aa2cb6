"""What there is to back up, and what a backup says that it holds."""

from __future__ import annotations

import json

import pytest
from hearth_backup.errors import BadSettingError, RepositoryError
from hearth_backup.listing import (
    Bundle,
    CopiedSQLite,
    CopiedVolume,
    DumpedDatabase,
    bundle_text,
    parse_bundle,
    parse_listing,
)

pytestmark = pytest.mark.unit

BUNDLE = Bundle(
    project="hearth",
    engine="compose",
    at="2026-11-21T03:30:00+00:00",
    databases=(DumpedDatabase(name="n8n", owner="n8n", file="databases/n8n.dump", tables=3),),
    volumes=(
        CopiedVolume(
            service="grafana",
            name="grafana-data",
            path="data/grafana-data",
            sqlite=(CopiedSQLite(path="g.db", file="sqlite/g.db", uid=1, gid=2, mode=0o600),),
        ),
        CopiedVolume(service="n8n", name="n8n-data", path="data/n8n-data"),
    ),
    left_out={"qdrant-data": "has to stand still"},
    settings=(".env",),
)


def listing(recipe: str, **changes: object) -> str:
    volume = {"service": "s", "name": "v", "recipe": recipe, "path": "data/v"}
    document = {"format": 1, "project": "p", "engine": "e", "databases": True, "volumes": [volume]}
    return json.dumps({**document, **changes})


@pytest.mark.parametrize(
    ("recipe", "method"),
    [("files", "files"), ("sqlite", "files"), ("stopped", "still"), ("neo4j", "still")],
)
def test_recipe_says_whether_its_service_stands_still(recipe: str, method: str) -> None:
    assert [volume.method for volume in parse_listing(listing(recipe)).volumes] == [method]


@pytest.mark.parametrize("text", ["", "{}", listing("files", format=2), listing("files")[:-1]])
def test_listing_of_another_version_is_refused(text: str) -> None:
    with pytest.raises(BadSettingError) as caught:
        parse_listing(text)
    assert caught.value.message == (
        "backup: what to back up was written by another version of Hearth"
    )


def test_bundle_comes_back_as_it_was_written() -> None:
    assert parse_bundle(bundle_text(BUNDLE)) == BUNDLE


def test_bundle_of_another_version_is_refused() -> None:
    with pytest.raises(RepositoryError) as caught:
        parse_bundle('{"format": 9}')
    assert caught.value.message == ("backup: its list of contents is of another version of Hearth")


def test_only_what_is_named_is_kept() -> None:
    kept = BUNDLE.only(["n8n-data"])
    assert (kept.databases, [volume.name for volume in kept.volumes]) == ((), ["n8n-data"])
    assert BUNDLE.only([]) == BUNDLE
