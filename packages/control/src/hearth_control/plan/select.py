"""Which services are on, and why: preset, the person's choice, then needs, transitively."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hearth_kit.settings import nearest

from hearth_control.catalog.model import Catalog, Service, Source
from hearth_control.plan.model import Note, Severity
from hearth_control.plan.names import variable_name
from hearth_control.plan.place import not_in_version, present, source_of
from hearth_control.settings.model import EngineName, Mode, Settings

TUNNEL = "cloudflared"
GATEWAY = "gateway"
"""The role that the setting `GATEWAY` says who serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Service → cause in catalog order, role → the service that serves it, and notes."""

    causes: Mapping[str, str]
    serving: Mapping[str, str]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What one service loses when another goes.

    `required`: it cannot run without · `instead`: who would serve the role then.
    """

    service: str
    role: str
    required: bool
    instead: str | None = None


def select(catalog: Catalog, settings: Settings) -> Selection:
    """Find every service that must be on, with its cause."""
    search = _Search(catalog=catalog, settings=settings)
    search.seed()
    search.follow()
    causes = {name: search.causes[name] for name in catalog.services if name in search.causes}
    serving = _serving(catalog, settings, causes, search.chosen)
    notes = [
        *search.notes,
        *_idle_providers(settings, catalog, serving),
        *_cycle_notes(catalog, settings, causes, serving=serving),
    ]
    return Selection(causes=causes, serving=serving, notes=tuple(notes))


def losers(catalog: Catalog, settings: Settings, name: str) -> tuple[Loss, ...]:
    """Say who loses what when a service is turned off; others that offer the role may step in."""
    now = select(catalog, settings)
    roles = {role for role, provider in now.serving.items() if provider == name}
    consumers = (present(catalog.services[each], settings) for each in now.causes if each != name)
    return tuple(
        Loss(
            service=consumer.name,
            role=role,
            required=role in consumer.needs,
            instead=_stand_in(catalog, settings, role, causes=now.causes, gone=name),
        )
        for consumer in consumers
        for role in sorted(roles)
        if role in consumer.needs or _uses(consumer, role)
    )


def _uses(consumer: Service, role: str) -> bool:
    want = consumer.wants.get(role)
    return want is not None and not want.idle


@dataclass(slots=True, kw_only=True)
class _Search:
    """A walk from what is asked for to what that needs."""

    catalog: Catalog
    settings: Settings
    causes: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def seed(self) -> None:
        """Start from the preset, what the person turned on, and the way in from outside."""
        settings = self.settings
        for name in self._preset():
            self._add(name, f"preset {settings.preset}", named=False)
        for name in self.catalog.services:
            source = settings.of(name).source
            if source is not None and source is not Source.DISABLED:
                self._add(name, "you turned it on", named=True)
        door = {Mode.PUBLIC: settings.gateway, Mode.TUNNEL: TUNNEL}.get(settings.mode)
        if door is not None:
            self._door(door)

    def follow(self) -> None:
        """Pull in who serves each needed role, until nothing is missing."""
        queue = list(self.causes)
        for name in queue:
            service = present(self.catalog.services[name], self.settings)
            for provider, cause in self._needed(service):
                if provider not in self.causes:
                    self.causes[provider] = cause
                    queue.append(provider)

    def _preset(self) -> tuple[str, ...]:
        name = self.settings.preset
        if name is None:
            return ()
        if preset := self.catalog.presets.get(name):
            return preset.services
        near = nearest(name, self.catalog.presets) or "starter"
        self.notes.append(
            _error(
                "unknown-preset", f"PRESET: there is no preset `{name}`", f"{_SET} PRESET={near}"
            )
        )
        return ()

    def _add(self, name: str, cause: str, *, named: bool) -> None:
        service = self.catalog.services.get(name)
        if service is None:
            text = f"{cause}: there is no service `{name}`"
            self.notes.append(_error("unknown-service", text, "hearth services"))
            return
        source = source_of(service, self.settings)
        if source is Source.DISABLED:
            return
        if source is None:
            self.notes.append(_left_out(service, self.settings, named=named))
            return
        self.causes.setdefault(name, cause)

    def _door(self, door: str) -> None:
        mode = self.settings.mode.value
        if door in self.catalog.services and source_of(
            self.catalog.services[door], self.settings
        ) not in {None, Source.DISABLED}:
            self.causes.setdefault(door, f"MODE={mode} needs it")
            return
        text = f"MODE: `{mode}` needs the service `{door}`, which cannot run here"
        self.notes.append(_error("no-gateway", text, f"{_SET} MODE=private"))

    def _needed(self, service: Service) -> Iterator[tuple[str, str]]:
        if self.settings.of(service.name).source in {Source.EXTERNAL, Source.LOCALHOST}:
            return
        for role, need in service.needs.items():
            if role in service.offers:
                continue
            provider = self.chosen.get(role) or self._choose(service, role)
            if provider is not None:
                self.chosen[role] = provider
                yield provider, f"{service.name} needs {role}"
            if need.share is not None and need.share in self.catalog.services:
                yield need.share, f"{service.name} shares its database"

    def _choose(self, service: Service, role: str) -> str | None:
        offering = self.catalog.providers(role)
        said = _said(self.settings, role)
        if said is not None and said not in offering:
            key = "GATEWAY" if role == GATEWAY else variable_name(role, "provider")
            hint = f"{_SET} {key}={nearest(said, offering) or next(iter(offering), '')}"
            text = f"{key}: `{said}` does not offer `{role}`"
            self._once(_error("wrong-provider", text, hint))
            return None
        if said is not None:
            offering = (said,)
        able = [name for name in offering if self._can_run(name)]
        on = [name for name in able if name in self.causes]
        if able:
            return (on or able)[0]
        offered = self.catalog.services[offering[0]] if offering else None
        self._once(_no_provider(service, role, offered, self.settings))
        return None

    def _can_run(self, name: str) -> bool:
        source = source_of(self.catalog.services[name], self.settings)
        return source not in {None, Source.DISABLED}

    def _once(self, note: Note) -> None:
        if note not in self.notes:
            self.notes.append(note)


