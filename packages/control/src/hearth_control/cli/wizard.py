"""The questions of `init`, and what a choice would take of this machine."""

from __future__ import annotations

from dataclasses import dataclass, replace

import click

from hearth_control.catalog.model import Catalog
from hearth_control.cli.measure import say_size
from hearth_control.cli.note_words import note_lines
from hearth_control.cli.session import Session
from hearth_control.cli.table import wrap
from hearth_control.cli.theme import bold, dim, good, typed
from hearth_control.cli.words import listed
from hearth_control.deploy.setup import Estimate, estimate
from hearth_control.deploy.situation import load_choices
from hearth_control.host.model import Host
from hearth_control.plan.model import Note, Plan, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A choice, and what it means here."""

    preset: str
    engine: str
    why_engine: str
    said_engine: str | None
    needed: Estimate
    host: Host
    notes: tuple[Note, ...]

    @property
    def equivalent(self) -> str:
        """Give the command that makes the same choice without asking."""
        engine = f" --engine {self.said_engine}" if self.said_engine else ""
        return f"hearth init --preset {self.preset}{engine} --yes"


def preview(session: Session, *, preset: str, engine: str | None) -> Preview:
    """Plan a choice without writing it."""
    from hearth_control.engine.observed import Observed
    from hearth_control.plan.make import make_plan

    world = session.world
    flags = {"PRESET": preset, **({"ENGINE": engine} if engine else {})}
    catalog, settings = load_choices(world, flags=flags)
    choice = world.choose_engine(settings)
    host = world.load_host()
    plan: Plan = make_plan(
        catalog=catalog,
        settings=replace(settings, engine=choice.name),
        host=host,
        observed=Observed(engine=choice.name.value),
        fingerprints=world.secrets.fingerprints(),
        root=world.root,
    )
    return Preview(
        preset=preset,
        engine=choice.name.value,
        why_engine=choice.why,
        said_engine=engine,
        needed=estimate(plan, catalog),
        host=host,
        notes=plan.notes,
    )


def ask_preset(session: Session, catalog: Catalog, *, engine: str | None) -> str:
    """Offer the presets by their goal, each with what it takes, and take a number or a name."""
    names = list(catalog.presets)
    output = session.output
    output.note(bold("What is it for?"))
    for number, name in enumerate(names, 1):
        preset = catalog.presets[name]
        needed = preview(session, preset=name, engine=engine).needed
        takes = f"{len(needed.services)} services, about {say_size(needed.memory)} of memory"
        output.note(f"  {number}  {bold(name)}  {dim(takes)}")
        for line in wrap(preset.summary, width=output.width, indent="     "):
            output.note(line)
    numbers = {str(number): name for number, name in enumerate(names, 1)}
    answer = click.prompt(
        "A number or a name",
        default=names[0],
        type=click.Choice([*numbers, *names]),
        show_choices=False,
        err=True,
    )
    return numbers.get(answer, answer)


def tell_preview(session: Session, shown: Preview) -> None:
    """Say what the choice means."""
    output, needed, host = session.output, shown.needed, shown.host
    output.note(f"Home      {session.world.home}")
    output.note(f"Engine    {bold(shown.engine)}: {shown.why_engine}")
    output.note(f"Services  {listed(needed.services) or 'none yet; hearth enable NAME'}")
    available = dim(f"of {say_size(host.memory_available)} free")
    output.note(f"Memory    about {say_size(needed.memory)} {available}")
    free = dim(f"of {say_size(host.disk_free)} free")
    output.note(f"Disk      about {say_size(needed.disk)} {free}")
    gravest = [note for note in shown.notes if note.severity is not Severity.INFO]
    for line in note_lines(gravest, output):
        output.note(line)


def tell_set_up(session: Session, shown: Preview, *, model: str | None) -> None:
    """Say what was written and what comes next; `model` is the one that was fetched, too."""
    output, home = session.output, session.world.home
    command = f"{shown.equivalent} --model {model}" if model else shown.equivalent
    if output.json:
        output.data(
            {
                "home": str(home),
                "preset": shown.preset,
                "engine": shown.engine,
                "why_engine": shown.why_engine,
                "services": list(shown.needed.services),
                "memory": shown.needed.memory,
                "disk": shown.needed.disk,
                "model": model,
                "command": command,
            }
        )
        return
    output.line(f"{good(output.symbols.good)} {bold(str(home / '.env'))} is written")
    output.note(f"{dim('same')}  {typed(command)}")
    output.note(f"{dim('next')}  {typed('hearth up')}")
