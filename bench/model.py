"""An embedding model of realistic cost, with weights drawn at random.

Six layers of BERT, 384 wide, as the small models have that people run on a CPU (all-MiniLM-L6-v2:
22.7 million numbers, 90 MB): the same operations on the same shapes take the same time, whatever
the numbers are. What it finds means nothing, so nothing about quality may be measured with it.

Source: Devlin et al., "BERT" (2019), section 3; the configuration of all-MiniLM-L6-v2.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

LAYERS, WIDTH, HEADS, INNER, VOCABULARY, POSITIONS, MAX_TOKENS = 6, 384, 12, 1536, 30_522, 512, 256
_MARKS = ("[PAD]", "[CLS]", "[SEP]", "[UNK]")


def write_model(folder: Path, words: Sequence[str]) -> None:
    """Write `model.onnx`, its tokenizer, which knows these words whole, and its limit."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(_Graph().model().SerializeToString())
    letters = [chr(code) for code in range(33, 127)]
    known = dict.fromkeys([*_MARKS, *letters, *(f"##{each}" for each in letters), *words])
    tokenizer = Tokenizer(
        models.WordPiece({word: n for n, word in enumerate(known)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": MAX_TOKENS}))


class _Graph:
    """Builds the network node by node; each step gives the name of its result."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(11)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def model(self) -> onnx.ModelProto:
        """Give the whole network: ids and mask in, `last_hidden_state` out."""
        shape = ["n", "t"]
        ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, shape)
        mask = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, shape)
        result = helper.make_tensor_value_info(
            "last_hidden_state", TensorProto.FLOAT, [*shape, WIDTH]
        )
        state = self._embeddings()
        hidden = self._bias()
        for _ in range(LAYERS):
            state = self._layer(state, hidden)
        self._node("Identity", [state], name="last_hidden_state")
        graph = helper.make_graph(self._nodes, "bench", [ids, mask], [result], self._weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def _embeddings(self) -> str:
        words = self._node("Gather", [self._weight(VOCABULARY, WIDTH), "input_ids"])
        length = self._node("Gather", [self._node("Shape", ["input_ids"]), self._numbers(1)])
        steps = [self._scalar(0), self._node("Squeeze", [length]), self._scalar(1)]
        places = self._node("Gather", [self._weight(POSITIONS, WIDTH), self._node("Range", steps)])
        return self._norm(self._node("Add", [words, places]))

    def _bias(self) -> str:
        """Give 0 for a token and a large negative number for padding: (n, 1, 1, t)."""
        mask = self._node("Cast", ["attention_mask"], to=TensorProto.FLOAT)
        wide = self._node("Unsqueeze", [mask, self._numbers(1, 2)])
        off = self._node("Sub", [self._float(1.0), wide])
        return self._node("Mul", [off, self._float(-10_000.0)])

    def _layer(self, state: str, bias: str) -> str:
        query, key, value = (self._heads(self._linear(state, WIDTH, WIDTH)) for _ in range(3))
        turned = self._node("Transpose", [key], perm=[0, 1, 3, 2])
        scores = self._node("MatMul", [query, turned])
        scaled = self._node("Div", [scores, self._float((WIDTH / HEADS) ** 0.5)])
        weights = self._node("Softmax", [self._node("Add", [scaled, bias])], axis=-1)
        mixed = self._node("MatMul", [weights, value])
        joined = self._node("Transpose", [mixed], perm=[0, 2, 1, 3])
        flat = self._node("Reshape", [joined, self._numbers(0, 0, WIDTH)])
        state = self._norm(self._node("Add", [state, self._linear(flat, WIDTH, WIDTH)]))
        inner = self._gelu(self._linear(state, WIDTH, INNER))
        return self._norm(self._node("Add", [state, self._linear(inner, INNER, WIDTH)]))

    def _heads(self, state: str) -> str:
        split = self._node("Reshape", [state, self._numbers(0, 0, HEADS, WIDTH // HEADS)])
        return self._node("Transpose", [split], perm=[0, 2, 1, 3])

    def _linear(self, state: str, wide: int, narrow: int) -> str:
        product = self._node("MatMul", [state, self._weight(wide, narrow)])
        return self._node("Add", [product, self._weight(narrow)])

    def _norm(self, state: str) -> str:
        ones = self._constant(np.ones(WIDTH, np.float32))
        return self._node("LayerNormalization", [state, ones, self._weight(WIDTH)], axis=-1)

    def _gelu(self, state: str) -> str:
        erf = self._node("Erf", [self._node("Div", [state, self._float(2**0.5)])])
        half = self._node("Mul", [state, self._float(0.5)])
        return self._node("Mul", [half, self._node("Add", [erf, self._float(1.0)])])

    def _weight(self, *shape: int) -> str:
        return self._constant(self._random.normal(0, 0.05, shape).astype(np.float32))

    def _float(self, value: float) -> str:
        return self._constant(np.array(value, np.float32))

    def _numbers(self, *values: int) -> str:
        return self._constant(np.array(values, np.int64))

    def _scalar(self, value: int) -> str:
        return self._constant(np.array(value, np.int64))

    def _constant(self, array: np.ndarray) -> str:
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(array, name))
        return name

    def _node(self, kind: str, inputs: Sequence[str], *, name: str = "", **options: object) -> str:
        result = name or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [result], **options))
        return result
