"""From the catalog's recipes to what the runner is handed."""

from __future__ import annotations

import json

import pytest
import yaml
from builders import plan as make_plan
from builders import settings
from hearth_control.catalog.load import find_catalog_root, load_catalog
from hearth_control.plan.backups import still_services
from hearth_control.plan.model import ContainerUnit, Plan
from hearth_control.render.compose import render_compose
from hearth_control.render.eject import eject
from hearth_control.settings.model import EngineName, Settings

pytestmark = pytest.mark.integration

ON = {"n8n": "container", "qdrant": "container", "backup": "container"}


def plan(*, said: Settings) -> Plan:
    return make_plan(load_catalog(find_catalog_root(), extra=None, cache=None), said=said)


def runner(made: Plan) -> ContainerUnit:
    unit = made.unit("backup")
    assert isinstance(unit, ContainerUnit)
    return unit


def test_dumped_database_is_no_volume_and_others_stand_still() -> None:
    made = plan(said=settings(services=ON))
    assert made.backups.databases
    recipes = {one.volume: one.recipe for one in made.backups.volumes}
    assert recipes == {"n8n-data": "files", "qdrant-data": "stopped"}
    assert still_services(made.backups) == ("qdrant",)


def test_database_of_a_service_of_its_own_stands_still() -> None:
    made = plan(said=settings(services={"immich": "container", "backup": "container"}))
    recipes = {one.volume: one.recipe for one in made.backups.volumes}
    assert recipes["immich-db-data"] == "stopped"
    assert "immich-models" not in recipes


def test_volumes_are_closed_until_a_restore_opens_them() -> None:
    closed = runner(plan(said=settings(services=ON))).spec["volumes"]
    assert "n8n-data:/set/data/n8n-data:ro" in closed
    assert "..:/installation:ro" in closed
    said = settings(services=ON, variables={"BACKUP_WRITES": "yes"})
    opened = runner(plan(said=said)).spec["volumes"]
    assert "n8n-data:/set/data/n8n-data" in opened
    assert "..:/installation" in opened


@pytest.mark.parametrize(
    ("repository", "way_out"),
    [("", False), ("/mnt/backups", False), ("s3:https://s3.example.org/b", True)],
)
def test_runner_reaches_out_only_for_a_repository_elsewhere(
    repository: str, *, way_out: bool
) -> None:
    made = plan(said=settings(services=ON, variables={"BACKUP_REPOSITORY": repository}))
    networks = {network.name for network in made.networks if "backup" in network.members}
    assert ("hearth-egress-backup" in networks) is way_out
    assert "hearth-role-postgres" in networks


def test_listing_says_each_volume_and_where_it_is() -> None:
    files = render_compose(plan(said=settings(services=ON))).files
    listing = json.loads(files["configs/backup/listing/listing.json"])
    assert listing["volumes"][0] == {
        "service": "n8n",
        "name": "n8n-data",
        "recipe": "files",
        "path": "data/n8n-data",
    }


def test_embedded_processes_share_one_folder() -> None:
    said = settings(
        services={"lambda-server": "embedded", "backup": "embedded"}, engine=EngineName.EMBEDDED
    )
    made = plan(said=said)
    assert made.backups.databases
    assert [one.path for one in made.backups.volumes] == ["data/files"]


def test_ejected_project_is_without_the_runner() -> None:
    artifacts = eject(plan(said=settings(services=ON)))
    assert "backup" not in yaml.safe_load(artifacts.files["compose.yaml"])["services"]
    assert not any("backup" in name for name in artifacts.files)
    assert "backup_repository_password" not in artifacts.secret_variables.values()
    assert "Hearth's backup runner is not part of it.\n" in artifacts.files["README.md"]
