"""Whether the chosen services fit the machine, and the smaller set that would.

**Refused** is what clearly cannot be: services whose ordinary use is more than memory and swap
together, as the kernel would end some of them; or data of which less than half would fit the disk,
as a full disk stops every database. **Warned of** is what is tight: memory without a tenth (at most
a GiB) left for the system and its cache, a disk that will be full one day. What runs already is
never refused: the machine has shown that it can. `FIT=warn` turns refusals into warnings.
`fit_models` looks at models and graphics memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hearth_control.catalog.model import Source
from hearth_control.host.model import Host
from hearth_control.plan.model import Note, Severity, Wire
from hearth_control.plan.place import Placed
from hearth_control.settings.model import Fit

_GIB: Final = 1 << 30
_LOOK: Final = "hearth services"
SYSTEM_SHARE: Final = 10
"""One part in this many is left to the system, at most a GiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The services of a plan as fitting sees them.

    `needs`: service → the services it cannot run without · `wants`: how many others would lose
    something without it · `pulled`: those that are on only because others need them.
    """

    needs: Mapping[str, frozenset[str]]
    wants: Mapping[str, int]
    pulled: frozenset[str]


def choice_of(placed: Sequence[Placed], wires: Sequence[Wire]) -> Choice:
    """Gather who needs whom."""
    needs: dict[str, set[str]] = {item.name: set() for item in placed}
    wants: dict[str, int] = dict.fromkeys(needs, 0)
    for wire in wires:
        if wire.required:
            needs[wire.consumer].add(wire.provider)
        elif wire.provider in wants:
            wants[wire.provider] += 1
    return Choice(
        needs={name: frozenset(found) for name, found in needs.items()},
        wants=wants,
        pulled=frozenset(item.name for item in placed if " needs " in item.cause),
    )


def smaller_set(
    taken: Mapping[str, int], excess: int, choice: Choice
) -> tuple[tuple[str, int], ...]:
    """Name what to turn off so that `excess` is freed, each with what that frees.

    Nothing that a remaining service needs is named. Where turning one service off is enough, it is
    the one that the fewest others would miss, and of those the smallest; where none is enough, what
    frees the most goes first. Empty where nothing would be enough.
    """
    remaining = _Remaining(taken, choice)
    dropped: list[tuple[str, int]] = []
    left = excess
    while left > 0:
        freed = remaining.freed
        if not freed:
            return ()
        enough = [name for name in freed if freed[name] >= left]
        if enough:
            best = min(enough, key=lambda name: (choice.wants.get(name, 0), freed[name], name))
        else:
            best = max(freed, key=lambda name: (freed[name], -choice.wants.get(name, 0), name))
        dropped.append((best, freed[best]))
        left -= freed[best]
        remaining.drop(best)
    return _without_spare(dropped, excess, taken, choice) if remaining.names else ()


class _Remaining:
    """The services that are still on, and what turning each of them off would free."""

    def __init__(self, taken: Mapping[str, int], choice: Choice) -> None:
        self.names = set(taken)
        self._taken = taken
        self._choice = choice
        self._consumers = _consumers(taken, choice)
        self.freed: dict[str, int] = {}
        """What each frees; without those that others need, and those that free nothing."""
        self._look_at(self.names)

    def gone_with(self, name: str) -> frozenset[str]:
        """Name what goes with a service: itself and what only it needs; none where others do."""
        if self._consumers[name]:
            return frozenset()
        return frozenset(_gone((name,), self._consumers, self._choice))

    def drop(self, name: str) -> None:
        """Turn a service off, with what only it needs."""
        gone = self.gone_with(name)
        self.names -= gone
        changed: set[str] = set()
        for each in gone:
            self.freed.pop(each, None)
            for provider in self._needs(each):
                consumers = self._consumers[provider]
                consumers.discard(each)
                # Only the last consumer takes a provider along, so only it frees more than before.
                if provider in self.names and len(consumers) <= 1:
                    changed |= {provider, *self._above(provider)}
        self._look_at(changed & self.names)

    def _needs(self, name: str) -> list[str]:
        needs = self._choice.needs.get(name, frozenset())
        return [each for each in needs if each != name and each in self._consumers]

    def _above(self, name: str) -> set[str]:
        found: set[str] = set()
        looking = [name]
        while looking:
            fresh = self._consumers[looking.pop()] - found
            found |= fresh
            looking.extend(fresh)
        return found

    def _look_at(self, names: Collection[str]) -> None:
        for name in names:
            freed = sum(self._taken[each] for each in self.gone_with(name))
            if freed:
                self.freed[name] = freed
            else:
                self.freed.pop(name, None)


def _without_spare(
    dropped: Sequence[tuple[str, int]], excess: int, taken: Mapping[str, int], choice: Choice
) -> tuple[tuple[str, int], ...]:
    """Keep on what the later choices made up for, as long as it needs nothing that goes."""
    consumers = _consumers(taken, choice)
    kept = [name for name, _ in dropped]
    whole = sum(taken[name] for name in _gone(kept, consumers, choice))
    for one, _ in sorted(dropped, key=lambda each: each[1]):
        # Kept on, it keeps its own at least, unless it goes along with what needs it.
        if one not in choice.pulled and whole - taken[one] < excess:
            continue
        rest = [name for name in kept if name != one]
        gone = _gone(rest, consumers, choice)
        is_whole = all(consumers[name] <= gone for name in gone)
        freed_so = sum(taken[name] for name in gone)
        if is_whole and freed_so >= excess:
            kept, whole = rest, freed_so
    freed: list[tuple[str, int]] = []
    before: set[str] = set()
    for name in kept:
        gone = before | _gone((name,), consumers, choice, already=before)
        freed.append((name, sum(taken[each] for each in gone - before)))
        before = gone
    return tuple(sorted(freed, key=lambda each: (-each[1], each[0])))


def _consumers(taken: Collection[str], choice: Choice) -> dict[str, set[str]]:
    """Turn who needs whom around."""
    consumers: dict[str, set[str]] = {name: set() for name in taken}
    for consumer in taken:
        for provider in choice.needs.get(consumer, ()):
            if provider != consumer and provider in consumers:
                consumers[provider].add(consumer)
    return consumers


def _gone(
    names: Iterable[str],
    consumers: Mapping[str, set[str]],
    choice: Choice,
    *,
    already: Collection[str] = frozenset(),
) -> set[str]:
    """Name services with what only they, and those that are off already, need."""
    gone = set(names)
    looking = list(gone)
    while looking:
        for provider in choice.needs.get(looking.pop(), ()):
            if provider not in choice.pulled or provider in gone or provider in already:
                continue
            if all(one in gone or one in already for one in consumers.get(provider, {""})):
                gone.add(provider)
                looking.append(provider)
    return gone


def fit_memory(
    placed: Sequence[Placed],
    wires: Sequence[Wire],
    host: Host,
    *,
    running: Collection[str] = (),
    fit: Fit = Fit.REFUSE,
) -> Iterator[Note]:
    """Hold the services' ordinary use of memory against the machine's."""
    taken = {item.name: _typical(item) for item in placed if item.source is Source.CONTAINER}
    total = sum(taken.values())
    room = room_of(host)
    if not host.memory or total <= room:
        return
    is_new = any(name not in running for name in taken)
    clearly = total > host.memory + host.swap
    swap = f" and {size(host.swap)} of swap" if host.swap else ""
    yield short_note(
        "memory-short",
        f"memory: the services take about {size(total)} and this machine has"
        f" {size(host.memory)}{swap}",
        refused=clearly and is_new and fit is Fit.REFUSE,
        taken=taken,
        excess=total - room,
        choice=choice_of(placed, wires),
    )


def room_of(host: Host) -> int:
    """Give the memory that services may take together, in bytes."""
    return host.memory - min(host.memory // SYSTEM_SHARE, _GIB)


def fit_disk(
    fresh: Mapping[str, int],
    placed: Sequence[Placed],
    wires: Sequence[Wire],
    host: Host,
    *,
    fit: Fit = Fit.REFUSE,
) -> Iterator[Note]:
    """Hold the images and data of services that are `fresh` against the engine's free disk."""
    total = sum(fresh.values())
    free = host.disk_free if host.engine_disk_free is None else host.engine_disk_free
    if total <= free:
        return
    where = "" if host.engine_disk_free is None else " where Docker keeps its data"
    yield short_note(
        "disk-short",
        f"disk: new services take about {size(total)} and {size(free)} are free{where}",
        refused=total > 2 * free and fit is Fit.REFUSE,
        taken={item.name: fresh.get(item.name, 0) for item in placed},
        excess=total - free,
        choice=choice_of(placed, wires),
    )


