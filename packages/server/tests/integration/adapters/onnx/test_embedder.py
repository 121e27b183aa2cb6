"""The local model adapter over a real, tiny model: a table of vectors and no more."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hearth_server.adapters.onnx.embedder import OnnxEmbedder
from hearth_server.capabilities.knowledge.errors import EmbedderDownError
from hearth_server.testing.conformance import check_embedder
from hearth_server.testing.models import DIMENSION, table, write_embedder, write_tokenizer

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_embedder(tmp_path)
    write_tokenizer(tmp_path)
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 64}))
    return tmp_path


def describe(folder: Path, **card: object) -> None:
    (folder / "model.json").write_text(json.dumps(card))


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


def mean_of(*tokens: int) -> np.ndarray:
    mean = table()[list(tokens)].mean(axis=0)
    return mean / np.linalg.norm(mean)


async def test_prefixes_tell_question_from_passage(folder: Path) -> None:
    plain = await OnnxEmbedder(folder).info()
    describe(folder, name="tiny", query_prefix="one two ", passage_prefix="two ")
    embedder = OnnxEmbedder(folder)
    info = await embedder.info()
    assert info.max_tokens == plain.max_tokens - 2
    assert np.allclose(await embedder.embed_query("river"), mean_of(1, 9, 10, 5, 2), atol=1e-6)
    (passage,) = await embedder.embed(["river"])
    assert np.allclose(passage, mean_of(1, 10, 5, 2), atol=1e-6)
    assert list(embedder.count_tokens(["river"])) == [1]


async def test_other_way_of_asking_is_another_space(folder: Path) -> None:
    """Vectors that may not be compared with each other never share a name."""
    names = {(await OnnxEmbedder(folder).info()).name}
    for card in (
        {"passage_prefix": "one "},
        {"query_prefix": "one "},
        {"pooling": "first"},
        {"name": "tiny", "pooling": "first"},
    ):
        describe(folder, **card)
        names.add((await OnnxEmbedder(folder).info()).name)
    assert len(names) == 5
    assert {name.rsplit("-", 1)[0] for name in names} == {"onnx", "tiny"}


async def test_first_token_stands_for_text_where_so_described(folder: Path) -> None:
    describe(folder, pooling="first")
    (vector,) = await OnnxEmbedder(folder).embed(["the river"])
    assert np.allclose(vector, mean_of(1), atol=1e-6)


async def test_description_limits_length_and_likeness(folder: Path) -> None:
    describe(folder, max_tokens=20, like=0.8)
    info = await OnnxEmbedder(folder).info()
    assert (info.max_tokens, info.like) == (18, 0.8)


async def test_model_scaled_as_it_runs_is_not_swayed_by_neighbours(folder: Path) -> None:
    """Its scale comes from all that runs together: run in a batch, a vector moves."""
    write_embedder(folder, is_scaled=True)
    embedder = OnnxEmbedder(folder)
    texts = ["the", "the river runs to the sea", "one two", "sea " * 50]
    together = await embedder.embed(texts)
    for text, vector in zip(texts, together, strict=True):
        (alone,) = await embedder.embed([text])
        assert np.array_equal(alone, vector)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"pooling": "last"}', "does not describe a model"),
        ('{"max_tokens": "512"}', "does not describe a model"),
        ('{"query_prefix": 5}', "does not describe a model"),
        ('{"like": "0.8"}', "does not describe a model"),
        ('{"like": 80}', "does not describe a model"),
    ],
)
async def test_bad_description_is_named(folder: Path, text: str, what: str) -> None:
    (folder / "model.json").write_text(text)
    with pytest.raises(EmbedderDownError) as caught:
        await OnnxEmbedder(folder).info()
    assert str(caught.value) == f"embedder: `{folder / 'model.json'}` {what}"
