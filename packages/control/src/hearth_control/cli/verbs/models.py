"""`hearth models list|pull|use|remove`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_models
from hearth_control.cli.session import Session, session_of
from hearth_control.cli.verb import SETTINGS, VerbGroup, verb

HUB_HELP = "Fetch from here and not from MODELS_HUB."


@verb("hearth models list", "hearth models list --json", name="list")
@click.pass_context
def list_(context: click.Context) -> None:
    """List the models that search can use, what of them is here, and which are in use."""
    _list(session_of(context))


@verb(
    "hearth models pull multilingual-e5-small",
    "hearth models pull multilingual-e5-small --hub https://models.example.org",
)
@click.argument("name", shell_complete=complete_models)
@click.option("--hub", metavar="URL", help=HUB_HELP)
@click.pass_context
def pull(context: click.Context, *, name: str, hub: str | None) -> None:
    """Fetch a model, checked against its pinned checksums; goes on where it stopped."""
    from hearth_control.cli.fetching import Fetching
    from hearth_control.cli.models_words import model_document
    from hearth_control.cli.running import cancelling
    from hearth_control.cli.theme import bold, dim, good, typed
    from hearth_control.deploy.models import pull_model

    session = session_of(context)
    output = session.output
    with cancelling(f"models pull {name}"), Fetching(output) as told:
        found = pull_model(session.world, name, hub=hub, tell=told)
    if output.json:
        output.data(model_document(found))
        return
    output.line(f"{good(output.symbols.good)} {bold(found.model.name)} is here: {found.folder}")
    if not found.in_use:
        output.note(f"{dim('next')}  {typed(f'hearth models use {found.model.name}')}")


@verb(
    "hearth models use multilingual-e5-small",
    "hearth models use mmarco-mMiniLMv2-L12-H384-v1",
    "hearth models use ./my-model --task reranking",
    "hearth models use builtin",
    "hearth models use --no-reranker",
)
@click.argument("name", required=False, shell_complete=complete_models)
@click.option(
    "--task",
    type=click.Choice(["embedding", "reranking"]),
    help="What the model in a folder of yours is for.",
)
@click.option("--hub", metavar="URL", help=HUB_HELP)
@click.option("--no-reranker", is_flag=True, help="Rerank no more.")
@click.pass_context
def use(
    context: click.Context,
    *,
    name: str | None,
    task: str | None,
    hub: str | None,
    no_reranker: bool,
) -> None:
    """Have search use a model: one of the list, the one in a folder, or `builtin`, which is none.

    Fetches it first where it is not here. After `hearth up` the worker embeds every document anew;
    until its turn comes, each is found by its words.
    """
    from hearth_control.cli.fetching import Fetching
    from hearth_control.cli.running import cancelling
    from hearth_control.deploy.models import leave_reranker, use_model
    from hearth_control.models.model import Task

    session = session_of(context)
    if (name is None) is not no_reranker:
        msg = "name a model, or give --no-reranker"
        raise click.UsageError(msg, context)
    if name is None:
        used = leave_reranker(session.world)
    else:
        with cancelling(f"models use {name}"), Fetching(session.output) as told:
            said = Task(task) if task else None
            used = use_model(session.world, name, task=said, hub=hub, tell=told)
    _tell(session, used.name, used.task.value, dict(used.settings))


@verb("hearth models remove all-MiniLM-L6-v2")
@click.argument("name", shell_complete=complete_models)
@click.pass_context
def remove(context: click.Context, *, name: str) -> None:
    """Delete a model's files; one that is in use stays."""
    from hearth_control.cli.measure import say_size
    from hearth_control.deploy.models import remove_model

    session = session_of(context)
    freed = remove_model(session.world, name)
    if session.output.json:
        session.output.data({"model": name, "freed": freed})
    else:
        session.output.line(f"{name} is gone: {say_size(freed)} are free again")


def _list(session: Session) -> None:
    from hearth_control.cli.models_words import models_document, models_lines
    from hearth_control.deploy.models import list_models

    found = list_models(session.world)
    if session.output.json:
        session.output.data(models_document(found))
    else:
        session.output.lines(models_lines(found, session.output))


def _tell(session: Session, name: str, task: str, settings: dict[str, str | None]) -> None:
    from hearth_control.cli.theme import bold, dim, good, typed

    output = session.output
    if output.json:
        output.data({"model": name, "task": task, "settings": settings})
        return
    output.line(f"{good(output.symbols.good)} {bold(name)} is chosen for {task}")
    output.note(f"{dim('next')}  {typed('hearth up')}")


command = VerbGroup(
    "models",
    examples=("hearth models", "hearth models use multilingual-e5-small"),
    alone=_list,
    help="List, fetch and choose the models that search runs by itself. Alone it lists them.",
    commands=[list_, pull, use, remove],
    context_settings=SETTINGS,
    subcommand_metavar="list|pull|use|remove [ARGUMENTS]",
)