def short_note(
    code: str,
    text: str,
    *,
    refused: bool,
    taken: Mapping[str, int],
    excess: int,
    choice: Choice,
) -> Note:
    """Say that `excess` of what is `taken` is too much, and what to turn off so that it fits."""
    smaller = smaller_set(taken, excess, choice)
    if smaller:
        names = " and ".join(f"`{name}` ({size(freed)})" for name, freed in smaller)
        text += f"; without {names} it fits"
    else:
        smaller = _most(taken, choice)
        text += "; no smaller set of them fits" if len(taken) > 1 else ""
    if refused:
        text += "; `FIT=warn` starts it all the same"
    return Note(
        code=code,
        severity=Severity.ERROR if refused else Severity.WARNING,
        text=text,
        service=smaller[0][0] if smaller else None,
        hint=" && ".join(f"hearth disable {name}" for name, _freed in smaller) or _LOOK,
    )


def _most(taken: Mapping[str, int], choice: Choice) -> tuple[tuple[str, int], ...]:
    """Name the one that frees the most; nobody where others need every one of them."""
    freed = _Remaining(taken, choice).freed
    best = min(freed, key=lambda name: (-freed[name], name), default=None)
    return ((best, freed[best]),) if best is not None else ()


def _typical(item: Placed) -> int:
    """Give a service's ordinary use; a lower ceiling that the person set holds it down."""
    total = 0
    for container in item.service.containers:
        if container.memory is None or container.job:
            continue
        is_main = container.name == item.service.main
        ceiling = item.said.memory if is_main and item.said.memory else container.memory.typical
        total += min(container.memory.typical, ceiling) * (item.scale if is_main else 1)
    return total


def size(count: int) -> str:
    """Say a size as the notes of the plan do."""
    if count >= _GIB:
        return f"{count / _GIB:.1f} GiB"
    return f"{count / (1 << 20):.0f} MiB"