_SET = "hearth settings set"


def _error(code: str, text: str, hint: str, *, service: str | None = None) -> Note:
    return Note(code=code, severity=Severity.ERROR, text=text, service=service, hint=hint)


def _is_absent(service: Service, settings: Settings) -> bool:
    return bool(service.absent) and settings.engine is not EngineName.EMBEDDED


def _left_out(service: Service, settings: Settings, *, named: bool) -> Note:
    if _is_absent(service, settings):
        return not_in_version(service, Severity.ERROR if named else Severity.INFO)
    return Note(
        code="left-out",
        severity=Severity.ERROR if named else Severity.INFO,
        text=f"{service.name}: left out, as it runs as a container and no Docker is used",
        service=service.name,
        hint=f"{_SET} ENGINE=compose",
    )


def _no_provider(service: Service, role: str, offered: Service | None, settings: Settings) -> Note:
    where = f"{service.name}: needs `{role}`"
    if offered is None:
        text, hint = f"{where}, which no service offers", f"hearth disable {service.name}"
    elif settings.of(offered.name).source is Source.DISABLED:
        text = f"{where}, and `{offered.name}` is turned off"
        hint = f"hearth enable {offered.name}"
    elif _is_absent(offered, settings):
        text = f"{where}, and `{offered.name}` is not in this version"
        hint = f"hearth disable {service.name}"
    else:
        text = f"{where}, and `{offered.name}` runs as a container and no Docker is used"
        hint = _without_docker(offered)
    return _error("no-provider", text, hint, service=service.name)


def _without_docker(service: Service) -> str:
    """Propose where else a service can come from."""
    if service.sources.localhost_port is not None:
        return f"hearth source {service.name} localhost"
    if service.sources.external:
        return f"hearth source {service.name} external --url https://example.org"
    return f"{_SET} ENGINE=compose"


def _serving(
    catalog: Catalog, settings: Settings, causes: Mapping[str, str], chosen: Mapping[str, str]
) -> dict[str, str]:
    offering: dict[str, list[str]] = {}
    for name in causes:
        for role in catalog.services[name].offers:
            offering.setdefault(role, []).append(name)
    return {
        role: provider
        for role, able in sorted(offering.items())
        if (provider := chosen.get(role) or _first(settings, role, able)) in causes
    }


def _first(settings: Settings, role: str, able: Sequence[str]) -> str:
    """Take the provider that the person said, else the first in the order of the catalog."""
    said = _said(settings, role)
    return said if said is not None and said in able else next(iter(able), "")


def _who(
    catalog: Catalog, settings: Settings, role: str, *, on: Mapping[str, str], gone: str = ""
) -> str:
    able = [name for name in catalog.providers(role) if name in on and name != gone]
    return _first(settings, role, able)


def _said(settings: Settings, role: str) -> str | None:
    return settings.gateway if role == GATEWAY else settings.providers.get(role)


def _idle_providers(
    settings: Settings, catalog: Catalog, serving: Mapping[str, str]
) -> Iterator[Note]:
    """Name providers that the person chose and that are not on: wanting pulls nothing in."""
    for role, said in sorted(settings.providers.items()):
        server = serving.get(role, said)
        if server != said and said in catalog.providers(role):
            yield Note(
                code="provider-off",
                severity=Severity.WARNING,
                text=f"{variable_name(role, 'provider')}: `{said}` is not on, so `{server}` serves"
                f" `{role}`",
                service=said,
                hint=f"hearth enable {said}",
            )


def _stand_in(
    catalog: Catalog, settings: Settings, role: str, *, causes: Mapping[str, str], gone: str
) -> str | None:
    return _who(catalog, settings, role, on=causes, gone=gone) or None


def _cycle_notes(
    catalog: Catalog, settings: Settings, causes: Mapping[str, str], *, serving: Mapping[str, str]
) -> Iterator[Note]:
    """Name each cycle of needs once, as the way round it."""
    edges = {
        name: [
            serving[role]
            for role in present(catalog.services[name], settings).needs
            if role in serving and serving[role] != name
        ]
        for name in causes
    }
    done: set[str] = set()
    for start in edges:
        cycle = _cycle_from(start, edges, done)
        if cycle:
            text = f"{cycle[0]}: needs itself: {' → '.join(cycle)}"
            hint = f"hearth disable {cycle[-2]}"
            yield _error("need-cycle", text, hint, service=cycle[0])


def _cycle_from(
    start: str, edges: Mapping[str, list[str]], done: set[str]
) -> tuple[str, ...] | None:
    path: list[str] = []
    found: list[tuple[str, ...]] = []

    def visit(name: str) -> None:
        if name in path:
            found.append((*path[path.index(name) :], name))
            return
        if name in done:
            return
        path.append(name)
        for following in edges.get(name, ()):
            visit(following)
        path.pop()
        done.add(name)

    visit(start)
    return found[0] if found else None
