"""Everybody's reach as one picture, and the reasons below it: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from hearth_control.cli.output import Output
from hearth_control.cli.table import wrap
from hearth_control.cli.theme import bold, dim, good, warm
from hearth_control.plan.model import Network, NetworkKind
from hearth_control.plan.reach import Way
from hearth_control.plan.reaching import Answer, Service

_SELF, _NOTHING = "\\", "·"
_PLAIN_NOTHING: Final = "."
_MEANT: Final[Mapping[NetworkKind, str]] = {
    NetworkKind.ROLE: "serves it or asks for it",
    NetworkKind.OWN: "one service's containers",
    NetworkKind.METRICS: "tells its numbers to who collects them",
    NetworkKind.EGRESS: "to the internet, each service alone, with the gateway if it is routed",
    NetworkKind.FRONT: "answers this host, who reaches it, and the gateway",
    NetworkKind.SEALED: "answers this host, the gateway and the collector, and has no way out",
    NetworkKind.LAN: "a device of your network",
    NetworkKind.FLAT: "everybody with everybody",
}


def matrix_lines(answer: Answer, output: Output) -> list[str]:
    """Draw who reaches whom, a row an asker and a column a target, then say why."""
    services = [service for service in answer.services if service.units]
    count = len(answer.units)
    most = count * (count - 1)
    lines = [
        f"{len(services)} services, {count} units: {len(answer.pairs)} of {most} pairs are open"
    ]
    if not services:
        return lines
    name = max(len(service.name) for service in services)
    rows = {one: _row(answer, one, services) for one in services}
    number = len(str(len(services)))
    if name + number + len(services) + 14 <= output.width:
        lines += ["", *_drawn(answer, rows, output, name=name, number=number)]
    else:
        lines += ["", *_told(rows, output, name=name)]
    return [*lines, "", *_why(answer.networks, output)]


def _row(answer: Answer, asker: Service, services: Sequence[Service]) -> dict[str, Way]:
    ways = {other.name: answer.between_services(asker, other) for other in services}
    ways.pop(asker.name)
    return ways


def _drawn(
    answer: Answer,
    rows: Mapping[Service, Mapping[str, Way]],
    output: Output,
    *,
    name: int,
    number: int,
) -> list[str]:
    names = [service.name for service in rows]
    indent = " " * (number + name + 2)
    heads = [f"{index:>{number}}" for index in range(1, len(names) + 1)]
    lines = [dim(indent + "".join(head[digit] for head in heads)) for digit in range(number)]
    out = {one.unit for one in answer.outward if one.internet}
    for head, (service, ways) in zip(heads, rows.items(), strict=True):
        cells = "".join(_cell(ways.get(other), output) for other in names)
        beyond = dim("  internet") if out & set(service.units) else ""
        lines.append(f"{dim(head)} {bold(f'{service.name:<{name}}')} {cells}{beyond}")
    legend = (
        (Way.DECLARED, "asks for it"),
        (Way.OPEN, "open, though it does not ask: they share a network"),
        (Way.CLOSED, "closed"),
    )
    return [*lines, "", *(f"{_cell(way, output)} {meant}" for way, meant in legend)]


def _cell(way: Way | None, output: Output) -> str:
    match way:
        case None:
            return dim(_SELF)
        case Way.DECLARED:
            return good(output.symbols.good)
        case Way.OPEN:
            return warm(output.symbols.off)
        case Way.CLOSED:
            plain = not output.symbols.off.isascii()
            return dim(_NOTHING if plain else _PLAIN_NOTHING)


def _told(rows: Mapping[Service, Mapping[str, Way]], output: Output, *, name: int) -> list[str]:
    """Say the picture in words, where it is wider than the terminal."""
    lines = []
    for service, ways in rows.items():
        asked = [other for other, way in ways.items() if way is Way.DECLARED]
        beside = sum(way is Way.OPEN for way in ways.values())
        more = f" (and {beside} beside it in a network)" if beside else ""
        text = (", ".join(asked) or "nobody") + more
        first, *rest = wrap(text, width=output.width - name - 5, indent="") or [""]
        lines.append(f"{bold(f'{service.name:<{name}}')} {output.symbols.arrow} {first}")
        lines += [" " * (name + 3) + line for line in rest]
    return lines


def _why(networks: Sequence[Network], output: Output) -> list[str]:
    lines = [dim("why: who is in which network")]
    for kind, meant in _MEANT.items():
        found = [network for network in networks if network.kind is kind]
        if not found:
            continue
        lines.append(f"  {bold(kind.value)} {dim(meant)}")
        if kind in {NetworkKind.EGRESS, NetworkKind.FLAT}:
            members = sorted({unit for network in found for unit in network.members})
            lines += wrap(", ".join(members), width=output.width, indent="    ")
            continue
        for network in found:
            text = f"{_short(network)}: {', '.join(network.members)}"
            lines += wrap(text, width=output.width, indent="    ")
    return lines


def _short(network: Network) -> str:
    """Name a network by what it is about, without the installation and the kind."""
    return network.name.partition(f"-{network.kind.value}-")[2] or network.name
