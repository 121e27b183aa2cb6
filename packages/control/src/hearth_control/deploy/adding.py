"""Adding a service of the person's own, and taking it away again.

Phases: read the file · work it out (`catalog.adopt`) · hold it to the catalog's parser and rules ·
plan it without starting it · write it into the home's `services/`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from hearth_kit.errors import ConflictError, InvalidError, NotFoundError
from hearth_kit.files import make_private, write_atomic
from hearth_kit.settings import nearest

from hearth_control.catalog.adopt.adopt import adopt
from hearth_control.catalog.adopt.model import Adoption, Choices, Given, Problem
from hearth_control.catalog.errors import CatalogError
from hearth_control.catalog.model import Catalog, Service, Source
from hearth_control.deploy.errors import writing

if TYPE_CHECKING:
    from hearth_control.deploy.derive import Derived
    from hearth_control.deploy.world import World

SERVICES = "services"
REMOVED = "removed"
OWN_STACK = "03-apps"


class AddRefusedError(InvalidError):
    """The file cannot become a service as it is."""

    code = "add-refused"


class AlreadyAddedError(ConflictError):
    """The home has a service of this name."""

    code = "already-added"


class NotYourOwnError(NotFoundError):
    """The home has no service of this name."""

    code = "not-your-own"


class StillOnError(ConflictError):
    """The service is on."""

    code = "still-on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A service ready to be written: its file, what lies beside it, and what follows from it.

    `path` is where it will be; `replaces` says that one is there.
    """

    adoption: Adoption
    path: Path
    text: str
    service: Service
    derived: Derived
    replaces: bool


def work_out(world: World, given: Given, choices: Choices) -> Adoption:
    """Work a file out against this installation's catalog."""
    return adopt(given, choices, world.load_catalog())


def make_draft(world: World, given: Given, adoption: Adoption, *, retry: str) -> Draft:
    """Write the file in memory and hold it to everything that a catalog file is held to.

    `retry` is the command as typed, for the hint.

    Raises:
        AddRefusedError: something is refused or not said yet; with every problem.
        CatalogError: what was worked out breaks the catalog's rules; with every finding.
    """
    from hearth_control.catalog.adopt.write import write
    from hearth_control.catalog.parse import parse_service
    from hearth_control.catalog.rules import check

    check_problems(given, adoption.problems, retry=retry)
    path = world.home / SERVICES / adoption.name / "compose.yaml"
    text = write(given.text, adoption)
    service = parse_service(
        text, path=str(path), name=adoption.name, stack=OWN_STACK, files=adoption.files
    )
    catalog = world.load_catalog()
    with_it = replace(catalog, services={**catalog.services, service.name: service})
    findings = [one for one in check(with_it) if one.path == service.path]
    if findings:
        raise CatalogError(findings)
    derived, faults = _derived(world, with_it, service)
    if faults:
        raise AddRefusedError(
            faults[0],
            hint=f"${{EDITOR:-vi}} {quote(given.shown)}",
            details={"findings": list(faults)},
        )
    return Draft(
        adoption=adoption,
        path=path,
        text=text,
        service=service,
        derived=derived,
        replaces=path.parent.exists() or path.parent.is_symlink(),
    )


def check_problems(given: Given, problems: tuple[Problem, ...], *, retry: str) -> None:
    """Refuse a file with problems, each with the option that answers it.

    Raises:
        AddRefusedError: the hint is the command with every answer that is known.
    """
    if not problems:
        return
    lines = [f"{one.where}: {one.text}" for one in problems]
    options = [one.option for one in problems if one.option]
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    raise AddRefusedError(
        f"{given.shown}: {lines[0]}{more}",
        hint=" ".join([retry, *options]) if options else f"${{EDITOR:-vi}} {quote(given.shown)}",
        details={"findings": lines},
    )


def save(world: World, draft: Draft, *, force: bool, retry: str) -> Path | None:
    """Write the service's folder; give where the one that it replaces was put.

    Raises:
        AlreadyAddedError: there is one, and `force` was not given.
        HomeNotWritableError, DiskFullError: nothing was written.
    """
    folder = draft.path.parent
    name = draft.adoption.name
    if draft.replaces and not force:
        msg = f"{folder}: you have a service `{name}` already"
        raise AlreadyAddedError(msg, hint=f"{retry} --force")
    with writing(world.home):
        make_private(world.home)
        make_private(folder.parent)
        new = folder.parent / f".{name}.new"
        if new.exists():
            shutil.rmtree(new)
        make_private(new)
        for path, text in draft.adoption.files.items():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            write_atomic(new / path, text)
        write_atomic(new / "compose.yaml", draft.text)
        kept = _put_aside(world, folder) if draft.replaces else None
        new.rename(folder)
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """An own service that was taken away: where its file is, and what of it stays."""

    service: str
    kept: Path
    volumes: tuple[str, ...]
    secrets: tuple[str, ...]


