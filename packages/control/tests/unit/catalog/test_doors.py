"""What a service file may leave open at the gateway."""

from __future__ import annotations

import pytest
from builders import catalog, service
from hearth_control.catalog.doors import check_doors
from hearth_control.catalog.model import Route

pytestmark = pytest.mark.unit

WHERE = "catalog/03-apps/one/compose.yaml: x-hearth.route.open_paths"


def said(*paths: str) -> list[str]:
    one = service("one", route=Route(name="one", open_paths=paths))
    return [str(finding) for finding in check_doors(catalog(one))]


@pytest.mark.parametrize(
    "path", ["/healthz", "/api/v1/", "/webhook/*", "/share*", "/.well-known/a.b", "/x_y~z"]
)
def test_plain_paths_may_be_open(path: str) -> None:
    assert said(path) == []


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/", "`/` opens all of it; say `access: open`, or name what is open"),
        ("/*", "`/*` opens all of it; say `access: open`, or name what is open"),
        ("health", "`health` is no plain path; write it as `/hooks/` or `/health`"),
        ("/a b", "`/a b` is no plain path; write it as `/hooks/` or `/health`"),
        ("/a*/b", "`/a*/b` is no plain path; write it as `/hooks/` or `/health`"),
        ("/a/../b", "`/a/../b` is no plain path; write it as `/hooks/` or `/health`"),
        ("/a`\n}", "`/a`\n}` is no plain path; write it as `/hooks/` or `/health`"),
        ("/mcp", "`/mcp` opens the tools that agents call; they always ask for a token"),
        ("/mcp/x*", "`/mcp/x*` opens the tools that agents call; they always ask for a token"),
        ("/mc*", "`/mc*` opens the tools that agents call; they always ask for a token"),
    ],
)
def test_too_much_is_found(path: str, what: str) -> None:
    assert said(path) == [f"{WHERE}: {what}"]
