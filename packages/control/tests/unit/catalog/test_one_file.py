"""A simple service is one file: everything else follows from it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from builders import host, settings
from checkouts import CATALOG
from hearth_control.catalog.check import find_faults
from hearth_control.catalog.load import load_catalog
from hearth_control.catalog.model import Source
from hearth_control.catalog.reference import services_page
from hearth_control.engine.observed import Observed
from hearth_control.plan.lint import lint
from hearth_control.plan.make import make_plan
from hearth_control.plan.model import ContainerUnit, Plan
from hearth_control.render.compose import render_compose
from hearth_control.settings.keys import known_keys
from hearth_control.settings.model import ServiceSettings

pytestmark = pytest.mark.unit

FILE = """\
x-hearth:
  title: Bookmarks
  summary: Keeps links and what was on their pages
  home: https://example.org/bookmarks
  licence: MIT
  port: 199
  route: bookmarks
  metrics: 9091
  needs: {postgres: {database: bookmarks}}
  secrets: {session: {kind: hex, bytes: 32}}
  memory: {typical: 100M, limit: 300M}
  probe: {port: 8080, http: /health, start: 60s}
  backup: {bookmarks-data: files}
services:
  bookmarks:
    image: example/bookmarks:1.4.2
    expose: ["8080"]
    environment:
      DATABASE_HOST: ${POSTGRES_HOST}
      DATABASE_PASSWORD: ${BOOKMARKS_DB_PASSWORD}
      SESSION: ${BOOKMARKS_SESSION}
      PUBLIC_URL: ${BOOKMARKS_PUBLIC_URL}
    volumes: ["bookmarks-data:/data"]
volumes:
  bookmarks-data: {}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the catalog with exactly one file more."""
    copy = tmp_path_factory.mktemp("checkout") / "catalog"
    shutil.copytree(CATALOG, copy)
    file = copy / "03-apps" / "bookmarks" / "compose.yaml"
    file.parent.mkdir()
    file.write_text(FILE)
    return copy


@pytest.fixture(scope="module")
def plan(root: Path) -> Plan:
    return planned(root, planned(root, ()).secrets)


def planned(root: Path, made: tuple[str, ...]) -> Plan:
    """Plan as `up` does, once more after the secrets were made."""
    on = ServiceSettings(source=Source.CONTAINER)
    return make_plan(
        catalog=load_catalog(root, extra=None, cache=None),
        settings=settings(
            services=dict.fromkeys(("bookmarks", "prometheus", "caddy", "tinyauth"), on)
        ),
        host=host(),
        observed=Observed(engine="compose"),
        fingerprints=dict.fromkeys(made, "made"),
        root=root.parent,
    )


def unit(plan: Plan) -> ContainerUnit:
    found = plan.unit("bookmarks")
    assert isinstance(found, ContainerUnit)
    return found


def test_file_passes_the_catalog_rules(root: Path) -> None:
    assert [one for one in find_faults(root) if "bookmarks" in one] == []


def test_service_has_its_settings_and_its_page(root: Path) -> None:
    catalog = load_catalog(root, extra=None, cache=None)
    assert {"BOOKMARKS_SOURCE", "BOOKMARKS_PORT", "BOOKMARKS_MEMORY"} <= set(known_keys(catalog))
    assert "### Bookmarks" in services_page(catalog)
    assert "| name | `bookmarks` |" in services_page(catalog)


def test_need_is_planned_first_with_its_database(plan: Plan) -> None:
    assert {"postgres", "postgres-provision"} <= set(unit(plan).needs)
    assert [one.name for one in plan.databases if one.consumer == "bookmarks"] == ["bookmarks"]
    assert {"bookmarks_session", "bookmarks_db_bookmarks"} <= set(plan.secrets)
    assert [note for note in plan.notes if note.service == "bookmarks"] == []
    assert list(lint(plan)) == []


def test_port_route_and_networks_follow(plan: Plan) -> None:
    (port,) = (one for one in plan.published if one.service == "bookmarks")
    assert (port.host_port, port.inner) == (settings().base_port + 199, 8080)
    service = next(one for one in plan.services if one.name == "bookmarks")
    assert service.url == f"http://127.0.0.1:{port.host_port}"
    assert plan.gateway is not None
    assert "bookmarks" in {route.service for route in plan.gateway.routes}
    joined = {net.name.partition("-")[2] for net in plan.networks if "bookmarks" in net.members}
    assert "role-postgres" in joined
    for other in ("caddy", "prometheus"):
        assert any({other, "bookmarks"} <= set(net.members) for net in plan.networks)


def test_rendered_container_is_whole(plan: Plan) -> None:
    written = json.dumps(render_compose(plan).files)
    assert "example/bookmarks:1.4.2" in written
    spec = unit(plan).spec
    assert spec["mem_limit"] == 300 << 20
    assert spec["environment"]["DATABASE_HOST"] == "postgres"
    assert spec["environment"]["SESSION"] == "${BOOKMARKS_SESSION}"
    assert spec["cap_drop"] == ["ALL"]
    assert unit(plan).probe is not None
    assert "bookmarks-data" in plan.volumes


def test_numbers_are_collected(plan: Plan) -> None:
    assert ("bookmarks", "bookmarks:9091") in {
        (target.service, target.address) for target in plan.watch.targets
    }