def remove(world: World, name: str) -> Removal:
    """Take an own service out of the catalog. Its file is put aside; data and secrets stay.

    Raises:
        NotYourOwnError: the home has no service of that name.
        StillOnError: it is on; its containers would be left without a file.
    """
    from hearth_control.deploy.situation import load_choices
    from hearth_control.plan.select import select

    folder = world.home / SERVICES / name
    own = own_services(world.home)
    if name not in own:
        raise _not_own(world, name, own)
    catalog, settings = load_choices(world)
    service = catalog.services[name]
    cause = select(catalog, settings).causes.get(name)
    if cause is not None:
        msg = f"{name}: is on ({cause}); turn it off and let `hearth up` stop it first"
        raise StillOnError(msg, hint=f"hearth disable {name} && hearth up")
    if _runs(world, name):
        msg = f"{name}: is off, but its containers are still there"
        raise StillOnError(msg, hint="hearth up")
    known = world.secrets.fingerprints()
    _forget(world, name)
    with writing(world.home):
        kept = _put_aside(world, folder)
    return Removal(
        service=name,
        kept=kept,
        volumes=tuple(service.volumes),
        secrets=tuple(key for key in sorted(known) if key.startswith(f"{name}_")),
    )


def own_services(home: Path) -> tuple[str, ...]:
    """Name the person's own services; their folders hold a Compose file."""
    return tuple(sorted(file.parent.name for file in (home / SERVICES).glob("*/compose.yaml")))


def _not_own(world: World, name: str, own: tuple[str, ...]) -> NotYourOwnError:
    if name in world.load_catalog().services:
        msg = f"{name}: belongs to the catalog; it can be turned off, not removed"
        return NotYourOwnError(msg, hint=f"hearth disable {name}")
    near = nearest(name, own)
    msg = f"{name}: you have added no service of this name"
    return NotYourOwnError(msg, hint=f"hearth remove {near}" if near else "hearth services")


def _runs(world: World, name: str) -> bool:
    """Look whether the last thing that was brought up still had it."""
    from hearth_control.deploy.applied import load_applied

    applied = load_applied(world.home)
    return applied is not None and any(one.name == name for one in applied.services)


def _forget(world: World, name: str) -> None:
    """Take its settings out of `.env`: without the service they are keys that nobody knows."""
    from hearth_control.deploy.setup import set_up
    from hearth_control.deploy.situation import load_choices
    from hearth_control.settings.keys import known_keys

    catalog, _ = load_choices(world)
    keys = {key for key, info in known_keys(catalog).items() if info.service == name}
    file = world.home / ".env"
    if not file.exists():
        return
    names = (line.partition("=")[0].strip() for line in file.read_text().splitlines())
    said: Mapping[str, str | None] = {key: None for key in names if key in keys}
    if said:
        set_up(world, said)


def _put_aside(world: World, folder: Path) -> Path:
    """Move a service's folder where no catalog is read; nothing is ever overwritten."""
    removed = world.home / REMOVED
    make_private(removed)
    stamp = world.clock.now().strftime("%Y%m%d-%H%M%S")
    target = removed / f"{folder.name}-{stamp}"
    number = 1
    while target.exists():
        number += 1
        target = removed / f"{folder.name}-{stamp}-{number}"
    folder.rename(target)
    return target


def _derived(world: World, catalog: Catalog, service: Service) -> tuple[Derived, tuple[str, ...]]:
    """Plan the service as if it were on, in a container: what follows, and what is wrong in it."""
    from hearth_control.deploy.change import with_source
    from hearth_control.deploy.derive import derive
    from hearth_control.engine.observed import Observed
    from hearth_control.plan.make import make_plan
    from hearth_control.settings.model import EngineName

    settings = replace(world.load_settings(flags={}), engine=EngineName.COMPOSE)
    plan = make_plan(
        catalog=catalog,
        settings=with_source(settings, service.name, Source.CONTAINER),
        host=world.load_host(),
        observed=Observed(engine=EngineName.COMPOSE.value),
        fingerprints=world.secrets.fingerprints(),
        root=world.root,
    )
    wrong = (note for note in plan.notes if note.code == "bad-variable")
    faults = tuple(note.text for note in wrong if note.service == service.name)
    return derive(service, plan, is_on=False), faults
