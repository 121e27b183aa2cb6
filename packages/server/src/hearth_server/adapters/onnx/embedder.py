"""The port `Embedder` over a model folder, its checksum pinned.

The tokenizer file may bring a fixed padding and a truncation of its own; both are reset, since
padding to 128 wastes work on short texts and a hidden truncation loses the end of long ones.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hearth_server.capabilities.knowledge.errors import EmbedderDownError
from hearth_server.capabilities.knowledge.model import EmbedderInfo
from hearth_server.capabilities.knowledge.vectors import normalise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MODEL: Final = "model.onnx"
_TOKENIZER: Final = "tokenizer.json"
_DEFAULT_MAX: Final = 512
_BATCH: Final = 32
HINT: Final = "hearth-server settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    session: Any
    tokenizer: Any
    counter: Any
    inputs: frozenset[str]
    info: EmbedderInfo


class OnnxEmbedder:
    """Loads the model at first use and keeps it; works in a thread, with threads of its own."""

    def __init__(self, folder: Path, *, sha256: str = "", threads: int = 2) -> None:
        self._folder = folder
        self._sha256 = sha256.lower()
        self._threads = threads
        self._loaded: _Loaded | None = None
        self._lock = threading.Lock()

    async def info(self) -> EmbedderInfo:
        """Load the model where that has not happened yet, and say who it is."""
        return (await asyncio.to_thread(self._load)).info

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Count by the model's own tokenizer, without its start and end marks."""
        encodings = self._load().counter.encode_batch(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts in a thread, the longest together, so that little is padding."""
        return await asyncio.to_thread(self._embed, list(texts))

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        loaded = self._load()
        result = np.zeros((len(texts), loaded.info.dimension), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            result[chosen] = _run(loaded, [texts[index] for index in chosen], self._folder)
        return result

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = _open(self._folder, self._sha256, self._threads)
            return self._loaded


def _open(folder: Path, sha256: str, threads: int) -> _Loaded:
    model, tokenizer_file = folder / _MODEL, folder / _TOKENIZER
    for file in (model, tokenizer_file):
        if not file.is_file():
            msg = f"embedder: `{file}` is missing"
            raise EmbedderDownError(msg, hint=HINT)
    digest = _checksum(model)
    if sha256 and digest != sha256:
        msg = f"embedder: `{model}` has the checksum `{digest}`, expected `{sha256}`"
        raise EmbedderDownError(msg, hint=HINT)
    import onnxruntime  # type: ignore[import-untyped]  # ships no types
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
        counter = Tokenizer.from_file(str(tokenizer_file))
    except Exception as error:
        msg = f"embedder: the model in `{folder}` cannot be loaded"
        raise EmbedderDownError(msg, hint=HINT) from error
    limit = _max_tokens(folder)
    for each in (tokenizer, counter):
        each.no_padding()
        each.no_truncation()
    tokenizer.enable_truncation(limit)
    inputs = frozenset(entry.name for entry in session.get_inputs())
    special = tokenizer.num_special_tokens_to_add(is_pair=False)
    probe = _Loaded(
        session=session,
        tokenizer=tokenizer,
        counter=counter,
        inputs=inputs,
        info=EmbedderInfo(name="", dimension=0, max_tokens=limit - special),
    )
    dimension = int(_run(probe, ["probe"], folder).shape[1])
    info = EmbedderInfo(name=f"onnx-{digest[:12]}", dimension=dimension, max_tokens=limit - special)
    return _Loaded(session=session, tokenizer=tokenizer, counter=counter, inputs=inputs, info=info)


def _checksum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _max_tokens(folder: Path) -> int:
    """Read the model's own limit, where the folder says it.

    Source: `sentence_bert_config.json` of sentence-transformers; `config.json` of transformers.
    """
    for name, key in (
        ("sentence_bert_config.json", "max_seq_length"),
        ("config.json", "max_position_embeddings"),
    ):
        file = folder / name
        if file.is_file():
            value = json.loads(file.read_text(encoding="utf-8")).get(key)
            if isinstance(value, int) and value > 2:
                return value
    return _DEFAULT_MAX


def _run(loaded: _Loaded, texts: Sequence[str], folder: Path) -> NDArray[np.float32]:
    import numpy as np

    encodings = loaded.tokenizer.encode_batch(list(texts))
    width = max(1, *(len(encoding.ids) for encoding in encodings))
    ids = np.zeros((len(texts), width), dtype=np.int64)
    mask = np.zeros((len(texts), width), dtype=np.int64)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
    feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    try:
        (output, *_) = loaded.session.run(
            None, {name: value for name, value in feed.items() if name in loaded.inputs}
        )
    except Exception as error:
        msg = f"embedder: the model in `{folder}` failed to run"
        raise EmbedderDownError(msg, hint=HINT) from error
    return normalise(_pool(output, mask))


def _pool(output: NDArray[np.float32], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    """Take the mean over the tokens that are not padding; a pooled output is taken as it is."""
    import numpy as np

    if output.ndim == 2:
        return output.astype(np.float32)
    weights = mask[:, :, None].astype(np.float32)
    total: NDArray[np.float32] = (output * weights).sum(axis=1)
    mean: NDArray[np.float32] = total / np.maximum(weights.sum(axis=1), 1.0)
    return mean
