"""Tiny models that really run: a table of vectors, and a cross-encoder that counts common words.

Needs the `onnx` package, which only development has.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import numpy as np

DIMENSION: Final = 16
WORDS: Final = (
    "[PAD]",
    "[CLS]",
    "[SEP]",
    "[UNK]",
    "the",
    "river",
    "runs",
    "to",
    "sea",
    "one",
    "two",
)
_LETTERS: Final = 200


def table() -> np.ndarray[Any, np.dtype[np.float32]]:
    """Give the vector of each token. Shape: (tokens, 16)."""
    rows = np.random.default_rng(5).normal(size=(len(WORDS) + 300, DIMENSION))
    return rows.astype(np.float32)


def write_embedder(folder: Path, *, is_scaled: bool = False) -> str:
    """Write a model that gives each token its row of the table, and its checksum.

    With `is_scaled` it rounds them to a byte by the largest of all that run together, as models do
    that were quantised dynamically. Output: `last_hidden_state` of (texts, tokens, 16).
    """
    from onnx import TensorProto, helper, numpy_helper

    output = helper.make_tensor_value_info(
        "last_hidden_state", TensorProto.FLOAT, ["n", "t", DIMENSION]
    )
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("Cast", ["attention_mask"], ["unused"], to=TensorProto.FLOAT),
    ]
    if is_scaled:
        nodes += [
            helper.make_node("DynamicQuantizeLinear", ["rows"], ["bytes", "scale", "zero"]),
            helper.make_node("DequantizeLinear", ["bytes", "scale", "zero"], ["last_hidden_state"]),
        ]
    else:
        nodes.append(helper.make_node("Identity", ["rows"], ["last_hidden_state"]))
    weights = [numpy_helper.from_array(table(), "table")]
    return _write(folder, nodes, ["input_ids", "attention_mask"], output, weights)


def write_reranker(folder: Path) -> str:
    """Write a cross-encoder whose logit is the number of pairs of equal tokens, and its checksum.

    It tells query from passage by `token_type_ids`, as BERT does. Output: `logits` of (pairs, 1).
    """
    from onnx import TensorProto, helper, numpy_helper

    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1])
    nodes = [
        helper.make_node("Unsqueeze", ["input_ids", "second"], ["across"]),
        helper.make_node("Unsqueeze", ["input_ids", "third"], ["down"]),
        helper.make_node("Equal", ["across", "down"], ["equal"]),
        helper.make_node("Cast", ["equal"], ["same"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["attention_mask"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["token_type_ids"], ["passage"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["real", "passage"], ["query"]),
        helper.make_node("Unsqueeze", ["query", "third"], ["of_query"]),
        helper.make_node("Unsqueeze", ["passage", "second"], ["of_passage"]),
        helper.make_node("Mul", ["same", "of_query"], ["left"]),
        helper.make_node("Mul", ["left", "of_passage"], ["both"]),
        helper.make_node("ReduceSum", ["both", "axes"], ["pairs"], keepdims=0),
        # The mark at the end stands in both.
        helper.make_node("Sub", ["pairs", "mark"], ["words"]),
        helper.make_node("Unsqueeze", ["words", "second"], ["logits"]),
    ]
    weights = [
        numpy_helper.from_array(np.array([1], np.int64), "second"),
        numpy_helper.from_array(np.array([2], np.int64), "third"),
        numpy_helper.from_array(np.array([1, 2], np.int64), "axes"),
        numpy_helper.from_array(np.array(1, np.float32), "mark"),
    ]
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    return _write(folder, nodes, inputs, output, weights)


def write_tokenizer(folder: Path) -> None:
    """Write a word tokenizer with marks, and with the fixed padding and truncation to undo."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {word: number for number, word in enumerate(WORDS)}
    vocabulary |= {chr(33 + n): len(WORDS) + n for n in range(_LETTERS)}
    tokenizer = Tokenizer(
        models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=9)  # noqa: S106  a token of a vocabulary
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    tokenizer.enable_padding(length=128)
    tokenizer.enable_truncation(5)
    tokenizer.save(str(folder / "tokenizer.json"))


def _write(
    folder: Path,
    nodes: list[Any],
    inputs: list[str],
    output: Any,  # noqa: ANN401  protobuf messages are not typed
    weights: list[Any],
) -> str:
    import onnx
    from onnx import TensorProto, helper

    given = [helper.make_tensor_value_info(each, TensorProto.INT64, ["n", "t"]) for each in inputs]
    graph = helper.make_graph(nodes, "tiny", given, [output], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    content = model.SerializeToString()
    (folder / "model.onnx").write_bytes(content)
    return hashlib.sha256(content).hexdigest()
