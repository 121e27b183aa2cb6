"""Language models from elsewhere: what fails or is stopped on the way leaves those that were."""

from __future__ import annotations

import pytest
from hearth_control.catalog.model import (
    Catalog,
    Embedded,
    Need,
    Offer,
    Process,
    SecretKind,
    SecretRule,
    Sources,
)
from hearth_control.deploy.applied import load_applied
from hearth_control.engine.events import StepDone
from hearth_control.engine.memory.behaviour import Behaviour
from hearth_control.engine.observed import State
from hearth_control.engine.reach.said import Said
from invented_world import make_service

pytestmark = pytest.mark.unit

START = (
    "PRESET=none\nCHAT_SOURCE=embedded\nOLLAMA_SOURCE=embedded\n# the old ones\n"
    "LLM_PROVIDER=openai-api\nOPENAI_API_SOURCE=external\nOPENAI_API_URL=https://old.example.org/v1\n"
)
URL = "https://models.example.org/v1"
MOVE = ("source", "openai-api", "external", "--url", URL)


@pytest.fixture(autouse=True)
def before(hearth, world) -> str:
    """Bring up a chat on models elsewhere; give what marks it."""
    asks = Process(command=("chat",), environment={"LLM": "${LLM_URL}", "KEY": "${LLM_PASSWORD}"})
    chat = make_service("chat", needs={"llm": Need()}, embedded=Embedded(processes={"chat": asks}))
    ollama = make_service("ollama", offers={"llm": Offer(url="http://ollama:11434")})
    elsewhere = make_service(
        "openai-api",
        offers={"llm": Offer(url="https://example.org/v1", secret="key", api="openai")},
        secrets={"key": SecretRule(kind=SecretKind.GIVEN, optional=True)},
        sources=Sources(external=True),
        containers=(),
        embedded=None,
    )
    services = (ollama, elsewhere, chat)
    world.catalog = Catalog(services={one.name: one for one in services}, presets={})
    world.write_env(START)
    assert hearth("up").code == 0
    return marks(world)["chat"]


def marks(world) -> dict[str, str]:
    """Give the hash of what each unit that runs was made from."""
    units = world.engine.observe().units
    return {unit.name: unit.hash for unit in units if unit.state is State.RUNNING}


def check_unchanged(world, before: str) -> None:
    assert (world.home / ".env").read_text() == START
    assert marks(world)["chat"] == before
    assert load_applied(world.home).service("openai-api").source == "external"


def test_models_elsewhere_are_taken(hearth, world, before) -> None:
    assert hearth(*MOVE, "--apply").code == 0
    assert [(one.url, one.tls) for one in world.asked] == [
        ("https://models.example.org:443/v1/models", True)
    ]
    assert marks(world)["chat"] != before
    assert load_applied(world.home).service("openai-api").source == "external"


def test_refused_key_changes_nothing(hearth, world, before) -> None:
    world.said = Said("auth", "HTTP 401")
    said = hearth(*MOVE, "--apply")
    assert said.code == 1
    assert "https" not in said.err.partition("hint:")[0]
    assert "perhaps: write the password that it takes into secrets/openai-api_key" in said.err
    check_unchanged(world, before)


def test_chat_that_fails_there_goes_back(hearth, world, before, monkeypatch) -> None:
    real, tried = world.engine.apply, []

    def apply(plan, artifacts, secrets):
        world.engine.behaviours = {} if tried else {"chat": Behaviour(fails_with=1)}
        tried.append(plan)
        yield from real(plan, artifacts, secrets)

    monkeypatch.setattr(type(world.engine), "apply", lambda _self, *given: apply(*given))
    said = hearth(*MOVE, "--apply")
    assert said.code == 1
    assert "error: openai-api: `chat` did not come up" in said.err
    assert "the old source is back" in said.err
    assert len(tried) == 2
    check_unchanged(world, before)


def test_ctrl_c_brings_the_old_models_back(hearth, world, before, monkeypatch) -> None:
    real, pressed = world.engine.apply, []

    def apply(plan, artifacts, secrets):
        for event in real(plan, artifacts, secrets):
            yield event
            if isinstance(event, StepDone) and not pressed:
                pressed.append(event)
                raise KeyboardInterrupt

    monkeypatch.setattr(type(world.engine), "apply", lambda _self, *given: apply(*given))
    said = hearth(*MOVE, "--apply")
    assert said.code == 130
    assert said.err.endswith(
        "error: openai-api: cancelled; the old source is back\n\nhint: hearth status\n"
    )
    check_unchanged(world, before)
