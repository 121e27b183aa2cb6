"""The reference page of services, whole, for a catalog of one."""

from __future__ import annotations

import builders
import pytest
from hearth_control.catalog.model import (
    Catalog,
    Embedded,
    Need,
    Offer,
    Port,
    Preset,
    Route,
    SecretKind,
    SecretRule,
    Sources,
    Variable,
)
from hearth_control.catalog.reference import HEAD, services_page, table

pytestmark = pytest.mark.unit

PAGE = """
## Presets

| preset | is for | services |
| --- | --- | --- |
| `starter` | A start | `one` |

## 03-apps

### One

a test service. [Documentation](https://example.org)

|  |  |
| --- | --- |
| name | `one` |
| licence | MIT |
| offers | `llm` |
| needs | `postgres`, `s3` (with `ONE_KEEPS=s3`) |
| wants | `search`, `vectors` |
| sources | `container`, `localhost`, `external`, `embedded` |
| port | +7, +8 voice udp |
| route | `chat.DOMAIN`, with a sign-in of its own |
| internet | cannot reach it |
| disk | 1G |
| backup | `data` files, `cache` worthless |

| container | image | memory | limit |
| --- | --- | --- | --- |
| `one` | `example/one:1.2.3` | 200M | 512M |
| `one-pull`, a job, while `ONE_PULL` is set | built here |  |  |

| secret | is made as | may change |
| --- | --- | --- |
| `secrets/one_key` | hex | never |
| `secrets/one_token` | given by you, optional | any time |
"""


def test_page_of_one_service() -> None:
    pull = builders.container(
        "one-pull", job=True, when="ONE_PULL", memory=None, spec={"image": None, "build": "."}
    )
    service = builders.service(
        "one",
        containers=(builders.container("one"), pull),
        ports=(
            Port(offset=7, container="one", inner=80),
            Port(offset=8, container="one", inner=81, name="voice", protocol="udp"),
        ),
        route=Route(name="chat", access="own"),
        offers={"llm": Offer(url="http://one:80")},
        needs={"postgres": Need(), "s3": Need(when="ONE_KEEPS=s3")},
        wants={"search": Need(), "vectors": Need()},
        sources=Sources(localhost_port=80, external=True),
        embedded=Embedded(builtin="postgres"),
        secrets={
            "key": SecretRule(kind=SecretKind.HEX, change="never"),
            "token": SecretRule(kind=SecretKind.GIVEN, optional=True),
        },
        variables={"ONE_PULL": Variable()},
        backup={"data": "files", "cache": "worthless"},
        disk=1 << 30,
    )
    preset = Preset(name="starter", title="Starter", summary="A start", services=("one",))
    catalog = Catalog(services={"one": service}, presets={"starter": preset})
    assert services_page(catalog) == HEAD + PAGE


def test_cells_hold_bars_and_lines() -> None:
    assert table(("a",), [("b|c\nd",)]) == "| a |\n| --- |\n| b\\|c d |\n"


def test_absent_is_said() -> None:
    absent = builders.service("one", absent=("docker/one.Dockerfile",))
    page = services_page(builders.catalog(absent))
    assert "**Not in this version**, which has no `docker/one.Dockerfile`." in page
