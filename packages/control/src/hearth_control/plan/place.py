"""Where each chosen service comes from, on which hardware, how many of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hearth_control.catalog.model import Hardware, Service, Source
from hearth_control.host.model import Gpu, Host
from hearth_control.plan.model import Note, Severity
from hearth_control.plan.names import variable_name
from hearth_control.settings.model import EngineName, ServiceSettings, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A chosen service and everything decided about where and how it runs."""

    service: Service
    cause: str
    source: Source
    hardware: Hardware
    scale: int
    said: ServiceSettings
    cards: tuple[Gpu, ...] = ()
    """The cards that its hardware stands for."""

    @property
    def name(self) -> str:
        """Name the service."""
        return self.service.name

    @property
    def runs_here(self) -> bool:
        """Whether Hearth itself starts it."""
        return self.source in {Source.CONTAINER, Source.EMBEDDED}


def source_of(service: Service, settings: Settings) -> Source | None:
    """Say where a service comes from; None when this engine or this version cannot run it."""
    said = settings.of(service.name).source
    if said is not None:
        return said
    if _is_elsewhere(service):
        return Source.EXTERNAL
    if settings.engine is not EngineName.EMBEDDED:
        return None if service.absent else Source.CONTAINER
    return Source.EMBEDDED if service.embedded else None


def _is_elsewhere(service: Service) -> bool:
    """Tell whether there is nothing of a service to run here."""
    return not service.containers and service.embedded is None


def source_fault(service: Service, settings: Settings) -> Note | None:
    """Say why the source that a person asked for cannot be, if it cannot."""
    said = settings.of(service.name)
    on_embedded = settings.engine is EngineName.EMBEDDED
    match said.source or (Source.EXTERNAL if _is_elsewhere(service) else None):
        case Source.CONTAINER:
            return _container_fault(service, on_embedded=on_embedded)
        case Source.EMBEDDED if not service.embedded:
            return _fault(service, "cannot run embedded", f"hearth source {service.name} container")
        case Source.EMBEDDED if not on_embedded:
            return _fault(
                service,
                "is set to `embedded`, which needs `ENGINE=embedded`",
                f"hearth source {service.name} container",
            )
        case Source.LOCALHOST if not (said.port or service.sources.localhost_port):
            key = variable_name(service.name, "port")
            return _fault(
                service, "runs on this host, and its port is not known", f"{_SET} {key}=8080"
            )
        case Source.EXTERNAL if not said.url:
            key = variable_name(service.name, "url")
            return _fault(
                service, f"is external, and `{key}` is not set", f"{_SET} {key}=https://example.org"
            )
        case _:
            return None


def _container_fault(service: Service, *, on_embedded: bool) -> Note | None:
    if on_embedded:
        return _fault(service, "runs as a container, and no Docker is used", _use_compose())
    return not_in_version(service, Severity.ERROR) if service.absent else None


def not_in_version(service: Service, severity: Severity) -> Note:
    """Say that an image of ours has no Dockerfile in this checkout, so nothing can make it."""
    files = ", ".join(f"`{path}`" for path in service.absent)
    return Note(
        code="not-in-version",
        severity=severity,
        text=f"{service.name}: is not in this version, which has no {files}",
        service=service.name,
        hint=f"hearth disable {service.name}",
    )


def hardware_of(service: Service, settings: Settings, host: Host) -> tuple[Hardware, Note | None]:
    """Pick the hardware variant; `auto` takes a card that containers can use."""
    variants = {kind for item in service.containers for kind in item.variants}
    if not variants - {Hardware.CPU}:
        return Hardware.CPU, None
    if settings.hardware is None:
        return _automatic(service, variants, host)
    if settings.hardware is Hardware.CPU or settings.hardware not in variants:
        return Hardware.CPU, None
    return settings.hardware, _card_fault(service, settings.hardware, host)


