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
from itertools import combinations

from hearth_control.plan.model import NetworkKind

INTERNAL = frozenset({NetworkKind.ROLE, NetworkKind.OWN, NetworkKind.METRICS})
_FOLDS = (
    (NetworkKind.METRICS, NetworkKind.SEALED),
    (NetworkKind.SEALED, NetworkKind.EGRESS),
)
"""Which network of a service may become part of which other of the same service, in this order."""

Places = Mapping[str, frozenset[str]]


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
    before = places(found.values())
    leaving = frozenset(
        unit for one in found.values() if one.kind is NetworkKind.EGRESS for unit in one.members
    )
    for part, whole in _FOLDS:
        for draft in [one for one in found.values() if one.kind is part]:
            into = found.get(f"{whole.value}-{draft.about}")
            if into and may_join(into, draft, before=before, leaving=leaving):
                found[into.name] = replace(into, members=into.members | draft.members)
                del found[draft.name]
    now = places(found.values())
    for name in sorted(found):
        # Only networks of its rarest member can have all of its members.
        beside = min((now[unit] for unit in found[name].members), key=len, default=frozenset())
        others = (found[other] for other in beside if other != name and other in found)
        if any(_covers(other, found[name]) for other in others):
            del found[name]
    return tuple(found[name] for name in sorted(found))


def may_join(into: Draft, draft: Draft, *, before: Places, leaving: frozenset[str]) -> bool:
    """Tell whether one network may take another's members in without opening anything."""
    together = into.members | draft.members
    if into.kind is NetworkKind.EGRESS and not together <= leaving:
        return False
    return all(not before[a].isdisjoint(before[b]) for a, b in combinations(together, 2))


def places(drafts: Iterable[Draft]) -> Places:
    """Give the names of the networks that each unit is in: who shares one reaches the other."""
    found: dict[str, set[str]] = {}
    for draft in drafts:
        for unit in draft.members:
            found.setdefault(unit, set()).add(draft.name)
    return {unit: frozenset(names) for unit, names in found.items()}


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
