"""The file of models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from checkouts import CATALOG
from hearth_control.catalog.errors import CatalogError
from hearth_control.models.load import load_models
from hearth_control.models.model import Task
from hearth_control.models.parse import parse_models

pytestmark = pytest.mark.unit

FILE = "{from: a/model.onnx, size: 5, sha256: " + "0" * 64 + "}"
MODEL = f"""
models:
  tiny:
    task: embedding
    summary: A model
    home: https://example.org
    licence: MIT
    languages: English
    max_tokens: 64
    files:
      model.onnx: {FILE}
      tokenizer.json: {FILE}
"""


def test_every_model_of_the_catalog_is_pinned_and_free(tmp_path: Path) -> None:
    models = load_models(CATALOG, home=tmp_path)
    assert {model.task for model in models.values()} == set(Task)
    for model in models.values():
        assert model.licence in {"MIT", "Apache-2.0"}
        assert (model.dimension > 0) is (model.task is Task.EMBEDDING)
        for file in model.files:
            # At one commit: a branch would move under its checksum.
            assert "/resolve/" in file.source
            assert len(file.source.split("/resolve/")[1].split("/")[0]) == 40
            assert file.url("https://hub.example/sub/").startswith("https://hub.example/sub/")


def test_persons_own_model_joins_and_replaces(tmp_path: Path) -> None:
    own = MODEL.replace("tiny", "multilingual-e5-small")
    (tmp_path / "models.yaml").write_text(own)
    models = load_models(CATALOG, home=tmp_path)
    assert models["multilingual-e5-small"].max_tokens == 64
    assert "bge-small-en-v1.5" in models


def test_card_says_how_to_ask() -> None:
    model = parse_models(MODEL + '    query_prefix: "query: "\n', path="m")["tiny"]
    card = json.loads(model.card())
    assert (card["name"], card["task"], card["max_tokens"]) == ("tiny", "embedding", 64)
    assert (card["pooling"], card["query_prefix"]) == ("mean", "query: ")
    assert card["sha256"]["model.onnx"] == "0" * 64


SOURCE = "models.tiny.files.model.onnx.from: should be a path below the hub or an address, found"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (
            "embedding",
            "chat",
            "m:4: models.tiny.task: should be one of `embedding`, `reranking`, found `chat`",
        ),
        (
            "size: 5",
            "size: 0",
            "m:11: models.tiny.files.model.onnx.size: should be above 0, found `0`",
        ),
        ("a/model.onnx", "../x", f"m:11: {SOURCE} `../x`"),
        ("a/model.onnx", "file:///etc/passwd", f"m:11: {SOURCE} `file:///etc/passwd`"),
        ("a/model.onnx", "/x", f"m:11: {SOURCE} `/x`"),
        ("tokenizer.json", "words.json", "m:10: models.tiny.files: should have `tokenizer.json`"),
        ("licence", "license", "m:7: models.tiny.license: unknown key; did you mean `licence`?"),
    ],
)
def test_fault_is_named_with_its_line(old: str, new: str, what: str) -> None:
    with pytest.raises(CatalogError) as caught:
        parse_models(MODEL.replace(old, new, 1), path="m")
    assert what in [str(finding) for finding in caught.value.findings]
