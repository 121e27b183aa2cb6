"""What is known before planning: read once, then only looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from hearth_control.deploy.errors import NotSetUpError

if TYPE_CHECKING:
    from hearth_control.catalog.model import Catalog
    from hearth_control.deploy.world import Choice, World
    from hearth_control.engine.observed import Observed
    from hearth_control.engine.port import Engine
    from hearth_control.plan.model import Plan
    from hearth_control.settings.model import Settings

NO_FLAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Catalog, settings and what the engine holds, at one moment.

    `settings.engine` is the engine that was chosen, never `auto`.
    """

    catalog: Catalog
    settings: Settings
    choice: Choice
    engine: Engine
    observed: Observed = field(repr=False)


def is_set_up(world: World) -> bool:
    """Whether somebody has chosen what this home runs."""
    return (world.home / ".env").exists()


def require_set_up(world: World) -> None:
    """Refuse to go on in a home that nobody has set up.

    Raises:
        NotSetUpError: always with the command that sets it up.
    """
    if not is_set_up(world):
        msg = f"{world.home}: nothing is set up here yet"
        raise NotSetUpError(msg, hint="hearth init", details={"home": str(world.home)})


def load_choices(world: World, *, flags: Mapping[str, str] = NO_FLAGS) -> tuple[Catalog, Settings]:
    """Read catalog and settings; no engine is asked."""
    catalog = world.load_catalog()
    return catalog, world.load_settings(flags=flags)


def resolve_engine(world: World, settings: Settings) -> Settings:
    """Give the settings with the engine that `auto` means here."""
    return replace(settings, engine=world.choose_engine(settings).name)


def look(world: World, *, flags: Mapping[str, str] = NO_FLAGS) -> Situation:
    """Read everything that a plan is made from, but the machine itself."""
    catalog, settings = load_choices(world, flags=flags)
    choice = world.choose_engine(settings)
    engine = world.open_engine(choice.name, settings.project)
    return Situation(
        catalog=catalog,
        settings=replace(settings, engine=choice.name),
        choice=choice,
        engine=engine,
        observed=engine.observe(),
    )


def with_own_code(world: World, catalog: Catalog, chosen: Iterable[str]) -> Catalog:
    """Give the catalog with each chosen service of ours marked by this checkout's code."""
    from hearth_control.catalog.code import with_code
    from hearth_control.host.code import digest_code

    made_of = {name: catalog.services[name].code for name in chosen if catalog.services[name].code}
    digests = {paths: digest_code(world.root, paths) for paths in set(made_of.values())}
    return with_code(catalog, {name: digests[paths] for name, paths in made_of.items()})


def plan_for(world: World, situation: Situation, *, marks: Mapping[str, str] = NO_FLAGS) -> Plan:
    """Make the plan of a situation; `marks` are fingerprints that are to hold instead."""
    from hearth_control.deploy.vault import with_secret_notes
    from hearth_control.plan.make import make_plan
    from hearth_control.plan.select import select

    selection = select(situation.catalog, situation.settings)
    held = {**world.secrets.fingerprints(), **marks}
    plan = make_plan(
        catalog=with_own_code(world, situation.catalog, selection.causes),
        settings=situation.settings,
        host=world.load_host(),
        observed=situation.observed,
        fingerprints=held,
        root=world.root,
        selection=selection,
    )
    return with_secret_notes(
        world, plan, catalog=situation.catalog, observed=situation.observed, marks=held
    )