def place(
    service: Service, cause: str, *, source: Source, settings: Settings, host: Host
) -> tuple[Placed, tuple[Note, ...]]:
    """Decide where one chosen service runs, with what there is to say about it."""
    said = settings.of(service.name)
    hardware, note = (
        hardware_of(service, settings, host) if source is Source.CONTAINER else (Hardware.CPU, None)
    )
    scale, scale_note = _scale(service, said.scale or 1)
    placed = Placed(
        service=present(service, settings),
        cause=cause,
        source=source,
        hardware=hardware,
        scale=scale,
        said=said,
        cards=tuple(card for card in host.gpus if card.usable and card.vendor == hardware),
    )
    notes = (source_fault(service, settings), note, scale_note)
    return placed, tuple(item for item in notes if item is not None)


def present(service: Service, settings: Settings) -> Service:
    """Give a service as its variables make it.

    A container whose variable is empty has nothing to do and is left out; a role whose variable
    is empty is wanted instead of needed, and one whose variable has another value is idle.
    """
    waiting = {item.when for item in service.containers} | {
        need.when for need in service.needs.values()
    }
    empty = {when for when in waiting if when and not _holds(when, service, settings)}
    if not empty:
        return service
    idle = {
        role: replace(need, idle="=" in need.when)
        for role, need in service.needs.items()
        if need.when is not None and need.when in empty
    }
    return replace(
        service,
        containers=tuple(item for item in service.containers if item.when not in empty),
        needs={role: need for role, need in service.needs.items() if role not in idle},
        wants={**service.wants, **idle},
    )


def _holds(when: str, service: Service, settings: Settings) -> bool:
    name, _, value = when.partition("=")
    variable = service.variables.get(name)
    given = settings.variables.get(name, variable.default if variable else "")
    return given == value if value else bool(given)


_SET = "hearth settings set"
_USE_CPU = f"{_SET} HARDWARE=cpu"


def _use_compose() -> str:
    return f"{_SET} ENGINE=compose"


def _fault(service: Service, text: str, hint: str) -> Note:
    return Note(
        code="source-impossible",
        severity=Severity.ERROR,
        text=f"{service.name}: {text}",
        service=service.name,
        hint=hint,
    )


def _automatic(
    service: Service, variants: set[Hardware], host: Host
) -> tuple[Hardware, Note | None]:
    cards = [card for card in host.gpus if card.vendor in variants]
    usable = next((card for card in cards if card.usable), None)
    if usable is not None:
        return Hardware(usable.vendor), None
    if not cards:
        return Hardware.CPU, None
    card = cards[0]
    return Hardware.CPU, Note(
        code="gpu-unused",
        severity=Severity.WARNING,
        text=f"{service.name}: runs on the CPU, as containers cannot use the {card.name}"
        f"{_because(card.why_not)}",
        service=service.name,
        hint=card.fix or _USE_CPU,
    )


def _card_fault(service: Service, hardware: Hardware, host: Host) -> Note | None:
    cards = [card for card in host.gpus if card.vendor == hardware]
    if any(card.usable for card in cards):
        return None
    why = _because(cards[0].why_not) if cards else ": this machine has none"
    return Note(
        code="gpu-missing",
        severity=Severity.ERROR,
        text=f"{service.name}: `HARDWARE={hardware.value}` needs a card that containers can use"
        f"{why}",
        service=service.name,
        hint=(cards[0].fix if cards else "") or _USE_CPU,
    )


def _because(why: str) -> str:
    return f": {why}" if why else ""


def _scale(service: Service, wanted: int) -> tuple[int, Note | None]:
    if wanted == 1 or service.stateless:
        return wanted, None
    key = variable_name(service.name, "scale")
    return 1, Note(
        code="scale-impossible",
        severity=Severity.ERROR,
        text=f"{service.name}: `{key}={wanted}` cannot be, as it keeps state of its own",
        service=service.name,
        hint=f"{_SET} {key}=1",
    )
