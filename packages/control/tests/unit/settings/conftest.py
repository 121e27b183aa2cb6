"""A catalog of two services that between them have every kind of key."""

from __future__ import annotations

import builders
import pytest
from hearth_control.catalog.model import Catalog, Offer, Port, Preset, Sources, Variable


@pytest.fixture
def catalog() -> Catalog:
    models = builders.service(
        "ollama",
        "02-compute",
        offers={"llm": Offer(url="http://ollama:11434")},
        sources=Sources(localhost_port=11434, external=True),
    )
    pages = builders.service(
        "open-webui",
        ports=(Port(offset=40, container="open-webui", inner=8080),),
        variables={
            "OPEN_WEBUI_LANGUAGE": Variable(default="en", about="Language of its pages"),
            "OPEN_WEBUI_THEME": Variable(default="dark", choices=("dark", "light")),
        },
        stateless=True,
    )
    presets = {
        "starter": Preset(name="starter", title="Starter", summary="", services=("ollama",)),
        "away": Preset(
            name="away",
            title="Away",
            summary="",
            services=("open-webui",),
            settings={"MODE": "public", "OPEN_WEBUI_LANGUAGE": "de", "GONE": "x"},
        ),
    }
    return Catalog(services={"ollama": models, "open-webui": pages}, presets=presets)
