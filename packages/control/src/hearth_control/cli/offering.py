"""Offering a model when an installation is set up; without one, search goes on by spelling."""

from __future__ import annotations

from typing import Final

import click
from hearth_kit.errors import UnavailableError

from hearth_control.cli.fetching import Fetching
from hearth_control.cli.measure import say_size
from hearth_control.cli.session import Session
from hearth_control.cli.theme import bold, dim, typed, warm
from hearth_control.cli.wizard import Preview

SEARCHES: Final = "lambda-server"


def check_model(session: Session, name: str) -> None:
    """Refuse a model that there is not, or that is for something else.

    Raises:
        UnknownModelError: no model for embedding has that name.
    """
    from hearth_control.deploy.models import get_model
    from hearth_control.models.errors import UnknownModelError
    from hearth_control.models.model import Task

    model = get_model(session.world, name)
    if model.task is not Task.EMBEDDING:
        msg = f"{model.name}: this model is for {model.task}, and search needs one for embedding"
        raise UnknownModelError(msg, hint="hearth models list")


def ask_model(session: Session, shown: Preview) -> str | None:
    """Offer the recommended model where search is on and has none; give it where that is wished."""
    from hearth_control.deploy.models import list_models
    from hearth_control.models.model import Task
    from hearth_control.models.store import State

    found = list_models(session.world)
    if SEARCHES not in shown.needed.services or found.embedder.kind != "builtin":
        return None
    first = next(one for one in found.models if one.model.task is Task.EMBEDDING)
    model, output = first.model, session.output
    output.note(bold("Shall search understand meaning, not only words and spelling?"))
    takes = "is here already" if first.state is State.HERE else f"{say_size(model.size)} to fetch"
    output.note(dim(f"  {model.name}: {takes}, {model.licence}, {model.summary.lower()}"))
    is_wished = click.confirm("Use this model?", default=True, err=True)
    return model.name if is_wished else None


def fetch_model(session: Session, name: str) -> str | None:
    """Fetch a model and have search use it; None where it could not be had, which is told."""
    from hearth_control.cli.running import cancelling
    from hearth_control.deploy.models import use_model

    output = session.output
    try:
        with cancelling("init"), Fetching(output) as told:
            return use_model(session.world, name, task=None, hub=None, tell=told).name
    except UnavailableError as error:
        output.complain(f"{warm(output.symbols.warn)} {error}")
        output.note("  Search goes on by words and spelling.")
        output.note(f"  {dim('later')}  {typed(f'hearth models use {name}')}")
        return None
