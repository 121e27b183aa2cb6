"""`hearth models`, as a person types it, against a real hub and a real home."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_hub import Hub, running_hub
from hearth_control.catalog.load import find_catalog_root, load_catalog
from hearth_control.cli.app import make_app
from hearth_control.cli.failure import report_failure
from hearth_control.cli.session import Session
from hearth_control.models.fetch import Fetcher
from hearth_control.models.store import ModelStore
from invented_world import InventedWorld

pytestmark = pytest.mark.integration

WEIGHTS, WORDS, JUDGE = b"weights " * 50_000, b'{"words": []}', b"judge " * 10_000
FILES = {"tiny/model.onnx": WEIGHTS, "tiny/tokenizer.json": WORDS, "judge/model.onnx": JUDGE}


def entry(name: str, task: str, weights: str) -> str:
    files = {"model.onnx": weights, "tokenizer.json": "tiny/tokenizer.json"}
    lines = [
        f"  {name}:",
        f"    task: {task}",
        "    summary: A model of a test",
        "    home: https://example.org",
        "    licence: MIT",
        "    languages: English",
        "    max_tokens: 64",
        "    files:",
    ]
    for file, source in files.items():
        digest = hashlib.sha256(FILES[source]).hexdigest()
        size = len(FILES[source])
        lines.append(f"      {file}: {{from: {source}, size: {size}, sha256: {digest}}}")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def catalog() -> Any:
    return load_catalog(find_catalog_root(), extra=None, cache=None)


@pytest.fixture
def world(tmp_path: Path, catalog: Any) -> InventedWorld:
    found = InventedWorld(home=tmp_path / "home", catalog=catalog)
    folder = found.root / "catalog"
    folder.mkdir(parents=True, exist_ok=True)
    models = [entry("tiny", "embedding", "tiny/model.onnx")]
    models.append(entry("judge", "reranking", "judge/model.onnx"))
    (folder / "models.yaml").write_text("\n".join(["models:", *models]) + "\n")
    return found


@pytest.fixture
def hub(world: InventedWorld) -> Iterator[Hub]:
    with running_hub(Hub(files=dict(FILES))) as running:
        world.write_env(f"PRESET=starter\nMODELS_HUB={running.url}\n")
        yield running


@pytest.fixture
def hearth(world: InventedWorld, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Call the CLI in this process, on the invented world."""

    def call(*arguments: str) -> tuple[int, str, str]:
        session = Session(environment={"COLUMNS": "100"}, open_world=lambda _home: world)
        session.options.json = "--json" in arguments
        try:
            code = make_app().main(
                list(arguments), prog_name="hearth", standalone_mode=False, obj=session
            )
        except BaseException as error:  # noqa: BLE001  # as main does
            code = report_failure(error, session)
        said = capsys.readouterr()
        return code if isinstance(code, int) else 0, said.out, said.err

    return call


def env(world: InventedWorld) -> dict[str, str]:
    lines = (world.home / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_pulled_model_is_whole_and_readable_by_a_container(hearth, world, hub) -> None:
    code, out, err = hearth("models", "pull", "TINY")
    folder = world.home / "models" / "tiny"
    assert (code, out) == (0, f"● tiny is here: {folder}\n")
    assert "model.onnx is fetched: 391 KB" in err
    assert "hearth models use tiny" in err
    assert names(folder) == ["model.json", "model.onnx", "tokenizer.json"]
    assert (folder / "model.onnx").read_bytes() == WEIGHTS
    assert folder.stat().st_mode & 0o777 == 0o755
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}
    hub.asked.clear()
    assert hearth("models", "pull", "tiny")[0] == 0
    assert hub.asked == []


def test_pull_makes_a_home_that_is_its_owners_alone(hearth, world, hub) -> None:
    shutil.rmtree(world.home)
    assert hearth("models", "pull", "tiny", "--hub", hub.url)[0] == 0
    assert world.home.stat().st_mode & 0o777 == 0o700


