"""Where a role is reached, as a table."""

from __future__ import annotations

import pytest
from hearth_control.catalog.model import Source
from hearth_control.plan.model import Endpoint
from hearth_control.plan.wire import Stand, endpoint_of, is_secure, reach

pytestmark = pytest.mark.unit

OFFERED = "http://ollama:11434/v1"
ELSEWHERE = "https://llm.example.org/v1"


@pytest.mark.parametrize(
    ("source", "stand", "url"),
    [
        pytest.param(Source.CONTAINER, Stand.CONTAINER, OFFERED, id="container-container"),
        pytest.param(
            Source.CONTAINER, Stand.PROCESS, "http://127.0.0.1:63030/v1", id="container-process"
        ),
        pytest.param(
            Source.LOCALHOST,
            Stand.CONTAINER,
            "http://host.docker.internal:63030/v1",
            id="localhost-container",
        ),
        pytest.param(
            Source.LOCALHOST, Stand.PROCESS, "http://127.0.0.1:63030/v1", id="localhost-process"
        ),
        pytest.param(
            Source.EMBEDDED,
            Stand.CONTAINER,
            "http://host.docker.internal:63030/v1",
            id="embedded-container",
        ),
        pytest.param(
            Source.EMBEDDED, Stand.PROCESS, "http://127.0.0.1:63030/v1", id="embedded-process"
        ),
        pytest.param(Source.EXTERNAL, Stand.CONTAINER, ELSEWHERE, id="external-container"),
        pytest.param(Source.EXTERNAL, Stand.PROCESS, ELSEWHERE, id="external-process"),
    ],
)
def test_reach_table(source: Source, stand: Stand, url: str) -> None:
    found = reach(source, stand, offered=OFFERED, host_port=63030, url=ELSEWHERE)
    assert found is not None
    assert found.url == url


@pytest.mark.parametrize(
    "source",
    [Source.DISABLED, Source.EXTERNAL, Source.LOCALHOST, Source.EMBEDDED],
)
def test_reach_nowhere(source: Source) -> None:
    assert reach(source, Stand.CONTAINER, offered=OFFERED, host_port=None) is None


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://api.example.org/v1", ("api.example.org", 443)),
        ("postgresql://db", ("db", 5432)),
        ("http://[::1]:8080", ("::1", 8080)),
        ("odd://thing", ("thing", 0)),
        ("http://thing:not-a-number", ("thing", 80)),
    ],
)
def test_endpoint_port(url: str, endpoint: tuple[str, int]) -> None:
    host, port = endpoint
    assert endpoint_of(url) == Endpoint(url=url, host=host, port=port)


def test_scheme_says_whether_tls_is_spoken() -> None:
    urls = ("redis://cache", "rediss://cache", "http://llm", "https://llm/v1")
    assert [is_secure(url) for url in urls] == [False, True, False, True]
