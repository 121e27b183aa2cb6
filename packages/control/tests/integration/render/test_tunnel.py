"""The tunnel's rules, judged by cloudflared itself.

Cloudflare is not asked: the program says whether it takes the file, and which rule meets a name.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from builders import ROOT, host, observed, settings
from hearth_control.catalog.load import find_catalog_root, load_catalog
from hearth_control.plan.make import make_plan
from hearth_control.render.tunnel import tunnel_files
from hearth_control.settings.model import Mode
from lab.absent import leave_out
from lab.golang import kept_program
from lab.place import Place
from lab.programs import CLOUDFLARED
from lab.shell import NotHereError

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def cloudflared() -> Path:
    try:
        return kept_program(Place.from_environment(), CLOUDFLARED)
    except NotHereError as error:
        leave_out(str(error))


@pytest.fixture(scope="module", params=["caddy", "kong"])
def rules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every route of the catalog, behind either gateway."""
    made = make_plan(
        catalog=load_catalog(find_catalog_root(), extra=None, cache=None),
        settings=settings(
            services={"cloudflared": "container"},
            preset="full",
            mode=Mode.TUNNEL,
            domain="example.org",
            gateway=request.param,
        ),
        host=host(),
        observed=observed(),
        fingerprints={},
        root=ROOT,
    )
    assert made.gateway is not None
    assert len(made.gateway.routes) > 10
    (text,) = tunnel_files(made).values()
    written = tmp_path_factory.mktemp("tunnel") / "config.yml"
    written.write_text(text)
    return written


def ask(program: Path, rules: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = (str(program), "tunnel", "--config", str(rules), "ingress", *words)
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)


def test_rules_are_valid(cloudflared: Path, rules: Path) -> None:
    said = ask(cloudflared, rules, "validate")
    assert (said.returncode, said.stdout.splitlines()[-1]) == (0, "OK"), said.stderr


def test_invalid_rules_are_not(cloudflared: Path, rules: Path, tmp_path: Path) -> None:
    """What the tests above trust must be able to say no."""
    broken = tmp_path / "config.yml"
    broken.write_text(rules.read_text().replace("http_status:404", "http_status:"))
    assert ask(cloudflared, broken, "validate").returncode == 1


def test_name_meets_gateway_and_others_nothing(cloudflared: Path, rules: Path) -> None:
    met = ask(cloudflared, rules, "rule", "https://n8n.example.org/webhook/1").stdout
    assert "hostname: n8n.example.org\n" in met
    assert "service: http://" in met
    for stranger in ("https://n8n.example.org.evil.example/", "https://postgres.example.org/"):
        assert "service: http_status:404" in ask(cloudflared, rules, "rule", stranger).stdout
