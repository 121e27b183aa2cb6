"""Turning services on and off and moving them, by editing `.env`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hearth_kit.errors import InvalidError

from hearth_control.catalog.model import Catalog, Service, Source
from hearth_control.deploy.errors import NotInVersionError, StillNeededError
from hearth_control.deploy.names import check_known
from hearth_control.deploy.setup import set_up
from hearth_control.deploy.situation import load_choices, resolve_engine
from hearth_control.deploy.world import World
from hearth_control.plan.select import Loss, losers, select
from hearth_control.settings.keys import key_prefix, sources_of
from hearth_control.settings.model import EngineName, Settings


class UnsupportedSourceError(InvalidError):
    """The service has no such source."""

    code = "unsupported-source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An edit of `.env` and what it means.

    `also`: services that come on with it, each with its cause · `losses`: who loses which role.
    """

    service: str
    values: dict[str, str | None]
    also: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()

    @property
    def breaks(self) -> tuple[str, ...]:
        """Name the services that could not run any more."""
        return tuple(
            dict.fromkeys(
                loss.service for loss in self.losses if loss.required and not loss.instead
            )
        )


def key_of(service: str, what: str) -> str:
    """Name a service's own setting: `n8n`, `SOURCE` → `N8N_SOURCE`."""
    return f"{key_prefix(service)}_{what}"


def load_for_change(world: World, service: str, *, verb: str) -> tuple[Catalog, Settings]:
    """Read what a change is made against, the engine resolved.

    Raises:
        UnknownServiceError: there is no such service.
    """
    catalog, settings = load_choices(world)
    check_known([service], catalog.services, verb=verb)
    return catalog, resolve_engine(world, settings)


def turn_on(catalog: Catalog, settings: Settings, service: str) -> Change:
    """Work out what turning a service on changes. `settings.engine` is resolved. Pure.

    A service of the preset that was turned off comes back by taking its setting away.

    Raises:
        NotInVersionError: this version has no image for it.
    """
    preset = catalog.presets.get(settings.preset or "")
    in_preset = preset is not None and service in preset.services
    taken = _source_to_take(catalog, settings, service)
    _check_in_version(catalog.services[service], taken)
    source = None if in_preset else taken
    before = select(catalog, settings).causes
    after = select(catalog, with_source(settings, service, source)).causes
    return Change(
        service=service,
        values={key_of(service, "SOURCE"): source.value if source else None},
        also=tuple(f"{name}: {after[name]}" for name in after if name not in (*before, service)),
    )


def check_address(change: Change, settings: Settings) -> None:
    """Refuse to turn on what is only elsewhere before it is known where.

    Raises:
        UnsupportedSourceError: its hint names the place.
    """
    is_external = change.values.get(key_of(change.service, "SOURCE")) == Source.EXTERNAL.value
    if is_external and not settings.of(change.service).url:
        msg = f"{change.service}: does not run here; it needs the URL where it answers"
        raise UnsupportedSourceError(msg, hint=_external_hint(change.service))


def _external_hint(service: str) -> str:
    return f"hearth source {service} external --url http://host:port"


def turn_off(catalog: Catalog, settings: Settings, service: str) -> Change:
    """Work out what turning a service off changes, and who loses what. Pure."""
    return Change(
        service=service,
        values={key_of(service, "SOURCE"): Source.DISABLED.value},
        losses=losers(catalog, settings, service),
    )


def with_source(settings: Settings, service: str, source: Source | None) -> Settings:
    """Give the settings with another source for one service; None takes the choice away. Pure."""
    said = replace(settings.of(service), source=source)
    return replace(settings, services={**settings.services, service: said})


def move(catalog: Catalog, service: str, source: Source, *, url: str | None) -> Change:
    """Work out what another source changes. Pure.

    Raises:
        UnsupportedSourceError: the service has no such source, or its URL is missing.
        NotInVersionError: it is to be a container, and this version has no image for it.
    """
    known = catalog.services[service]
    allowed = sources_of(known)
    if source not in allowed:
        names = ", ".join(f"`{each.value}`" for each in allowed)
        msg = f"{service}: `{source.value}` is no source of it; it has {names}"
        raise UnsupportedSourceError(msg, hint=f"hearth show {known.name}")
    if source is Source.EXTERNAL and not url:
        msg = f"{service}: an external source needs the URL where it answers"
        raise UnsupportedSourceError(msg, hint=_external_hint(service))
    _check_in_version(known, source)
    values: dict[str, str | None] = {key_of(service, "SOURCE"): source.value}
    if url:
        values[key_of(service, "URL")] = url
    return Change(service=service, values=values)


def write_change(world: World, change: Change) -> None:
    """Edit `.env`, or make it; comments, order and line ends stay."""
    set_up(world, change.values)


def check_needed(change: Change) -> None:
    """Refuse to turn off what others cannot run without.

    Raises:
        StillNeededError: its hint turns it off all the same.
    """
    if not change.breaks:
        return
    names = ", ".join(f"`{name}`" for name in change.breaks)
    raise StillNeededError(
        f"{change.service}: {names} cannot run without it",
        hint=f"hearth disable {change.service} --yes",
        details={"service": change.service, "breaks": list(change.breaks)},
    )


def _check_in_version(service: Service, source: Source) -> None:
    if source is not Source.CONTAINER or not service.absent:
        return
    files = ", ".join(f"`{path}`" for path in service.absent)
    msg = f"{service.name}: is not in this version, which has no {files}"
    raise NotInVersionError(
        msg, hint="hearth services", details={"service": service.name, "absent": [*service.absent]}
    )


def _source_to_take(catalog: Catalog, settings: Settings, service: str) -> Source:
    """Take the source that was set before, else what this engine can run."""
    said = settings.of(service).source
    if said is not None and said is not Source.DISABLED:
        return said
    known = catalog.services[service]
    if settings.engine is EngineName.EMBEDDED and known.embedded is not None:
        return Source.EMBEDDED
    return sources_of(known)[0]
