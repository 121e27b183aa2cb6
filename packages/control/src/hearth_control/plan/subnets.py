"""Small subnets out of private ranges, none of which the host routes already.

Docker's own default pool gives about 31 networks and may overlap a home network or a VPN; these
are chosen with the host's routes in view and said explicitly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

PREFIX = 27
_SIZE = 1 << (32 - PREFIX)
_POOLS = (
    *("10.213.0.0/16", "172.30.0.0/16", "10.87.0.0/16", "192.168.208.0/20"),
    # What is left of the private ranges, for hosts that route much of them.
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
)
SPARE = ("198.18.0.0/16", "100.64.0.0/16")
"""Ranges that are proposed and never taken by themselves: somebody may use them elsewhere."""
_WIDEST = 4
"""Routes wider than this are default routes, halves of one included, and say nothing."""

Span = tuple[int, int]


def assign(
    names: Sequence[str],
    *,
    existing: Mapping[str, str],
    avoid: Iterable[str],
    within: str = "",
) -> dict[str, str]:
    """Give each network a subnet, of the range `within` if there is one.

    One that exists keeps its own. A network that found no room is missing from the result.
    """
    kept = {name: existing[name] for name in names if existing.get(name)}
    taken = sorted(_spans([*avoid, *existing.values()]))
    free = _free(taken, (within,) if within else _POOLS)
    fresh = (name for name in names if name not in kept)
    return kept | {name: _text(start) for name, start in zip(fresh, free, strict=False)}


def last_address(subnet: str | None) -> str | None:
    """Give the last address of a subnet that a member could have; Docker gives it out last."""
    if subnet is None:
        return None
    return _dotted(_span(subnet)[1] - 1)


def first_overlap(network: str, others: Iterable[str]) -> str | None:
    """Find the first of other networks that shares an address with one; default routes do not."""
    low, high = _span(network)
    for other in others:
        if any(first <= high and last >= low for first, last in _spans([other])):
            return other
    return None


def _free(taken: list[Span], pools: Sequence[str]) -> Iterable[int]:
    given: set[int] = set()
    for pool in pools:
        low, high = _span(pool)
        start = low
        while start + _SIZE - 1 <= high:
            blocking = next(
                (end for first, end in taken if first <= start + _SIZE - 1 and end >= start), None
            )
            if blocking is None:
                if start not in given:
                    given.add(start)
                    yield start
                start += _SIZE
            else:
                start = (blocking // _SIZE + 1) * _SIZE


def _spans(networks: Iterable[str]) -> Iterable[Span]:
    for network in networks:
        if ":" not in network and int((network + "/32").split("/")[1]) > _WIDEST:
            yield _span(network)


def _span(network: str) -> Span:
    address, _, prefix = network.partition("/")
    number = 0
    for part in address.split("."):
        number = number * 256 + int(part)
    size = 1 << (32 - int(prefix or 32))
    first = number // size * size
    return first, first + size - 1


def _text(start: int) -> str:
    return f"{_dotted(start)}/{PREFIX}"


def _dotted(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
