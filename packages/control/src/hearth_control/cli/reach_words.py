"""What `reach` says about one name or two: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from hearth_control.cli.output import Output
from hearth_control.cli.theme import bold, dim, good, typed, warm
from hearth_control.plan.reach import Outward, Path, Reach, Way
from hearth_control.plan.reaching import HOST, INTERNET, Answer


def reach_document(answer: Answer) -> dict[str, Any]:
    """Give the answer whole. A pair that is not listed is closed."""
    return {
        "asked": list(answer.names),
        "units": list(answer.units),
        "pairs": [
            {"asker": pair.asker, "target": pair.target, "way": pair.way, "paths": _paths(pair)}
            for pair in answer.pairs
        ],
        "outward": [asdict(each) for each in answer.outward],
        "networks": [
            {"name": net.name, "kind": net.kind, "subnet": net.subnet, "members": net.members}
            for net in answer.networks
        ],
        "elsewhere": asdict(answer.elsewhere) if answer.elsewhere else None,
        "opening": asdict(answer.opening) if answer.opening else None,
    }


def two_lines(answer: Answer, output: Output) -> list[str]:
    """Say whether the first reaches the second, and why; or why not and what would open it."""
    asker, target = answer.names
    if target in {INTERNET, HOST}:
        return [line for one in answer.outward for line in _beyond(one, target, output)]
    if answer.elsewhere is not None and not answer.pairs:
        return [
            f"{good(output.symbols.good)} {bold(asker)} reaches {bold(target)}",
            f"  {answer.elsewhere.why}",
        ]
    if not answer.pairs:
        return _closed(answer, output)
    return [line for pair in answer.pairs for line in _pair(pair, output)]


def one_lines(answer: Answer, output: Output) -> list[str]:
    """Say whom a name reaches and who reaches it."""
    ours = {one.unit for one in answer.outward}
    lines: list[str] = []
    for title, side in (("reaches", "asker"), ("is reached by", "target")):
        pairs = [pair for pair in answer.pairs if getattr(pair, side) in ours]
        shown = sorted(pairs, key=lambda pair: (pair.way is not Way.DECLARED, pair.target))
        lines += ["", dim(f"{answer.names[0]} {title}"), *_listed(shown, side, output)]
    lines += ["", dim("beyond the platform")]
    for one in answer.outward:
        lines += [f"  {bold(one.unit)}  {outward_words(one)}"]
    return lines[1:]


def outward_words(one: Outward) -> str:
    """Say in a few words what a unit reaches beyond the platform, and where it is found."""
    said = ["the internet" if one.internet else "no internet"]
    if one.host:
        said.append("programs on this host")
    if one.published:
        said.append(f"found at {', '.join(one.published)}")
    return ", ".join(said)


def _listed(pairs: Sequence[Reach], side: str, output: Output) -> Iterable[str]:
    if not pairs:
        return ["  nobody"]
    other = "target" if side == "asker" else "asker"
    width = max(len(getattr(pair, other)) for pair in pairs)
    return [
        f"  {_mark(pair.way, output)} {getattr(pair, other):<{width}}  {dim(pair.paths[0].why)}"
        for pair in pairs
    ]


def _pair(pair: Reach, output: Output) -> list[str]:
    though = "" if pair.way is Way.DECLARED else ", though it does not ask for it"
    mark = _mark(pair.way, output)
    lines = [f"{mark} {bold(pair.asker)} reaches {bold(pair.target)}{though}"]
    for path in pair.paths:
        over = f"over {path.network}: " if path.network else ""
        lines.append(f"  {over}{path.why}")
    return lines


def _closed(answer: Answer, output: Output) -> list[str]:
    asker, target = answer.names
    lines = [f"{dim(output.symbols.off)} {bold(asker)} does not reach {bold(target)}"]
    if answer.opening is None:
        return lines
    lines.append(f"  {answer.opening.why}")
    if answer.opening.command:
        lines.append(f"  {typed(answer.opening.command)} opens it")
    return lines


def _beyond(one: Outward, target: str, output: Output) -> list[str]:
    reached = one.internet is not None if target == INTERNET else one.host
    name = "the internet" if target == INTERNET else "programs on this host"
    if reached:
        over = f" over {one.internet}" if target == INTERNET else " at host.docker.internal"
        return [f"{good(output.symbols.good)} {bold(one.unit)} reaches {name}{over}"]
    why = (
        f"the file of `{one.service}` does not ask for `egress` here"
        if target == INTERNET
        else "it uses nothing that runs on this host outside of Docker"
    )
    return [f"{dim(output.symbols.off)} {bold(one.unit)} does not reach {name}", f"  {why}"]


def _mark(way: Way, output: Output) -> str:
    return good(output.symbols.good) if way is Way.DECLARED else warm(output.symbols.busy)


def _paths(pair: Reach) -> list[dict[str, Any]]:
    return [_path(path) for path in pair.paths]


def _path(path: Path) -> dict[str, Any]:
    return {"network": path.network, "way": path.way, "why": path.why}
