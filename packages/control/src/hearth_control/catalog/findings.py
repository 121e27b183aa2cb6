"""What is wrong with a catalog file, one value a fault.

Parsing and rules collect these in file order and never stop at the first.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault of one file.

    `where` is the place as the person wrote it (`x-hearth.needs`), empty for the whole file;
    `line` counts from 1.
    """

    path: str
    what: str
    where: str = ""
    line: int | None = None

    def __str__(self) -> str:
        """Give the fault as it is printed: `path:line: where: what`."""
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return ": ".join(part for part in (place, self.where, self.what) if part)


Path = tuple[str | int, ...]
"""Keys and list positions from the root of a file."""


def dotted(path: Path) -> str:
    """Write a path as a person would: `services.n8n.ports[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
