"""Adding a service in front of a person: few questions, each with the guess as its answer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from hearth_control.catalog.adopt.model import Adoption, Choices, Given
from hearth_control.cli.add_words import add_document, added_lines, draft_lines
from hearth_control.cli.session import Session
from hearth_control.cli.theme import bold, dim, typed
from hearth_control.deploy.adding import Draft, check_problems, make_draft, save, work_out
from hearth_control.deploy.found import read_given


def add_service(session: Session, path: Path, said: Mapping[str, Any], *, retry: str) -> None:
    """Read, ask, show, and write a service."""
    world, output = session.world, session.output
    given = read_given(path)
    choices = _choices(said)
    adoption = work_out(world, given, choices)
    asks = output.can_ask and not said["yes"] and not output.json
    if asks:
        choices = _ask(session, given, adoption, choices)
        adoption = work_out(world, given, choices)
    again = " ".join([retry, *_typed(said)])
    draft = make_draft(world, given, adoption, retry=again)
    if not output.json:
        _show(session, draft)
    if said["dry_run"]:
        if output.json:
            output.data(add_document(draft, written=False, kept=None))
        else:
            output.line()
            output.lines(draft.text.splitlines())
            output.note(dim("nothing was written"))
        return
    if asks:
        click.confirm(f"Add {draft.adoption.name}?", default=True, abort=True, err=True)
    force = said["force"] or (asks and draft.replaces and _wants_replaced(draft))
    kept = save(world, draft, force=bool(force), retry=again)
    if output.json:
        output.data(add_document(draft, written=True, kept=kept))
    else:
        output.lines(added_lines(draft, kept, output))
        output.note(f"{dim('next')}  {typed(f'hearth enable {draft.adoption.name}')}")


def _choices(said: Mapping[str, Any]) -> Choices:
    route = said["route"]
    return Choices(
        name=said["name"],
        title=said["title"],
        summary=said["summary"],
        web=said["port"],
        offset=said["offset"],
        route=None if route == "none" else route,
        has_route=route != "none",
        access=said["access"],
        images=said["images"],
        use=tuple(dict.fromkeys(said["use"])),
        allow=said["allow"],
        memory=said["memory"],
        egress=not said["no_internet"],
    )


def _typed(said: Mapping[str, Any]) -> list[str]:
    """Give the options as they were typed, for a hint that can be run."""
    words: list[str] = []
    for key, flag in _FLAGS.items():
        value = said[key]
        if isinstance(value, Mapping):
            words += [f"{flag} {shlex.quote(f'{name}={text}')}" for name, text in value.items()]
        elif isinstance(value, tuple):
            words += [f"{flag} {shlex.quote(one)}" for one in value]
        elif value is True:
            words.append(flag)
        elif value not in {None, False} and (key, value) != ("access", "login"):
            words.append(f"{flag} {shlex.quote(str(value))}")
    return words


_FLAGS = {
    "name": "--name",
    "title": "--title",
    "summary": "--summary",
    "port": "--port",
    "offset": "--offset",
    "route": "--route",
    "access": "--access",
    "images": "--image",
    "use": "--use",
    "allow": "--allow",
    "memory": "--memory",
    "no_internet": "--no-internet",
    "force": "--force",
    "dry_run": "--dry-run",
    "yes": "--yes",
}


def _ask(session: Session, given: Given, adoption: Adoption, choices: Choices) -> Choices:
    """Ask what was not said by an option."""
    if choices.name is None:
        name = click.prompt("Name", default=adoption.name, err=True)
        choices = replace(choices, name=name)
        adoption = work_out(session.world, given, choices)
    if choices.title is None:
        choices = replace(
            choices, title=click.prompt("Title", default=adoption.block["title"], err=True)
        )
    if choices.web is None and len(adoption.webs) > 1:
        web = click.prompt(
            "What does a browser ask",
            default=adoption.webs[0],
            type=click.Choice([*adoption.webs, "none"]),
            err=True,
        )
        choices = replace(choices, web=web)
    for role, container in adoption.proposals.items():
        question = f"It brings `{container}`. Use Hearth's {role} instead, without its data?"
        if click.confirm(question, default=False, err=True):
            choices = replace(choices, use=(*choices.use, role))
    return _ask_problems(session, given, choices)


def _ask_problems(session: Session, given: Given, choices: Choices) -> Choices:
    """Ask for versions and reasons; what no answer helps is refused at once."""
    problems = work_out(session.world, given, choices).problems
    beyond = tuple(one for one in problems if one.kind not in {"image", "build", "power"})
    check_problems(given, beyond, retry="hearth add")
    for problem in problems:
        session.output.note(f"{bold(problem.where)}: {problem.text}")
        if problem.kind == "power":
            why = click.prompt(f"Why may it have `{problem.about}`", err=True)
            choices = replace(choices, allow={**choices.allow, problem.about: why})
        else:
            image = click.prompt(f"Image of `{problem.about}`, with its version", err=True)
            choices = replace(choices, images={**choices.images, problem.about: image})
    return choices


def _show(session: Session, draft: Draft) -> None:
    session.output.lines(draft_lines(draft, session.output))


def _wants_replaced(draft: Draft) -> bool:
    question = f"You have a service {draft.adoption.name}. Replace it, and keep a copy?"
    return click.confirm(question, default=False, err=True)
