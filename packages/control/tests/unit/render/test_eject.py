"""A project that runs without Hearth."""

from __future__ import annotations

import pytest
import yaml
from builders import plan, settings
from hearth_control.render.eject import eject
from hearth_control.render.errors import NothingToEjectError
from hearth_control.settings.model import EngineName

pytestmark = pytest.mark.unit


def test_folder_is_whole() -> None:
    artifacts = eject(plan(said=settings(preset="starter", services={"n8n": "container"})))
    assert list(artifacts.files) == [
        "README.md",
        "compose.yaml",
        "configs/lambda-server/stack/stack.json",
        "configs/postgres/provision.sql",
        "configs/searxng/settings.yml",
    ]
    assert "N8N_ENCRYPTION_KEY" in artifacts.secret_variables


def test_labels_are_gone() -> None:
    artifacts = eject(plan(said=settings(services={"n8n": "container"})))
    document = yaml.safe_load(artifacts.files["compose.yaml"])
    assert all("labels" not in spec for spec in document["services"].values())
    assert document["volumes"]["n8n-data"]["name"] == "hearth_n8n-data"


def test_readme_says_how() -> None:
    readme = eject(plan(said=settings(preset="starter"))).files["README.md"]
    assert "docker compose up -d\n" in readme
    assert "| lambda-server | 127.0.0.1:63050 | lambda-server:8000 |" in readme
    assert "- `hearth/lambda-server:0.1.0`" in readme
    assert "- `hearth_postgres-data`" in readme


def test_embedded_has_nothing() -> None:
    made = plan(said=settings(preset="starter", engine=EngineName.EMBEDDED))
    with pytest.raises(NothingToEjectError) as raised:
        eject(made)
    assert str(raised.value) == (
        "eject: the embedded engine runs no container, so there is no Compose project"
    )
    assert raised.value.hint == "hearth settings set ENGINE=compose"
