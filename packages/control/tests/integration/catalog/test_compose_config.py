"""Each file of the catalog is a Compose file by itself, as real Compose reads it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hearth_control.catalog.load import find_catalog_root, load_catalog
from hearth_control.catalog.model import Catalog

pytestmark = [pytest.mark.integration, pytest.mark.docker]

ROOT = find_catalog_root()
FILES = sorted(ROOT.glob("*/*/compose.yaml"))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT, extra=None, cache=None)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_compose_reads_each_alone(path: Path, catalog: Catalog, tmp_path: Path) -> None:
    done = subprocess.run(
        ("docker", "compose", "--file", str(path), "config", "--format", "json"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)["services"]
    service = catalog.services[path.parent.name]
    assert {name: one.get("image") for name, one in read.items()} == {
        container.name: container.image for container in service.containers
    }
