"""Which embedder the settings mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hearth_kit.secret import Secret
from hearth_server.adapters.builtin.embedder import BuiltinEmbedder
from hearth_server.adapters.onnx.embedder import OnnxEmbedder
from hearth_server.adapters.onnx.reranker import OnnxReranker
from hearth_server.adapters.openai.embedder import OpenAIEmbedder
from hearth_server.assembly.knowledge import make_embedder, make_reranker
from hearth_server.assembly.leaving import closing
from hearth_server.settings.errors import SettingsError
from hearth_server.settings.model import EmbedderKind, Settings

pytestmark = pytest.mark.unit


def settings(**values: Any) -> Settings:
    return Settings(database_url=Secret("postgresql://x"), **values)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({}, BuiltinEmbedder),
        ({"embedder": EmbedderKind.ONNX, "embedder_model_dir": Path("m")}, OnnxEmbedder),
        (
            {
                "embedder": EmbedderKind.OPENAI,
                "embedder_url": "http://ollama:11434",
                "embedder_model": "nomic-embed-text",
            },
            OpenAIEmbedder,
        ),
    ],
    ids=["builtin", "onnx", "openai"],
)
def test_settings_choose_embedder(values: dict[str, Any], kind: type) -> None:
    assert isinstance(make_embedder(settings(**values)), kind)


def test_reranker_is_there_where_its_folder_is_said() -> None:
    assert make_reranker(settings()) is None
    assert isinstance(make_reranker(settings(reranker_model_dir=Path("m"))), OnnxReranker)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"embedder": EmbedderKind.ONNX},
            "HEARTH_EMBEDDER_MODEL_DIR: is needed by the embedder `onnx`",
        ),
        (
            {"embedder": EmbedderKind.OPENAI},
            "HEARTH_EMBEDDER_URL: is needed by the embedder `openai`",
        ),
        (
            {"embedder": EmbedderKind.OPENAI, "embedder_url": "http://x"},
            "HEARTH_EMBEDDER_MODEL: is needed by the embedder `openai`",
        ),
    ],
    ids=["folder", "address", "model"],
)
def test_missing_setting_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        make_embedder(settings(**values))
    assert str(caught.value) == message


class Held:
    """What holds something open."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.is_open = True
        self._breaks = breaks

    async def close(self) -> None:
        self.is_open = False
        if self._breaks:
            msg = "broke"
            raise OSError(msg)


async def test_all_that_is_held_is_left_even_where_one_breaks() -> None:
    held = [Held(), Held(breaks=True), Held()]
    with pytest.raises(OSError, match="broke"):
        async with closing(None, BuiltinEmbedder(), *held):
            assert all(each.is_open for each in held)
    assert not any(each.is_open for each in held)
