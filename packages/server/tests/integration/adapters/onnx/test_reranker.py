"""The local cross-encoder's adapter over a real, tiny one: it counts the words in common."""

from __future__ import annotations

import json
import math
from pathlib import Path

import onnx
import pytest
from hearth_server.adapters.onnx.reranker import OnnxReranker
from hearth_server.capabilities.knowledge.errors import RerankerDownError
from hearth_server.testing.models import write_embedder, write_reranker, write_tokenizer

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_reranker(tmp_path)
    write_tokenizer(tmp_path)
    return tmp_path


def likely(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))


async def test_query_and_passage_are_read_together(folder: Path) -> None:
    """By hand: `river` and `sea` stand in both, then one of them, then neither."""
    texts = ["the river runs to the sea", "one sea", "two"]
    scores = await OnnxReranker(folder).score("river sea", texts)
    assert scores == pytest.approx([likely(2), likely(1), likely(0)], abs=1e-6)


async def test_score_does_not_depend_on_what_stands_beside(folder: Path) -> None:
    reranker = OnnxReranker(folder)
    texts = ["sea", "the river runs to the sea " * 20, "", "one two"] * 20
    together = await reranker.score("sea one", texts)
    alone = [(await reranker.score("sea one", [text]))[0] for text in texts]
    assert together == pytest.approx(alone, abs=1e-6)
    assert await reranker.score("sea", []) == []


async def test_pair_that_is_too_long_is_cut(folder: Path) -> None:
    """Of a long query and a long passage the longer loses its end, so that both have a say."""
    (folder / "model.json").write_text(json.dumps({"max_tokens": 16}))
    (score,) = await OnnxReranker(folder).score("one " * 500, ["two " * 500 + "one"])
    assert score == pytest.approx(0.5)
    (score,) = await OnnxReranker(folder).score("one", ["one " + "two " * 500])
    assert score == pytest.approx(likely(1))


async def test_two_logits_are_no_and_yes(folder: Path) -> None:
    model = onnx.load(folder / "model.onnx")
    model.graph.node.append(onnx.helper.make_node("Neg", ["logits"], ["no"]))
    model.graph.node.append(
        onnx.helper.make_node("Concat", ["no", "logits"], ["both_logits"], axis=1)
    )
    model.graph.output[0].CopyFrom(
        onnx.helper.make_tensor_value_info("both_logits", onnx.TensorProto.FLOAT, ["n", 2])
    )
    onnx.save(model, folder / "model.onnx")
    scores = await OnnxReranker(folder).score("sea", ["sea", "two"])
    assert scores == pytest.approx([likely(2), likely(0)], abs=1e-6)


async def test_name_tells_models_apart(folder: Path) -> None:
    digest = write_reranker(folder)
    assert await OnnxReranker(folder, sha256=digest.upper()).name() == f"onnx-{digest[:12]}"
    (folder / "model.json").write_text(json.dumps({"name": "tiny"}))
    assert await OnnxReranker(folder).name() == f"tiny-{digest[:12]}"


async def test_embedding_model_is_refused(folder: Path) -> None:
    write_embedder(folder)
    with pytest.raises(RerankerDownError) as caught:
        await OnnxReranker(folder).score("sea", ["sea"])
    assert str(caught.value) == (
        f"reranker: the model in `{folder}` gives 1×5×16 numbers, expected one a pair"
    )


async def test_wrong_and_missing_files_are_named(folder: Path) -> None:
    with pytest.raises(RerankerDownError) as caught:
        await OnnxReranker(folder, sha256="0" * 64).name()
    assert str(caught.value).startswith(f"reranker: `{folder / 'model.onnx'}` has the checksum")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(RerankerDownError) as caught:
        await OnnxReranker(folder).name()
    assert str(caught.value) == f"reranker: `{folder / 'tokenizer.json'}` is missing"
