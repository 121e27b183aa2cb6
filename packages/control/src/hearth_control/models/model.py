"""What is known of a model, and where its files are to be had. Pure values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal
from urllib.parse import urljoin

WEIGHTS: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
CARD: Final = "model.json"
"""What the lambda server reads to know how a model wants to be asked."""

Pooling = Literal["mean", "first"]


class Task(StrEnum):
    """What a model is for."""

    EMBEDDING = "embedding"
    RERANKING = "reranking"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of a model, pinned."""

    name: str
    source: str
    """An address, or a path below the hub's."""
    size: int
    """Bytes."""
    sha256: str

    def url(self, hub: str) -> str:
        """Give its address at a hub."""
        return urljoin(hub.rstrip("/") + "/", self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model. `dimension` is 0 where it gives no vectors."""

    name: str
    task: Task
    summary: str
    home: str
    licence: str
    languages: str
    files: tuple[ModelFile, ...]
    max_tokens: int
    dimension: int = 0
    pooling: Pooling = "mean"
    query_prefix: str = ""
    passage_prefix: str = ""
    like: float = 0.3
    """Cosine from which two texts are alike to it."""

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    def file(self, name: str) -> ModelFile:
        """Find a file by name; the weights and the tokenizer are always there."""
        return next(file for file in self.files if file.name == name)

    def card(self) -> str:
        """Write what the lambda server has to know, as the text of `model.json`."""
        said: dict[str, object] = {
            "name": self.name,
            "task": self.task.value,
            "home": self.home,
            "licence": self.licence,
            "max_tokens": self.max_tokens,
            "sha256": {file.name: file.sha256 for file in self.files},
        }
        if self.task is Task.EMBEDDING:
            said |= {
                "pooling": self.pooling,
                "query_prefix": self.query_prefix,
                "passage_prefix": self.passage_prefix,
                "like": self.like,
            }
        return json.dumps(said, indent=2, ensure_ascii=False) + "\n"