def test_use_fetches_and_writes_the_settings(hearth, world, hub) -> None:
    code, out, err = hearth("models", "use", "tiny")
    assert (code, out) == (0, "● tiny is chosen for embedding\n")
    assert "hearth up" in err
    said = env(world)
    assert said["LAMBDA_EMBEDDER"] == "onnx"
    assert said["LAMBDA_EMBEDDER_MODEL_DIR"] == str(world.home / "models" / "tiny")
    assert said["LAMBDA_EMBEDDER_SHA256"] == hashlib.sha256(WEIGHTS).hexdigest()
    assert said["PRESET"] == "starter"
    assert hearth("models", "use", "judge")[0] == 0
    assert env(world)["LAMBDA_RERANKER_MODEL_DIR"] == str(world.home / "models" / "judge")
    out = hearth("models", "list")[1]
    assert "embedder  tiny" in out
    assert "reranker  judge" in out
    assert out.count("in use") == 2
    assert hearth("models", "use", "builtin")[0] == 0
    assert hearth("models", "use", "--no-reranker")[0] == 0
    assert set(env(world)) == {"PRESET", "MODELS_HUB"}


def test_list_says_what_is_here_and_what_is_asked(hearth, world, hub) -> None:
    import json

    found = json.loads(hearth("models", "--json")[1])
    assert found["embedder"] == {"kind": "builtin", "model": None}
    assert [(one["name"], one["state"]) for one in found["models"]] == [
        ("tiny", "not here"), ("judge", "not here"),
    ]  # fmt: skip
    assert "hearth models use tiny" in hearth("models")[1]
    world.write_env("LAMBDA_EMBEDDER=openai\nLAMBDA_EMBEDDER_MODEL=nomic-embed-text\n")
    found = json.loads(hearth("models", "list", "--json")[1])
    assert found["embedder"] == {
        "kind": "openai", "model": "nomic-embed-text at the service that offers `llm`",
    }  # fmt: skip
    world.write_env("LAMBDA_EMBEDDER=onnx\nLAMBDA_EMBEDDER_MODEL_DIR=/srv/mine\n")
    assert "embedder  /srv/mine" in hearth("models", "list")[1]


def test_hub_that_is_away_changes_nothing(hearth, world, hub, monkeypatch) -> None:
    monkeypatch.setattr("hearth_control.deploy.models.Fetcher", quick)
    hub.statuses = [503] * 9
    code, _, err = hearth("models", "use", "tiny")
    assert code == 1
    assert "is busy (status 503); nothing was fetched" in err
    assert "LAMBDA_EMBEDDER" not in env(world)
    assert "not here" in hearth("models", "list")[1]


def test_pull_goes_on_where_it_stopped(hearth, world, hub, monkeypatch) -> None:
    monkeypatch.setattr("hearth_control.deploy.models.Fetcher", quick)
    hub.breaks = [100_000]
    hub.statuses = [200, *[503] * 4]
    code, _, err = hearth("models", "pull", "tiny")
    assert code == 1
    assert "100000 bytes are kept" in err
    assert "hint: hearth models pull tiny" in err
    assert "partly here" in hearth("models", "list")[1]
    hub.asked.clear()
    assert hearth("models", "pull", "tiny")[0] == 0
    assert hub.asked[0] == ("/tiny/model.onnx", "bytes=100000-")
    assert names(world.home / "models") == ["tiny"]


def test_damaged_model_is_fetched_anew(hearth, world, hub) -> None:
    assert hearth("models", "use", "tiny")[0] == 0
    damaged = world.home / "models" / "tiny" / "model.onnx"
    damaged.write_bytes(b"x" + WEIGHTS[1:])
    assert hearth("models", "pull", "tiny")[0] == 0
    assert damaged.read_bytes() == WEIGHTS
    assert names(world.home / "models") == ["tiny"]


