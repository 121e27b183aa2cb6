"""What is, read from the state file and from the processes that it names; nobody is asked."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from hearth_control.engine.embedded.layout import Layout
from hearth_control.engine.embedded.processes import boot_id, is_alive
from hearth_control.engine.embedded.state import EngineState, UnitRecord, load_state
from hearth_control.engine.observed import Health, Observed, ObservedUnit, State
from hearth_control.settings.model import EngineName

KILLED: Final = (
    "the supervisor was killed; its units have ended or are about to, and `hearth up` "
    "starts them again"
)


def observe(layout: Layout) -> Observed:
    """Take one snapshot of a home."""
    name = EngineName.EMBEDDED.value
    state = load_state(layout.state)
    if state is None:
        return Observed(engine=name, volumes=find_volumes(layout))
    watched = is_supervised(state)
    return Observed(
        engine=name,
        units=tuple(
            observed_unit(unit, state.units[unit], supervised=watched)
            for unit in sorted(state.units)
        ),
        volumes=find_volumes(layout),
        warnings=() if watched or state.clean or not state.units else (KILLED,),
    )


def is_supervised(state: EngineState) -> bool:
    """Tell whether the supervisor that wrote a state still lives."""
    return state.boot == boot_id() and is_alive(state.pid, state.start)


def observed_unit(name: str, record: UnitRecord, *, supervised: bool) -> ObservedUnit:
    """Give a unit as it is: as recorded while the supervisor lives, else as ended."""
    state, health = State(record.state), Health(record.health)
    if not supervised and state in {State.RUNNING, State.STARTING, State.RESTARTING}:
        state, health = State.STOPPED, Health.NONE
    elif state is State.RUNNING and not is_alive(record.pid, record.start):
        # It has just ended, and the supervisor is about to say so.
        state, health = State.RESTARTING, Health.NONE
    return ObservedUnit(
        name=name,
        service=record.service,
        state=state,
        health=health,
        hash=record.hash,
        exit_code=record.exit_code,
        oom=record.exit_code == -9,
        restarts=record.restarts,
        started_at=datetime.fromisoformat(record.started_at) if record.started_at else None,
        id=f"{record.pid}-{record.start}" if record.pid is not None else "",
        pid=record.pid if supervised else None,
        ports=(record.port,) if record.port is not None and state is State.RUNNING else (),
    )


def find_volumes(layout: Layout) -> dict[str, Mapping[str, str]]:
    """Name the folders that units keep data in, with where they lie."""
    paths = data_folders(layout.data)
    database = recorded_data(layout)
    if database is not None and database.exists():
        paths["postgres"] = database
    return {
        name: {"hearth.project": layout.project, "path": os.fspath(paths[name])}
        for name in sorted(paths)
    }


def data_folders(data: Path) -> dict[str, Path]:
    """Name the folders of a home's data; a home that is not there, or closed, has none."""
    try:
        return {each.name: Path(each.path) for each in os.scandir(data) if each.is_dir()}
    except OSError:
        return {}


def recorded_data(layout: Layout) -> Path | None:
    """Read where PostgreSQL's data was put at the first start; None before it."""
    try:
        found = json.loads((layout.data / "postgres.json").read_text(encoding="utf-8"))
        return Path(found["data"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
