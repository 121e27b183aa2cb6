"""What may stand open at the gateway without login. Pure.

Checked at every load: a path is written into the gateway's file, and one that opens a whole
service, or the tools that agents call, would undo the login in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from hearth_control.catalog.findings import Finding
from hearth_control.catalog.model import Catalog, Route, Service

_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_~.-]+)+/?\*?")
_TOOLS: Final = "/mcp"


def check_doors(catalog: Catalog) -> Iterator[Finding]:
    """Find open paths that open too much, or that no gateway can be told."""
    for service in catalog.services.values():
        if service.route is not None:
            yield from _open_paths(service, service.route)


def _open_paths(service: Service, route: Route) -> Iterator[Finding]:
    for path in route.open_paths:
        what = _wrong(path)
        if what:
            yield Finding(path=service.path, where="x-hearth.route.open_paths", what=what)


def _wrong(path: str) -> str:
    if path in {"/", "/*", "*"}:
        return f"`{path}` opens all of it; say `access: open`, or name what is open"
    if not _PATH.fullmatch(path) or {".", ".."} & {*path.split("/")}:
        return f"`{path}` is no plain path; write it as `/hooks/` or `/health`"
    if path.rstrip("*/").startswith(_TOOLS) or (
        path.endswith("*") and _TOOLS.startswith(path[:-1])
    ):
        return f"`{path}` opens the tools that agents call; they always ask for a token"
    return ""
