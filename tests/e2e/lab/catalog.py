"""Which images the catalog names: read as text, so that the lab needs nothing but Python."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lab.place import REPOSITORY

_IMAGE = re.compile(r"^\s*(?:-\s+)?\"?image\"?:\s*[\"']?([^\s\"'#{}]+:[^\s\"'#{},]+)", re.MULTILINE)
_INLINE = re.compile(r"[{,]\s*image:\s*[\"']?([^\s\"'#{},]+:[^\s\"'#{},]+)")
_PORTS = (
    re.compile(r"://[^\s:/\"'}]+:(\d{2,5})"),
    re.compile(r"/dev/tcp/[^/\s]+/(\d{2,5})"),
    re.compile(r"\btarget:\s*(\d{2,5})"),
    re.compile(r"^  metrics:\s*(\d{2,5})$", re.MULTILINE),
    re.compile(r"\b(?:container_)?port:\s*(\d{2,5})\b"),
)
OWN = "hearth/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One image that the catalog names, and the ports that its service file speaks of."""

    name: str
    ports: tuple[int, ...]

    @property
    def repository(self) -> str:
        """The name without its tag."""
        return self.name.rpartition(":")[0]


def named_images(catalog: Path = REPOSITORY / "catalog") -> tuple[Named, ...]:
    """Read every image of the catalog, hardware variants included, in order of name."""
    found: dict[str, set[int]] = {}
    for file in sorted(catalog.glob("*/*/compose.y*ml")):
        text = file.read_text(encoding="utf-8")
        ports = {int(port) for pattern in _PORTS for port in pattern.findall(text)}
        for name in (*_IMAGE.findall(text), *_INLINE.findall(text)):
            # Nobody can make an image with a digest that is known beforehand.
            if "@" not in name:
                found.setdefault(name, set()).update(ports)
    return tuple(
        Named(name=name, ports=tuple(sorted(ports))) for name, ports in sorted(found.items())
    )
