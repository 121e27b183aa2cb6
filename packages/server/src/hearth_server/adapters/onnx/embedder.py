"""The port `Embedder` over a model's folder, its checksum pinned."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hearth_server.adapters.onnx.folder import HINT, Card, Loaded, batches, open_folder, run
from hearth_server.capabilities.knowledge.errors import EmbedderDownError
from hearth_server.capabilities.knowledge.model import EmbedderInfo
from hearth_server.capabilities.knowledge.vectors import normalise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class _Ready:
    model: Loaded
    info: EmbedderInfo


class OnnxEmbedder:
    """Loads the model at first use and keeps it; works in a thread, with threads of its own."""

    def __init__(self, folder: Path, *, sha256: str = "", threads: int = 2) -> None:
        self._folder = folder
        self._sha256 = sha256.lower()
        self._threads = threads
        self._ready: _Ready | None = None
        self._lock = threading.Lock()

    async def info(self) -> EmbedderInfo:
        """Load the model where that has not happened yet, and say who it is."""
        return (await asyncio.to_thread(self._load)).info

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Count by the model's own tokenizer, without its start and end marks."""
        return _count(self._load().model, texts)

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts in a thread, the longest together, so that little is padding."""
        return await asyncio.to_thread(self._embed, list(texts))

    async def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed a question as the model was trained to see one."""
        return await asyncio.to_thread(self._embed_query, text)

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        ready = self._load()
        result = np.zeros((len(texts), ready.info.dimension), dtype=np.float32)
        prefix = ready.model.card.passage_prefix
        for chosen in batches(ready.model, [len(text) for text in texts]):
            together = [prefix + texts[index] for index in chosen]
            result[chosen] = self._run(ready.model, together)
        return result

    def _embed_query(self, text: str) -> NDArray[np.float32]:
        model = self._load().model
        vector: NDArray[np.float32] = self._run(model, [model.card.query_prefix + text])[0]
        return vector

    def _load(self) -> _Ready:
        with self._lock:
            if self._ready is None:
                self._ready = self._open()
            return self._ready

    def _open(self) -> _Ready:
        model = open_folder(self._folder, sha256=self._sha256, threads=self._threads, down=_down)
        card = model.card
        marks = int(model.tokenizer.num_special_tokens_to_add(is_pair=False))
        prefix = max(_count(model, [card.passage_prefix, card.query_prefix]))
        info = EmbedderInfo(
            name=_name(card, model.digest),
            dimension=int(self._run(model, ["probe"]).shape[1]),
            max_tokens=model.limit - marks - prefix,
            like=card.like,
        )
        return _Ready(model, info)

    def _run(self, model: Loaded, texts: Sequence[str]) -> NDArray[np.float32]:
        try:
            output, mask = run(model, texts)
        except Exception as error:
            raise _down(f"the model in `{self._folder}` failed to run") from error
        return normalise(_pool(output, mask, model.card))


def _count(model: Loaded, texts: Sequence[str]) -> list[int]:
    encodings = model.counter.encode_batch(list(texts), add_special_tokens=False)
    return [len(encoding.ids) for encoding in encodings]


def _down(what: str) -> EmbedderDownError:
    return EmbedderDownError(f"embedder: {what}", hint=HINT)


def _name(card: Card, digest: str) -> str:
    """Name the vectors: others come out of the same model where it is asked in another way."""
    way = {"pooling": card.pooling, "passage": card.passage_prefix, "query": card.query_prefix}
    if way != {"pooling": "mean", "passage": "", "query": ""}:
        digest = hashlib.sha256(json.dumps([digest, way]).encode()).hexdigest()
    return f"{card.name or 'onnx'}-{digest[:12]}"


def _pool(output: NDArray[np.float32], mask: NDArray[np.int64], card: Card) -> NDArray[np.float32]:
    """Take the mean over the tokens that are not padding, or the first of them.

    An output that is pooled already is taken as it is.
    """
    import numpy as np

    if output.ndim == 2:
        return output.astype(np.float32)
    if card.pooling == "first":
        first: NDArray[np.float32] = output[:, 0, :].astype(np.float32)
        return first
    weights = mask[:, :, None].astype(np.float32)
    total: NDArray[np.float32] = (output * weights).sum(axis=1)
    mean: NDArray[np.float32] = total / np.maximum(weights.sum(axis=1), 1.0)
    return mean
