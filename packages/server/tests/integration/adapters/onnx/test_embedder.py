"""The local model adapter over a real, tiny model built here: a table of vectors and no more."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from hearth_server.adapters.onnx.embedder import OnnxEmbedder
from hearth_server.capabilities.knowledge.errors import EmbedderDownError
from hearth_server.testing.conformance import check_embedder
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

pytestmark = pytest.mark.integration

DIMENSION = 16
WORDS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "the", "river", "runs", "to", "sea", "one", "two"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model(tmp_path)
    write_tokenizer(tmp_path)
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 64}))
    return tmp_path


def table() -> np.ndarray:
    rows = np.random.default_rng(5).normal(size=(len(WORDS) + 300, DIMENSION))
    return rows.astype(np.float32)


def write_model(folder: Path) -> None:
    """Give each token its row of a table: `last_hidden_state` of (texts, tokens, dimension)."""
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["n", "t"])
    mask = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["n", "t"])
    output = helper.make_tensor_value_info(
        "last_hidden_state", TensorProto.FLOAT, ["n", "t", DIMENSION]
    )
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("Cast", ["attention_mask"], ["unused"], to=TensorProto.FLOAT),
        helper.make_node("Identity", ["rows"], ["last_hidden_state"]),
    ]
    weights = [numpy_helper.from_array(table(), "table")]
    graph = helper.make_graph(nodes, "tiny", [ids, mask], [output], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString())


def write_tokenizer(folder: Path) -> None:
    """Write a word tokenizer with marks, and with the fixed padding and truncation to undo."""
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    vocabulary |= {chr(33 + n): len(WORDS) + n for n in range(200)}
    tokenizer = Tokenizer(
        models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=9)
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    tokenizer.enable_padding(length=128)
    tokenizer.enable_truncation(5)
    tokenizer.save(str(folder / "tokenizer.json"))


def checksum(folder: Path) -> str:
    return hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()


async def test_vector_is_mean_of_tokens(folder: Path) -> None:
    """By hand: the marks and the words, no padding, and nothing cut off at five tokens."""
    (vector,) = await OnnxEmbedder(folder).embed(["the river runs to the sea"])
    mean = table()[[1, 4, 5, 6, 7, 4, 8, 2]].mean(axis=0)
    assert np.allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)


async def test_batch_equals_single(folder: Path) -> None:
    embedder = OnnxEmbedder(folder)
    texts = ["the", "the river runs to the sea", "one two", "sea " * 50]
    together = await embedder.embed(texts)
    for text, vector in zip(texts, together, strict=True):
        (alone,) = await embedder.embed([text])
        assert np.allclose(alone, vector, atol=1e-6)


async def test_tokens_are_the_models(folder: Path) -> None:
    embedder = OnnxEmbedder(folder)
    info = await embedder.info()
    assert (info.dimension, info.max_tokens) == (DIMENSION, 62)
    assert info.name == f"onnx-{checksum(folder)[:12]}"
    assert list(embedder.count_tokens(["the river", "", "sea " * 200])) == [2, 0, 200]


async def test_long_text_is_cut_at_limit(folder: Path) -> None:
    embedder = OnnxEmbedder(folder)
    cut, exact = await embedder.embed(["sea " * 500, "sea " * 62])
    assert np.allclose(cut, exact, atol=1e-6)


async def test_onnx_conforms(folder: Path) -> None:
    await check_embedder(OnnxEmbedder(folder))


async def test_checksum_is_checked(folder: Path) -> None:
    digest = checksum(folder)
    assert (await OnnxEmbedder(folder, sha256=digest.upper()).info()).dimension == DIMENSION
    with pytest.raises(EmbedderDownError) as caught:
        await OnnxEmbedder(folder, sha256="0" * 64).info()
    assert str(caught.value) == (
        f"embedder: `{folder / 'model.onnx'}` has the checksum `{digest}`, expected `{'0' * 64}`"
    )


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json"])
async def test_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(EmbedderDownError) as caught:
        await OnnxEmbedder(folder).info()
    assert str(caught.value) == f"embedder: `{folder / file}` is missing"


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json"])
async def test_broken_file_is_named(folder: Path, file: str) -> None:
    (folder / file).write_bytes(b"not a model")
    with pytest.raises(EmbedderDownError) as caught:
        await OnnxEmbedder(folder).info()
    assert str(caught.value) == f"embedder: the model in `{folder}` cannot be loaded"
