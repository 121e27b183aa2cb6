"""Real Compose reads what is rendered, for the real catalog in every shape it can take."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from builders import GIB, ROOT, applied, host, observed, settings
from hearth_control.catalog.load import find_catalog_root, load_catalog
from hearth_control.catalog.model import Catalog, Source
from hearth_control.host.model import Gpu
from hearth_control.plan.lint import lint
from hearth_control.plan.make import make_plan
from hearth_control.plan.model import ContainerUnit, Plan
from hearth_control.render.artifacts import Artifacts
from hearth_control.render.compose import render_compose
from hearth_control.render.eject import eject
from hearth_control.settings.model import Mode, Networks, ServiceSettings, Settings

pytestmark = [pytest.mark.integration, pytest.mark.docker]

ODD = "p@ss $word #1 'quoted'"
"""A secret as a person might give it; ours need no quoting."""
CARDS = tuple(
    Gpu(vendor=vendor, name=vendor, vram=24 * GIB, usable=True) for vendor in ("nvidia", "amd")
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(find_catalog_root(), extra=None, cache=None)


def planned(catalog: Catalog, said: Settings, **machine: Any) -> Plan:
    def once(marks: Mapping[str, str], seen: Any) -> Plan:
        return make_plan(
            catalog=catalog,
            settings=said,
            host=host(**machine),
            observed=seen,
            fingerprints=marks,
            root=ROOT,
        )

    marks = dict.fromkeys(once({}, observed()).secrets, "mark")
    made = once(marks, observed())
    assert lint(made) == ()
    assert made.errors == ()
    assert once(marks, applied(made)).is_noop
    return made


def resolved(artifacts: Artifacts, folder: Path) -> dict[str, Any]:
    """Write a project and give it as Compose understands it."""
    for name, text in artifacts.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    values = (f"{name}={ODD.encode().hex()}\n" for name in artifacts.secret_variables)
    (folder / ".env").write_text("".join(values))
    done = subprocess.run(
        ("docker", "compose", "config", "--format", "json"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def shapes() -> Iterator[Any]:
    yield pytest.param({}, id="private")
    yield pytest.param({"networks": Networks.FLAT}, id="flat")
    yield pytest.param({"mode": Mode.PUBLIC, "domain": "example.org"}, id="public")
    yield pytest.param({"bind": "::1", "base_port": 20000}, id="ipv6")
    yield pytest.param(
        {
            "services": {
                "ollama": "localhost",
                "qdrant": ServiceSettings(source=Source.EXTERNAL, url="https://q.example.org"),
            }
        },
        id="elsewhere",
    )


@pytest.mark.parametrize("said", tuple(shapes()))
def test_compose_reads_every_shape(catalog: Catalog, said: dict[str, Any], tmp_path: Path) -> None:
    made = planned(catalog, settings(preset="full", **said))
    document = resolved(render_compose(made), tmp_path)
    units = {unit.name for unit in made.units if isinstance(unit, ContainerUnit)}
    assert set(document["services"]) == units
    assert "default" not in document.get("networks", {})


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.vendor)
def test_compose_reads_hardware(catalog: Catalog, card: Gpu, tmp_path: Path) -> None:
    made = planned(catalog, settings(preset="full"), gpus=(card,))
    assert resolved(render_compose(made), tmp_path)["services"]["ollama"]


def test_secrets_reach_their_container(catalog: Catalog, tmp_path: Path) -> None:
    made = planned(catalog, settings(preset="full"))
    services = resolved(render_compose(made), tmp_path)["services"]
    value = ODD.encode().hex()
    holders = {name for name, spec in services.items() if value in json.dumps(spec)}
    uses = [(unit.name, use) for unit in made.units for use in unit.secrets]
    assert holders == {unit for unit, use in uses if use.variable}
    assert {name for name, spec in services.items() if spec.get("secrets")} >= {
        unit for unit, use in uses if use.file
    }
    assert services["n8n"]["environment"]["N8N_RUNNERS_AUTH_TOKEN"] == value
    assert value not in services["n8n"]["environment"]["N8N_ENCRYPTION_KEY_FILE"]


def test_compose_reads_ejected(catalog: Catalog, tmp_path: Path) -> None:
    made = planned(catalog, settings(preset="full"))
    document = resolved(eject(made), tmp_path)
    labels = [spec.get("labels", {}) for spec in document["services"].values()]
    assert not [name for each in labels for name in each if name.startswith("hearth.")]
