from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.engine.choose import Chosen, Probe, choose
from hearth_control.engine.errors import EngineTooOldError, EngineUnavailableError
from hearth_control.engine.port import EngineFacts
from hearth_control.settings.model import EngineName, Settings

pytestmark = pytest.mark.unit

ANSWER = "Docker Engine 20.10.24 answers at /var/run/docker.sock"
DENIED = "no Docker engine answers at `/var/run/docker.sock`: permission denied"


def settings(engine: EngineName) -> Settings:
    return Settings(home=Path("/home/me/.hearth"), project="hearth", engine=engine)


def answers() -> EngineFacts:
    return EngineFacts(name="Docker Engine", version="20.10.24", detail="at /var/run/docker.sock")


def denied() -> EngineFacts:
    raise EngineUnavailableError(DENIED, hint="sudo usermod -aG docker $USER")


def old() -> EngineFacts:
    raise EngineTooOldError("engine 19.03 is older than 20.10", hint="upgrade")


def never() -> EngineFacts:
    pytest.fail("Docker is not asked")


@pytest.mark.parametrize(
    ("engine", "probe", "last", "chosen"),
    [
        pytest.param(
            EngineName.AUTO,
            answers,
            None,
            Chosen(name=EngineName.COMPOSE, why=ANSWER),
            id="auto, Docker answers",
        ),
        pytest.param(
            EngineName.AUTO,
            denied,
            None,
            Chosen(name=EngineName.EMBEDDED, why=DENIED, hint="sudo usermod -aG docker $USER"),
            id="auto, Docker is denied",
        ),
        pytest.param(
            EngineName.AUTO,
            old,
            None,
            Chosen(
                name=EngineName.EMBEDDED, why="engine 19.03 is older than 20.10", hint="upgrade"
            ),
            id="auto, Docker is too old",
        ),
        pytest.param(
            EngineName.AUTO,
            never,
            EngineName.EMBEDDED,
            Chosen(
                name=EngineName.EMBEDDED,
                why="the last `hearth up` used the embedded engine, and the data is there",
                hint="hearth settings set ENGINE compose",
            ),
            id="auto stays embedded",
        ),
        pytest.param(
            EngineName.AUTO,
            answers,
            EngineName.COMPOSE,
            Chosen(name=EngineName.COMPOSE, why=f"the last `hearth up` used Docker; {ANSWER}"),
            id="auto stays with Docker",
        ),
        pytest.param(
            EngineName.COMPOSE,
            answers,
            EngineName.EMBEDDED,
            Chosen(name=EngineName.COMPOSE, why=f"ENGINE=compose; {ANSWER}"),
            id="named Docker",
        ),
        pytest.param(
            EngineName.EMBEDDED,
            never,
            EngineName.COMPOSE,
            Chosen(name=EngineName.EMBEDDED, why="ENGINE=embedded"),
            id="named embedded",
        ),
    ],
)
def test_engine_is_chosen(
    engine: EngineName, probe: Probe, last: EngineName | None, chosen: Chosen
) -> None:
    assert choose(settings(engine), probe=probe, last=last) == chosen


@pytest.mark.parametrize(
    ("engine", "last"),
    [(EngineName.COMPOSE, None), (EngineName.AUTO, EngineName.COMPOSE)],
)
def test_silent_docker_is_never_replaced(engine: EngineName, last: EngineName | None) -> None:
    with pytest.raises(EngineUnavailableError) as caught:
        choose(settings(engine), probe=denied, last=last)
    assert str(caught.value) == DENIED
    assert caught.value.hint == "sudo usermod -aG docker $USER"
