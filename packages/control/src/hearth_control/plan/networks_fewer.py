"""Fewer networks that let the same pairs through.

Each network costs an engine about as much as an eighth of a container to make and again to remove,
and each place in one about as much to join, so that what another network does already is left out:

| left out | because |
|---|---|
| the numbers' network of a service | who collects them joins the sealed one |
| the sealed network of a service | the gateway joins its way out, having one itself |
| a network whose members all are in another | they reach each other there, and as far out |

Nothing here opens a pair, or gives a way out to who has none; `may_join` is the whole rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import permutations

from hearth_control.plan.model import NetworkKind

INTERNAL = frozenset({NetworkKind.ROLE, NetworkKind.OWN, NetworkKind.METRICS})
_FOLDS = (
    (NetworkKind.METRICS, NetworkKind.SEALED),
    (NetworkKind.SEALED, NetworkKind.EGRESS),
)
"""Which network of a service may become part of which other of the same service, in this order."""

Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A network without addresses: `about` is the role or the service that it is named for."""

    kind: NetworkKind
    about: str
    role: str
    members: frozenset[str]

    @property
    def name(self) -> str:
        """Give its name without the project's."""
        return f"{self.kind.value}-{self.about}"


def fewer(drafts: Iterable[Draft]) -> tuple[Draft, ...]:
    """Leave out what others do already, sorted by name."""
    found = {draft.name: draft for draft in drafts}
    open_pairs = pairs(found.values())
    leaving = frozenset(
        unit for one in found.values() if one.kind is NetworkKind.EGRESS for unit in one.members
    )
    for part, whole in _FOLDS:
        for draft in [one for one in found.values() if one.kind is part]:
            into = found.get(f"{whole.value}-{draft.about}")
            if into and may_join(into, draft, open_pairs=open_pairs, leaving=leaving):
                found[into.name] = replace(into, members=into.members | draft.members)
                del found[draft.name]
    for name in sorted(found):
        if any(_covers(other, found[name]) for other in found.values() if other.name != name):
            del found[name]
    return tuple(found[name] for name in sorted(found))


def may_join(into: Draft, draft: Draft, *, open_pairs: Pairs, leaving: frozenset[str]) -> bool:
    """Tell whether one network may take another's members in without opening anything."""
    together = into.members | draft.members
    if into.kind is NetworkKind.EGRESS and not together <= leaving:
        return False
    return set(permutations(together, 2)) <= open_pairs


def pairs(drafts: Iterable[Draft]) -> Pairs:
    """Give who reaches whom, in both directions."""
    return frozenset(pair for draft in drafts for pair in permutations(draft.members, 2))


_AS_GOOD: Mapping[NetworkKind, frozenset[NetworkKind]] = {
    **dict.fromkeys(
        (NetworkKind.ROLE, NetworkKind.METRICS),
        INTERNAL | {NetworkKind.SEALED, NetworkKind.FRONT, NetworkKind.EGRESS},
    ),
    NetworkKind.SEALED: frozenset({NetworkKind.SEALED, NetworkKind.FRONT, NetworkKind.EGRESS}),
    NetworkKind.EGRESS: frozenset({NetworkKind.EGRESS}),
}
"""What a member of a network of one kind gets as well from one of another kind.

A service's own network always stays, as the coming of a second container, or a job's end, must not
recreate the first.
"""


def _covers(other: Draft, draft: Draft) -> bool:
    return draft.members <= other.members and other.kind in _AS_GOOD.get(draft.kind, ())
