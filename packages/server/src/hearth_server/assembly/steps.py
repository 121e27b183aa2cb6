"""What is set up for each person in the stores that the settings name: steps of provisioning."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from hearth_server.assembly.stores import OpenGraph
from hearth_server.capabilities.identity.model import Person
from hearth_server.capabilities.identity.ports import ProvisioningStep
from hearth_server.capabilities.knowledge.ports import Objects
from hearth_server.capabilities.knowledge.vector_index import VectorIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPrefix:
    """A person's prefix in the object store can be written.

    A prefix needs no making; an object that is put there and taken away shows that it serves.
    """

    objects: Objects
    name: str = "objects"

    async def provision(self, person: Person) -> str:
        """Write and remove a probe below the prefix; give the prefix."""
        key = f"user-{person.id}/.probe"
        await self.objects.put(key, _nothing())
        await self.objects.delete(key)
        return f"user-{person.id}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphUser:
    """The thing of the label `User` that all of a person's graph hangs on."""

    put_owner: Callable[[UUID], Awaitable[None]]
    name: str = "graph"

    async def provision(self, person: Person) -> str:
        """Make it or find it; give its id."""
        await self.put_owner(person.id)
        return str(person.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorOwner:
    """The index of vectors that stands beside the database answers.

    A person's id bounds each search of it, so there is nothing of their own to make in it: no
    collection and no account.
    """

    index: VectorIndex
    name: str = "vectors"

    async def provision(self, person: Person) -> str:
        """Ask the index; give what bounds the person's searches."""
        await self.index.ready()
        return f"owner {person.id}"


def store_steps(
    objects: Objects, graph: OpenGraph, index: VectorIndex | None
) -> tuple[ProvisioningStep, ...]:
    """Give the steps of the stores in use."""
    steps: list[ProvisioningStep] = [ObjectPrefix(objects=objects)]
    if graph.put_owner is not None:
        steps.append(GraphUser(put_owner=graph.put_owner))
    if index is not None:
        steps.append(VectorOwner(index=index))
    return tuple(steps)


async def _nothing() -> AsyncIterator[bytes]:
    yield b""
