"""What did not change keeps its quotes, comments and place."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hearth_control.catalog.adopt.adopt import adopt
from hearth_control.catalog.adopt.model import Choices
from hearth_control.catalog.adopt.write import write
from hearth_control.catalog.model import Catalog
from hearth_control.deploy.found import read_given

pytestmark = pytest.mark.unit

EMPTY = Catalog(services={}, presets={})
FILE = """\
# The header of the project.
version: "3.8" # obsolete

services:
  # The page.
  web:
    image: "example/web:1.2" # pinned
    restart: always
    # What it reads.
    environment:
      - MODE=fast # or slow
      # The name on the page.
      - 'NAME=a: b'
      - SPARE=
    ports:
      - "8080:80"
    # Where it writes.
    volumes:
      - data:/data   # kept

volumes:
  data: # the only one
"""


def written(tmp_path: Path, text: str = FILE, **choices: str) -> str:
    (tmp_path / "compose.yaml").write_text(text)
    given = read_given(tmp_path)
    return write(given.text, adopt(given, Choices(name="page", **choices), EMPTY))


def test_comments_and_quotes_stay(tmp_path: Path) -> None:
    _, _, compose = written(tmp_path).partition("\nservices:\n")
    assert (
        compose
        == """\
  # The page.
  page:
    image: "example/web:1.2" # pinned
    # What it reads.
    environment:
      MODE: fast  # or slow
      # The name on the page.
      NAME: 'a: b'
      SPARE: ""
    # Where it writes.
    volumes:
      - page-data:/data # kept

    expose: ["80"]
volumes:
  page-data: {} # the only one
"""
    )


def test_header_comes_first(tmp_path: Path) -> None:
    assert written(tmp_path).splitlines()[:3] == [
        "# A service of your own. `hearth show page` says everything that follows from this file.",
        "# The header of the project.",
        "x-hearth:",
    ]


def test_merged_parts_are_written_out(tmp_path: Path) -> None:
    text = """\
x-all: &all
  image: example/app:1.0
  environment: &env {A: "1"}
services:
  one:
    <<: *all
    ports: ["80"]
  two:
    <<: *all
    environment:
      <<: *env
      B: "2"
"""
    services = yaml.safe_load(written(tmp_path, text))["services"]
    assert services["page-one"]["environment"] == {"A": "1"}
    assert services["page-two"]["environment"] == {"A": "1", "B": "2"}
    assert {one["image"] for one in services.values()} == {"example/app:1.0"}
    assert "<<" not in written(tmp_path, text)
    assert "&" not in written(tmp_path, text)


@pytest.mark.parametrize(
    "value", ["yes", "off", "1e3", "0123", "~", "null", "12:34", "a # b", "x: y", "", "1_000"]
)
def test_text_stays_text(tmp_path: Path, value: str) -> None:
    (tmp_path / "app.env").write_text(f"VALUE='{value}'\n")
    text = "services:\n  app:\n    image: example/app:1\n    env_file: app.env\n"
    (tmp_path / "compose.yaml").write_text(text)
    given = read_given(tmp_path)
    adoption = adopt(given, Choices(name="page"), EMPTY)
    for loader in (yaml.CSafeLoader, yaml.SafeLoader):
        read = yaml.load(write(text, adoption), Loader=loader)  # both are safe loaders
        assert read["services"]["page"]["environment"] == {"VALUE": value}
