"""Whether models fit the memory they are computed in, and the smaller ones that would. Pure.

Nothing is refused here: what does not fit a card is computed in part by the processors, or loaded
anew for each question, and both are slow but work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hearth_control.catalog.model import Hardware, Source
from hearth_control.host.model import Host
from hearth_control.plan.fit import choice_of, room_of, short_note, size
from hearth_control.plan.model import Note, Severity, Wire
from hearth_control.plan.models import Chosen, chosen_models
from hearth_control.plan.names import variable_name
from hearth_control.plan.place import Placed

_GIB: Final = 1 << 30


def fit_vram(
    placed: Sequence[Placed], wires: Sequence[Wire], host: Host, *, variables: Mapping[str, str]
) -> Iterator[Note]:
    """Warn when services on one kind of card want more graphics memory than it has.

    A service whose models were chosen in `variables` wants what the largest of them takes. Where a
    smaller model of its family would do, that is proposed, else fewer services.
    """
    for hardware in (Hardware.NVIDIA, Hardware.AMD):
        users = [item for item in placed if item.hardware is hardware]
        wanted = {item.name: vram for item in users if (vram := _vram(item, hardware, variables))}
        there, count = _graphics_memory(host, hardware)
        excess = sum(wanted.values()) - there
        if not wanted or excess <= 0 or not there:
            continue
        names = ", ".join(
            _named(item, wanted[item.name], variables) for item in users if item.name in wanted
        )
        on = f"{count} cards have" if count > 1 else "there are"
        text = f"graphics memory: {names} are more than the {size(there)} that {on}"
        smaller = _smaller_model(users, wanted, excess, variables)
        if smaller is not None:
            yield _use(smaller, text, code="vram-short")
            continue
        yield short_note(
            "vram-short",
            text,
            refused=False,
            taken={item.name: wanted.get(item.name, 0) for item in placed},
            excess=excess,
            choice=choice_of(placed, wires),
        )


def fit_models(
    placed: Sequence[Placed], host: Host, *, variables: Mapping[str, str]
) -> Iterator[Note]:
    """Warn of models that the processors are to run and that no memory holds.

    A container is ended when it takes more than its ceiling, so that counts as the machine does.
    """
    for item in placed:
        if item.hardware is Hardware.CPU and item.source is Source.CONTAINER and host.memory:
            for chosen in chosen_models(item.service, variables):
                yield from _fit_memory(item, chosen, room_of(host))


def _fit_memory(item: Placed, chosen: Chosen, machine: int) -> Iterator[Note]:
    ceiling = _ceiling(item)
    room = min(machine, ceiling)
    if chosen.largest is None or chosen.largest[1] <= room:
        return
    name, loaded = chosen.largest
    why = f"its ceiling is {size(ceiling)}" if ceiling < machine else f"{size(machine)} are there"
    text = f"{item.name}: the model `{name}` takes about {size(loaded)} of memory and {why}"
    value = chosen.within(room)
    if value is not None:
        yield _use((item, chosen.key, value), text, code="model-large")
        return
    raised = f"{variable_name(item.name, 'memory')}={-(-loaded // _GIB)}G"
    yield Note(
        code="model-large",
        severity=Severity.WARNING,
        text=text,
        service=item.name,
        hint=f"hearth settings set {raised}"
        if loaded <= machine
        else f"hearth settings unset {chosen.key}",
    )


def _use(smaller: tuple[Placed, str, str], text: str, *, code: str) -> Note:
    item, key, value = smaller
    return Note(
        code=code,
        severity=Severity.WARNING,
        text=f"{text}; with `{value}` it fits",
        service=item.name,
        hint=f"hearth settings set {key}={value}",
    )


def _smaller_model(
    users: Sequence[Placed], wanted: Mapping[str, int], excess: int, variables: Mapping[str, str]
) -> tuple[Placed, str, str] | None:
    """Find whose smaller model would make everything fit, the key and its value."""
    for item in users:
        room = wanted.get(item.name, 0) - excess
        for chosen in chosen_models(item.service, variables):
            value = chosen.within(room)
            if value is not None:
                return item, chosen.key, value
    return None


def _named(item: Placed, vram: int, variables: Mapping[str, str]) -> str:
    """Name a user of graphics memory, and the model that makes it want so much."""
    largest = next((one.largest for one in chosen_models(item.service, variables)), None)
    model = f" with `{largest[0]}`" if largest else ""
    return f"`{item.name}`{model} {size(vram)}"


def _graphics_memory(host: Host, hardware: Hardware) -> tuple[int, int]:
    """Add up what cards of a kind have, and count them; 0 where one says nothing of its own."""
    cards = [card for card in host.gpus if card.vendor == hardware and card.usable]
    # A card that shares the machine's memory says nothing.
    there = sum(card.vram for card in cards) if all(card.vram for card in cards) else 0
    return there, len(cards)


def _vram(item: Placed, hardware: Hardware, variables: Mapping[str, str]) -> int:
    variants = (container.variants.get(hardware) for container in item.service.containers)
    usual = sum(variant.vram or 0 for variant in variants if variant is not None)
    chosen = [one.largest for one in chosen_models(item.service, variables)]
    return max((loaded for _name, loaded in filter(None, chosen)), default=usual) if usual else 0


def _ceiling(item: Placed) -> int:
    limits = [
        one.memory.limit
        for one in item.service.containers
        if one.name == item.service.main and one.memory is not None
    ]
    return item.said.memory or sum(limits)
