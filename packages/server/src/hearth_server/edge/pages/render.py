"""Templates and static files, read once, and how values are written for people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

_HERE: Final = Path(__file__).parent
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """One file that pages link to."""

    content: bytes
    media_type: str
    version: str


class Renderer:
    """Turns values into pages. Everything is escaped; an unknown name in a template is an error."""

    def __init__(self) -> None:
        self._static = {path.name: _read(path) for path in sorted((_HERE / "static").iterdir())}
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update(
            size=size, prose=prose, moment=moment, score=score, rank=rank
        )
        self._environment.globals["static"] = self.static_url

    def static_url(self, name: str) -> str:
        """Give a static file's address, which changes with its content."""
        return f"/static/{name}?v={self._static[name].version}"

    def page(self, template: str, values: Mapping[str, Any], *, status: int = 200) -> Response:
        """Render one page."""
        return HTMLResponse(self.fragment(template, values), status_code=status)

    def fragment(self, template: str, values: Mapping[str, Any]) -> str:
        """Render a piece of a page."""
        return self._environment.get_template(template).render(**values)

    async def serve_static(self, request: Request) -> Response:
        """Answer with a static file."""
        found = self._static.get(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        is_current = request.query_params.get("v") == found.version
        keep = "public, max-age=31536000, immutable" if is_current else "no-cache"
        headers = {"cache-control": keep}
        return Response(found.content, media_type=found.media_type, headers=headers)


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    version = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(content=content, media_type=_TYPES[path.suffix], version=version)


def size(value: int) -> str:
    """Write a number of bytes for people."""
    amount = float(value)
    unit = "bytes"
    for larger in ("kB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"


def prose(text: str) -> Markup:
    """Write a sentence of ours: what stands in backticks is set as code, all is escaped."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    code = Markup("<code>{}</code>")
    return Markup("").join(
        code.format(part) if place % 2 else part for place, part in enumerate(parts)
    )


def moment(value: str) -> str:
    """Write a time, given as RFC 3339, for people."""
    return datetime.fromisoformat(value).strftime("%-d %b %Y, %H:%M UTC")


def score(value: float | None) -> str:
    """Write a score; a leg that did not run has none."""
    return "did not run" if value is None else f"{value:.3f}"


def rank(value: int | None) -> str:
    """Write a rank; a passage that a leg did not find has none."""
    return "not found" if value is None else str(value)
