"""A password that is changed must count in the store itself, whatever its program does with input.

RabbitMQ is real (Debian's, under the name of the catalog's image).
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from journey import Installation
from lab.ports import free_base_port

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


@pytest.fixture
def base_port() -> int:
    return free_base_port()


@pytest.fixture
def installation(tmp_path: Path, base_port: int) -> Iterator[Installation]:
    home = tmp_path / "home"
    home.mkdir()
    chosen = "ENGINE=compose\nPRESET=none\nRABBITMQ_SOURCE=container\n"
    (home / ".env").write_text(f"{chosen}BASE_PORT={base_port}\n")
    made = Installation(home=home)
    yield made
    made.run("down", "--delete-data", "--yes")


def signed_in_as(base_port: int, password: str) -> str:
    pair = base64.b64encode(f"hearth:{password}".encode()).decode()
    url = f"http://127.0.0.1:{base_port + 3}/api/whoami"
    asked = urllib.request.Request(url, headers={"Authorization": f"Basic {pair}"})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return str(json.load(answer)["name"])


def test_rabbitmq_takes_a_new_password_for_the_old_one(
    installation: Installation, base_port: int
) -> None:
    secret = installation.home / "secrets/rabbitmq_password"
    installation.must("up", "--yes", timeout_seconds=200)
    before = secret.read_text()
    assert signed_in_as(base_port, before) == "hearth"
    installation.must("secrets", "rotate", "rabbitmq_password", "--yes", timeout_seconds=200)
    after = secret.read_text()
    assert after != before
    assert signed_in_as(base_port, after) == "hearth"
    with pytest.raises(urllib.error.HTTPError) as caught:
        signed_in_as(base_port, before)
    caught.value.close()
    assert caught.value.code == 401
