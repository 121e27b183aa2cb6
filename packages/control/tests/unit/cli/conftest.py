from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hearth_control.cli.app import make_app
from hearth_control.cli.failure import report_failure
from hearth_control.cli.output import Output
from hearth_control.cli.session import Session
from hearth_control.cli.theme import SYMBOLS
from invented_world import InventedWorld


@dataclass(frozen=True)
class Said:
    """What a call of the CLI gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err)["error"]


@pytest.fixture
def world(tmp_path: Path) -> InventedWorld:
    return InventedWorld(home=tmp_path / "home")


@pytest.fixture
def hearth(world: InventedWorld, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Call the CLI in this process, on the invented world."""

    def call(*arguments: str) -> Said:
        session = Session(environment={"COLUMNS": "100"}, open_world=lambda _home: world)
        session.options.json = "--json" in arguments
        try:
            code = make_app().main(
                list(arguments), prog_name="hearth", standalone_mode=False, obj=session
            )
        except BaseException as error:  # noqa: BLE001  # as main does
            code = report_failure(error, session)
        said = capsys.readouterr()
        return Said(code if isinstance(code, int) else 0, said.out, said.err)

    return call


@pytest.fixture
def output() -> Output:
    import io

    return Output(
        stdout=io.StringIO(),
        stderr=io.StringIO(),
        color=False,
        quiet=False,
        json=False,
        symbols=SYMBOLS,
        width=100,
    )
