"""Reading which models there are: the catalog's, then the person's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from hearth_control.catalog.errors import CatalogError, CatalogUnreadableError
from hearth_control.catalog.findings import Finding
from hearth_control.models.model import Model
from hearth_control.models.parse import parse_models

FILE: Final = "models.yaml"


def load_models(catalog: Path, *, home: Path) -> Mapping[str, Model]:
    """Read both files; a model of the person's own takes the place of one with its name.

    Raises:
        CatalogError: a file is wrong; it carries every finding.
        CatalogUnreadableError: a file cannot be read.
    """
    found = dict(parse_models(_read(catalog / FILE), path=f"{catalog.name}/{FILE}"))
    own = home / FILE
    if own.is_file():
        found |= parse_models(_read(own), path=str(own))
    return MappingProxyType(found)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CatalogError([Finding(path=str(path), what="is not UTF-8")]) from None
    except OSError as cause:
        text = f"{path}: cannot be read"
        raise CatalogUnreadableError(text, hint=f"ls -l {path}") from cause
