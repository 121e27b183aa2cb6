"""A model folder: `model.onnx`, `tokenizer.json`, and perhaps a `model.json` that says how to ask.

Shape of `model.json`, every key optional: `name`; `pooling`, `mean` or `first`; `max_tokens`;
`query_prefix` and `passage_prefix`, which a model was trained to see before its texts; `like`, the
cosine from which two texts are alike to it.
`hearth models pull` writes one. Without it the model is asked in the way most are: the mean over
its tokens, and no prefix.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from hearth_kit.errors import UnavailableError

from hearth_server.capabilities.knowledge.model import LIKE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
CARD: Final = "model.json"
HINT: Final = "hearth-server settings"
_DEFAULT_MAX: Final = 512
_BATCH: Final = 8
"""Texts that run together: more take as long each, and several times the memory."""
_SCALED_AS_IT_RUNS: Final = b"DynamicQuantizeLinear"

Down = Callable[[str], UnavailableError]
"""Makes the error of whoever loads the model out of what is wrong with its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """How a model wants to be asked."""

    name: str = ""
    pooling: Literal["mean", "first"] = "mean"
    max_tokens: int = 0
    """0: as the folder's own configuration says."""
    query_prefix: str = ""
    passage_prefix: str = ""
    like: float = LIKE


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A model that runs."""

    session: Any
    tokenizer: Any
    """Cuts at `limit`; `counter` never cuts."""
    counter: Any
    inputs: frozenset[str]
    card: Card
    digest: str
    limit: int
    """Tokens that one text may have, marks included."""
    batch: int
    """Texts that may run together."""


def open_folder(folder: Path, *, sha256: str, threads: int, down: Down) -> Loaded:
    """Load a model and its tokenizer.

    The tokenizer file may bring a fixed padding and a truncation of its own; both are reset, since
    padding to 128 wastes work on short texts and a hidden truncation loses the end of long ones.

    Raises:
        UnavailableError: of the kind that `down` makes; a file is missing, wrong or broken.
    """
    model, tokenizer_file = folder / MODEL, folder / TOKENIZER
    for file in (model, tokenizer_file):
        if not file.is_file():
            raise down(f"`{file}` is missing")
    digest, is_scaled = _look(model)
    if sha256 and digest != sha256:
        raise down(f"`{model}` has the checksum `{digest}`, expected `{sha256}`")
    card = read_card(folder, down)
    import onnxruntime  # type: ignore[import-untyped]  # ships no types
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin for their next piece of work take a fifth more of the processor; on a busy
    # machine they keep those from it whom they wait for.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
        counter = Tokenizer.from_file(str(tokenizer_file))
    except Exception as error:
        raise down(f"the model in `{folder}` cannot be loaded") from error
    limit = card.max_tokens or _max_tokens(folder)
    for each in (tokenizer, counter):
        each.no_padding()
        each.no_truncation()
    tokenizer.enable_truncation(limit)
    return Loaded(
        session=session,
        tokenizer=tokenizer,
        counter=counter,
        inputs=frozenset(entry.name for entry in session.get_inputs()),
        card=card,
        digest=digest,
        limit=limit,
        # Such a model takes the scale of each layer from all that runs together, padding included:
        # what it says of a text would change with the texts beside it.
        batch=1 if is_scaled else _BATCH,
    )


def read_card(folder: Path, down: Down) -> Card:
    """Read how the model wants to be asked; what is not said is as usual.

    Raises:
        UnavailableError: of the kind that `down` makes; the file says something else.
    """
    file = folder / CARD
    if not file.is_file():
        return Card()
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        card = Card(
            name=said.get("name", ""),
            pooling=said.get("pooling", "mean"),
            max_tokens=said.get("max_tokens", 0),
            query_prefix=said.get("query_prefix", ""),
            passage_prefix=said.get("passage_prefix", ""),
            like=said.get("like", LIKE),
        )
    except (OSError, ValueError, AttributeError) as error:
        raise down(f"`{file}` cannot be read") from error
    texts = (card.name, card.query_prefix, card.passage_prefix)
    is_right = (
        all(isinstance(text, str) for text in texts)
        and card.pooling in {"mean", "first"}
        and type(card.max_tokens) is int
        and (card.max_tokens == 0 or card.max_tokens >= 16)
        and type(card.like) in {int, float}
        and -1 <= card.like <= 1
    )
    if not is_right:
        raise down(f"`{file}` does not describe a model")
    return card


def run(loaded: Loaded, texts: Sequence[str | tuple[str, str]]) -> tuple[Any, NDArray[np.int64]]:
    """Run texts, or pairs of texts, together: the first output, and which tokens are no padding."""
    import numpy as np

    encodings = loaded.tokenizer.encode_batch(list(texts))
    width = max(1, *(len(encoding.ids) for encoding in encodings))
    ids, mask, kinds = (np.zeros((len(texts), width), dtype=np.int64) for _ in range(3))
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
        kinds[row, : len(encoding.ids)] = encoding.type_ids
    feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": kinds}
    (output, *_) = loaded.session.run(
        None, {name: value for name, value in feed.items() if name in loaded.inputs}
    )
    return output, mask


def batches(loaded: Loaded, lengths: Sequence[int]) -> list[list[int]]:
    """Say which texts run together: those of like length, so that little is padding."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    return [order[start : start + loaded.batch] for start in range(0, len(order), loaded.batch)]


def _look(model: Path) -> tuple[str, bool]:
    """Give a model's checksum, and whether it is one that is scaled as it runs."""
    with model.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if not model.stat().st_size:
            return digest, False
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return digest, content.find(_SCALED_AS_IT_RUNS) >= 0


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