def test_disk_without_room_is_found_before_fetching(hearth, world, hub, monkeypatch) -> None:
    usage = shutil.disk_usage(world.home)
    monkeypatch.setattr(
        "hearth_control.models.store.shutil.disk_usage", lambda _: usage._replace(free=1_000_000)
    )
    code, _, err = hearth("models", "pull", "tiny")
    assert code == 1
    assert "`tiny` needs 67 MB more than the disk has free" in err
    assert f"hint: df -h {world.home / 'models'}" in err
    assert hub.asked == []


def test_second_pull_is_kept_out(hearth, world, hub) -> None:
    with ModelStore(world.home)._held():
        code, _, err = hearth("models", "pull", "tiny")
    assert code == 1
    assert f"{world.home / 'models'}: another process is at work on the models" in err


def test_folder_of_ones_own_is_used(hearth, world, hub, tmp_path) -> None:
    own = tmp_path / "mine"
    own.mkdir()
    code, _, err = hearth("models", "use", str(own))
    assert code == 1
    assert f"{own}: is no folder of a model: `model.onnx` is missing" in err
    for name in ("model.onnx", "tokenizer.json"):
        (own / name).write_bytes(b"x")
    assert hearth("models", "use", str(own))[0] == 0
    assert env(world)["LAMBDA_EMBEDDER_MODEL_DIR"] == str(own)
    assert "LAMBDA_EMBEDDER_SHA256" not in env(world)
    assert hearth("models", "use", str(own), "--task", "reranking")[0] == 0
    assert env(world)["LAMBDA_RERANKER_MODEL_DIR"] == str(own)
    (own / "model.json").write_text('{"task": "reranking"}')
    assert "chosen for reranking" in hearth("models", "use", str(own))[1]


def test_model_in_use_stays(hearth, world, hub) -> None:
    assert hearth("models", "use", "tiny")[0] == 0
    code, _, err = hearth("models", "remove", "tiny")
    assert code == 1
    assert "tiny: search uses this model, so it stays" in err
    assert "hint: hearth models use builtin" in err
    assert hearth("models", "use", "builtin")[0] == 0
    code, out, _ = hearth("models", "remove", "tiny")
    assert (code, out) == (0, "tiny is gone: 391 KB are free again\n")
    assert names(world.home / "models") == []


def test_wrong_words_are_told(hearth, world, hub) -> None:
    code, _, err = hearth("models", "pull", "tinny")
    assert code == 2
    assert "tinny: there is no model with this name" in err
    assert "hint: hearth models pull tiny" in err
    code, _, err = hearth("models", "pull", "tiny", "--hub", "ftp://example.org")
    assert code == 1
    assert "MODELS_HUB: should be an address with https, found `ftp://example.org`" in err
    assert hearth("models", "use")[0] == 2
    assert hearth("models", "use", "tiny", "--no-reranker")[0] == 2


def quick(**given: Any) -> Fetcher:
    return Fetcher(**given, sleep=lambda _: None)


def test_init_fetches_the_model_that_was_asked_for(hearth, world, hub) -> None:
    code, out, err = hearth("init", "--preset", "starter", "--model", "tiny", "--yes")
    assert code == 0, err
    assert env(world)["LAMBDA_EMBEDDER"] == "onnx"
    assert "hearth init --preset starter --yes --model tiny" in err
    assert "is written" in out


def test_init_without_network_goes_on_and_says_so(hearth, world, hub, monkeypatch) -> None:
    monkeypatch.setattr("hearth_control.deploy.models.Fetcher", quick)
    hub.statuses = [503] * 9
    code, _, err = hearth("init", "--preset", "starter", "--model", "tiny", "--yes")
    assert code == 0
    assert "is busy (status 503); nothing was fetched" in err
    assert "Search goes on by words and spelling." in err
    assert "LAMBDA_EMBEDDER" not in env(world)


def test_init_refuses_a_model_for_something_else_before_it_writes(hearth, world, hub) -> None:
    before = env(world)
    for name, what in (("judge", "this model is for reranking"), ("none", "there is no model")):
        code, _, err = hearth("init", "--preset", "full", "--model", name, "--yes")
        assert code == 2
        assert what in err
    assert env(world) == before
