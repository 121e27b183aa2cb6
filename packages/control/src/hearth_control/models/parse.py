"""The file of models to values: pure, and every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from hearth_control.catalog.errors import CatalogError
from hearth_control.catalog.faults import faults
from hearth_control.catalog.findings import Finding, dotted
from hearth_control.catalog.tree import read_tree
from hearth_control.models.model import CARD, TOKENIZER, WEIGHTS, Model, ModelFile, Task


def _source(value: str) -> str:
    parts = urlsplit(value)
    is_path = not parts.scheme and not parts.netloc and not value.startswith("/")
    if ".." in parts.path.split("/") or not (is_path or parts.scheme in {"http", "https"}):
        msg = f"should be a path below the hub or an address, found `{value}`"
        raise ValueError(msg)
    return value


def _files(value: dict[str, _FileBlock]) -> dict[str, _FileBlock]:
    for name in (WEIGHTS, TOKENIZER):
        if name not in value:
            msg = f"should have `{name}`"
            raise ValueError(msg)
    if CARD in value:
        msg = f"should not have `{CARD}`, which is written from what stands here"
        raise ValueError(msg)
    return value


_Text = Annotated[str, StringConstraints(min_length=1)]
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class _FileBlock(_Block):
    source: Annotated[_Text, AfterValidator(_source)] = Field(alias="from")
    size: int = Field(gt=0)
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _ModelBlock(_Block):
    task: Literal["embedding", "reranking"]
    summary: _Text
    home: _Text
    licence: _Text
    languages: _Text
    files: Annotated[dict[_Name, _FileBlock], AfterValidator(_files)]
    max_tokens: int = Field(ge=16, le=65_536)
    dimension: int = Field(default=0, ge=0, le=16_000)
    pooling: Literal["mean", "first"] = "mean"
    query_prefix: str = ""
    passage_prefix: str = ""
    like: float = Field(default=0.3, ge=-1, le=1)


class _Document(_Block):
    models: dict[_Name, _ModelBlock]


def parse_models(text: str, *, path: str) -> Mapping[str, Model]:
    """Turn the file of models into values, by name, in the file's order.

    `path` is how findings name the file.

    Raises:
        CatalogError: with every finding of the file.
    """
    tree = read_tree(text)
    if tree.problems:
        raise CatalogError(
            [
                Finding(path=path, line=one.line, where=dotted(one.path), what=one.what)
                for one in tree.problems
            ]
        )
    try:
        document = _Document.model_validate(tree.value)
    except ValidationError as error:
        found = [
            Finding(path=path, line=tree.line(place), where=dotted(place), what=what)
            for place, what in faults(error, _Document)
        ]
        raise CatalogError(sorted(found, key=lambda one: one.line or 0)) from None
    return MappingProxyType({name: _model(name, one) for name, one in document.models.items()})


def _model(name: str, block: _ModelBlock) -> Model:
    return Model(
        name=name,
        task=Task(block.task),
        summary=block.summary,
        home=block.home,
        licence=block.licence,
        languages=block.languages,
        files=tuple(
            ModelFile(name=file, source=one.source, size=one.size, sha256=one.sha256)
            for file, one in block.files.items()
        ),
        max_tokens=block.max_tokens,
        dimension=block.dimension,
        pooling=block.pooling,
        query_prefix=block.query_prefix,
        passage_prefix=block.passage_prefix,
        like=block.like,
    )
