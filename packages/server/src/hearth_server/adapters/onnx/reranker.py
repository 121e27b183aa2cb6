"""The port `Reranker` over a cross-encoder's folder, its checksum pinned.

Source: Nogueira and Cho, "Passage Re-ranking with BERT" (2019): the query and a passage are read
together, and one number comes out.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hearth_server.adapters.onnx.folder import HINT, Loaded, batches, open_folder, run
from hearth_server.capabilities.knowledge.errors import RerankerDownError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class OnnxReranker:
    """Loads the model at first use and keeps it; works in a thread, with threads of its own."""

    def __init__(self, folder: Path, *, sha256: str = "", threads: int = 2) -> None:
        self._folder = folder
        self._sha256 = sha256.lower()
        self._threads = threads
        self._loaded: Loaded | None = None
        self._lock = threading.Lock()

    async def name(self) -> str:
        """Load the model where that has not happened yet, and say who it is."""
        model = await asyncio.to_thread(self._load)
        return f"{model.card.name or 'onnx'}-{model.digest[:12]}"

    async def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Score texts in a thread; a pair that is too long loses the end of its longer part."""
        return await asyncio.to_thread(self._score, query, list(texts))

    def _score(self, query: str, texts: Sequence[str]) -> list[float]:
        model = self._load()
        scores = [0.0] * len(texts)
        for chosen in batches(model, [len(text) for text in texts]):
            pairs = [(query, texts[index]) for index in chosen]
            for index, score in zip(chosen, self._run(model, pairs), strict=True):
                scores[index] = score
        return scores

    def _load(self) -> Loaded:
        with self._lock:
            if self._loaded is None:
                loaded = open_folder(
                    self._folder, sha256=self._sha256, threads=self._threads, down=_down
                )
                self._run(loaded, [("probe", "probe")])
                self._loaded = loaded
            return self._loaded

    def _run(self, model: Loaded, pairs: Sequence[tuple[str, str]]) -> list[float]:
        try:
            output, _ = run(model, pairs)
        except Exception as error:
            raise _down(f"the model in `{self._folder}` failed to run") from error
        if output.ndim != 2 or output.shape[1] not in {1, 2}:
            shape = "×".join(str(each) for each in output.shape)
            msg = f"the model in `{self._folder}` gives {shape} numbers, expected one a pair"
            raise _down(msg)
        return _likely(output)


def _likely(logits: NDArray[np.float32]) -> list[float]:
    """Turn one logit a pair, or two of which the second says yes, into numbers from 0 to 1."""
    import numpy as np

    wide: NDArray[Any] = logits.astype(np.float64)
    yes = wide[:, 0] if wide.shape[1] == 1 else wide[:, 1] - wide[:, 0]
    scores: list[float] = (1.0 / (1.0 + np.exp(-np.clip(yes, -500, 500)))).tolist()
    return scores


def _down(what: str) -> RerankerDownError:
    return RerankerDownError(f"reranker: {what}", hint=HINT)
