"""A real model must be taken by its pins, give its makers' vectors, and find what words do not.

The weights are those that the catalog pins; `lab/weights.py` says where they come from.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import onnxruntime
import pytest
from compose_bench import eventually
from hearth_control.models.parse import parse_models
from hearth_server.adapters.onnx.embedder import OnnxEmbedder
from journey import ROOT, Installation, signed_in
from lab.absent import leave_out
from lab.place import Place
from lab.ports import free_base_port
from lab.shell import NotHereError
from lab.weights import NAME, kept_weights
from tokenizers import Tokenizer

pytestmark = [pytest.mark.weights, pytest.mark.timeout(180)]

ASKS = "Represent this sentence for searching relevant passages: "
TEXTS = (
    "A man is eating a piece of bread.",
    "Someone has his lunch.",
    "A cheetah is running behind its prey.",
    "Das Brot ist noch warm — naïve café, 你好 😀",
    "x",
    "The starter doubles within six hours. " * 90,
)
"""Short and long, so that they are padded together; the last is longer than the model reads."""
QUESTION = "which pet was unwell?"
SAID = {
    "diary": "Our kitten felt sick all week and would not eat its supper.",
    "invoice": "Which of the two boxes was delivered on Monday is to be asked of the carrier.",
    "recipe": "Fry the onions slowly until they are brown, then add the tomatoes.",
    "bicycle": "Oil the chain after each ride in the rain.",
}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a hub that has the model where the catalog says that it is."""
    try:
        weights = kept_weights(Place.from_environment())
    except NotHereError as error:
        leave_out(str(error))
    served = tmp_path_factory.mktemp("hub")
    models = parse_models((ROOT / "catalog" / "models.yaml").read_text(), path="models.yaml")
    for file in models[NAME].files:
        (served / file.source).parent.mkdir(parents=True, exist_ok=True)
        (served / file.source).symlink_to(weights / file.name)
    handler = partial(_Quiet, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def installation(hub: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation without Docker that was told to use the model, as a person tells it."""
    made = Installation(home=tmp_path_factory.mktemp("home"))
    (made.home / ".env").write_text(f"ENGINE=embedded\nBASE_PORT={free_base_port()}\n")
    made.must("models", "use", NAME, "--hub", hub)
    yield made
    made.run("down", "--delete-data", "--yes")


@pytest.fixture(scope="module")
def folder(installation: Installation) -> Path:
    return installation.home / "models" / NAME


@pytest.fixture(scope="module")
def by_the_card(folder: Path) -> Callable[[str], Any]:
    """Compute one vector alone, by the model's card: what its first token becomes, of length 1.

    Source: https://huggingface.co/BAAI/bge-small-en-v1.5, "Using HuggingFace Transformers".
    """
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(512)
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), providers=["CPUExecutionProvider"]
    )

    def compute(text: str) -> Any:
        encoding = tokenizer.encode(text)
        feed = {
            "input_ids": [encoding.ids],
            "attention_mask": [encoding.attention_mask],
            "token_type_ids": [encoding.type_ids],
        }
        (states,) = session.run(None, {name: np.array(rows) for name, rows in feed.items()})
        return states[0][0] / np.linalg.norm(states[0][0])

    return compute


def evaluate(*options: str) -> dict[str, dict[str, Any]]:
    """Measure on the collection that comes with Hearth; fails where it says that a leg misses."""
    argv = (sys.executable, str(ROOT / "bench" / "evaluate.py"), "--json", *options)
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {row["way"]: row for row in json.loads(done.stdout)}


async def embed_all(folder: Path) -> tuple[Any, Any]:
    embedder = OnnxEmbedder(folder)
    return await embedder.embed(TEXTS), await embedder.embed_query("Who eats?")


def test_vectors_are_those_of_the_models_card(
    folder: Path, by_the_card: Callable[[str], Any]
) -> None:
    # A loop of its own: the browser's, where one runs, holds this thread's.
    with ThreadPoolExecutor(max_workers=1) as pool:
        vectors, question = pool.submit(asyncio.run, embed_all(folder)).result()
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert np.allclose(vector, by_the_card(text), atol=1e-5), text
    assert np.allclose(question, by_the_card(f"{ASKS}Who eats?"), atol=1e-5)
    eats, lunch, runs, *_ = vectors
    assert question @ lunch > question @ runs
    assert eats @ lunch > eats @ runs


def test_meaning_finds_more_than_spelling_and_both_legs_more_than_each(folder: Path) -> None:
    rows, without = evaluate("--embedder", str(folder)), evaluate()
    assert rows["vectors"]["ndcg_at_10"] > without["vectors"]["ndcg_at_10"] + 0.2
    assert rows["fused, weighted"]["ndcg_at_10"] > without["fused, weighted"]["ndcg_at_10"]
    assert rows["fused, weighted"]["recall_at_100"] == 1.0


def test_question_finds_what_says_the_same_in_other_words(installation: Installation) -> None:
    """The diary shares no word with the question; the invoice has two of its words."""
    installation.must("up", "--yes")
    with signed_in(installation) as client:
        for title, text in SAID.items():
            answer = client.post("/api/v1/tools/ingest_text", json={"title": title, "text": text})
            assert answer.is_success, answer.text
        eventually(lambda: statuses(client) == {"ready"}, "the texts are ready", seconds=60)
        answer = client.post("/api/v1/tools/search_knowledge_base", json={"query": QUESTION})
    found = answer.json()
    assert found["embedder"].startswith(f"{NAME}-"), found
    assert found["hits"][0]["citation"]["title"] == "diary", found


def statuses(client: httpx2.Client) -> set[str]:
    listed = client.post("/api/v1/tools/list_documents", json={}).json()
    return {each["status"] for each in listed["documents"]}
