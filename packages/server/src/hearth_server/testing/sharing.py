"""What every adapter of the port `Sharing` must do, and what a share must open and no more."""
# ruff: noqa: S101  to assert is what a check does

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hearth_kit.ids import uuid7

from hearth_server.capabilities.knowledge.errors import DocumentNotFoundError
from hearth_server.capabilities.knowledge.model import Filter, PassageKey, Visibility
from hearth_server.capabilities.knowledge.ports import Documents, Passages, Runs
from hearth_server.capabilities.sharing.errors import (
    GroupNameTakenError,
    GroupNotFoundError,
    NotYoursError,
)
from hearth_server.capabilities.sharing.model import Audience
from hearth_server.capabilities.sharing.ports import Sharing
from hearth_server.testing.conformance import (
    INFO,
    Raises,
    documents_of,
    indexed,
    new_document,
)

ADA, BOB, EVE = "ada@example.org", "bob@example.org", "eve@example.org"
NOBODY = Audience()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The ports that together decide what somebody may read, and three people with accounts."""

    documents: Documents
    runs: Runs
    passages: Passages
    sharing: Sharing
    ada: UUID
    bob: UUID
    eve: UUID

    async def add(self, owner: UUID, word: str) -> UUID:
        """Put a document of one word in and make it ready."""
        document, _ = await self.documents.add(owner, new_document(owner, word, tags=(word,)))
        run = await self.runs.start(owner, document.id)
        assert run is not None
        await self.runs.finish(run, indexed((word, (1, 0, 0))), INFO)
        return document.id

    async def reads(self, reader: UUID, document_id: UUID, word: str) -> bool:
        """Try every way to a document; all of them open, or none does."""
        try:
            await self.documents.get(reader, document_id)
            ways = [True]
        except DocumentNotFoundError:
            ways = [False]
        try:
            ways.append(str(document_id) in await self.documents.find_original(reader, document_id))
        except DocumentNotFoundError:
            ways.append(False)
        page = await self.documents.list_page(
            reader, status=None, text=None, only=Filter(), sort="newest", limit=50, offset=0
        )
        ways.append(document_id in {each.id for each in page.documents})
        ways.append(word in (await self.documents.sources(reader)).tags)
        key = PassageKey(document_id=document_id, ordinal=0)
        vector = [1.0, 0.0, 0.0]
        async with self.passages.view(reader) as index:
            found = await index.postings([f"xx:{word}"], Filter())
            ways.append(document_id in {each for each, _ in documents_of(found)})
            ways.append(key in await index.nearest(vector, INFO, Filter(), limit=50))
            ways.append(key in await index.similarities(vector, INFO, [key]))
            ways.append(key in await index.read([key]))
        assert len(set(ways)) == 1, ways
        return ways[0]


async def check_sharing(stores: Stores, raises: Raises) -> None:
    """Check who reads what for each audience, and that a share is taken back at once."""
    sharing, ada, bob, eve = stores.sharing, stores.ada, stores.bob, stores.eve
    secret, other = await stores.add(ada, "oak"), await stores.add(ada, "yew")
    group = uuid7()
    await sharing.add_group(ada, group, "Family", [ADA, BOB])
    audiences: tuple[tuple[Audience, Visibility, set[UUID]], ...] = (
        (NOBODY, Visibility.PRIVATE, set()),
        (Audience(people=(BOB,)), Visibility.PEOPLE, {bob}),
        (Audience(people=(EVE, "new@example.org")), Visibility.PEOPLE, {eve}),
        (Audience(groups=(group,)), Visibility.GROUP, {bob}),
        (Audience(people=(EVE,), groups=(group,)), Visibility.GROUP, {bob, eve}),
        (Audience(everybody=True), Visibility.PUBLIC, {bob, eve}),
        (NOBODY, Visibility.PRIVATE, set()),
    )
    for audience, visibility, readers in audiences:
        await sharing.share(ada, secret, audience, shared_by=ADA)
        assert await sharing.read(ada, secret) == audience
        assert (await stores.documents.get(ada, secret)).visibility is visibility
        assert await stores.reads(ada, secret, "oak")
        for reader in (bob, eve):
            assert await stores.reads(reader, secret, "oak") is (reader in readers), audience
            assert not await stores.reads(reader, other, "yew")
        assert not await stores.reads(uuid7(), secret, "oak")
    await _check_readers(stores, secret, raises)
    await _check_groups(stores, secret, group, raises)


async def _check_readers(stores: Stores, secret: UUID, raises: Raises) -> None:
    """A reader sees who shares it, and can neither change nor pass it on."""
    sharing, ada, bob = stores.sharing, stores.ada, stores.bob
    await sharing.share(ada, secret, Audience(people=(BOB, EVE)), shared_by=ADA)
    seen = await stores.documents.get(bob, secret)
    assert (seen.visibility, seen.shared_by) == (Visibility.PEOPLE, ADA)
    own = await stores.documents.get(ada, secret)
    assert own.shared_by == ""
    documents = stores.documents
    for change in (documents.delete, documents.requeue, documents.cancel):
        with raises(DocumentNotFoundError):
            await change(bob, secret)
    assert await stores.runs.start(bob, secret) is None
    for stranger in (bob, uuid7()):
        with raises(NotYoursError):
            await sharing.share(stranger, secret, Audience(everybody=True), shared_by=BOB)
        with raises(NotYoursError):
            await sharing.read(stranger, secret)
    assert await documents.get(ada, secret) == own
    mine = await stores.add(bob, "elm")
    for whose, expected in (("mine", {mine}), ("shared", {secret}), ("all", {mine, secret})):
        only = Filter(whose=whose)  # type: ignore[arg-type]  # one of its literals
        page = await documents.list_page(
            bob, status=None, text=None, only=only, sort="newest", limit=9, offset=0
        )
        assert ({each.id for each in page.documents}, page.total) == (expected, len(expected))
        async with stores.passages.view(bob) as index:
            near = await index.nearest([1.0, 0.0, 0.0], INFO, only, limit=9)
            assert {key.document_id for key in near} == expected


async def _check_groups(stores: Stores, secret: UUID, group: UUID, raises: Raises) -> None:
    """Members come and go, and what they may read with them; nobody joins by themselves."""
    sharing, ada, bob, eve = stores.sharing, stores.ada, stores.bob, stores.eve
    await sharing.share(ada, secret, Audience(groups=(group,)), shared_by=ADA)
    with raises(GroupNameTakenError):
        await sharing.add_group(ada, uuid7(), "family", [ADA])
    (listed,) = await sharing.list_groups(bob)
    assert (listed.id, listed.is_mine, listed.people) == (group, False, ())
    assert await sharing.list_groups(eve) == ()
    for stranger in (bob, eve):
        with raises(GroupNotFoundError):
            await sharing.set_members(stranger, group, [EVE, BOB])
        with raises(GroupNotFoundError):
            await sharing.delete_group(stranger, group)
    hers = await stores.add(eve, "fir")
    with raises(GroupNotFoundError):
        await sharing.share(eve, hers, Audience(groups=(group,)), shared_by=EVE)
    with raises(GroupNotFoundError):
        await sharing.share(eve, hers, Audience(groups=(uuid7(),)), shared_by=EVE)
    assert await sharing.read(eve, hers) == NOBODY
    his = await stores.add(bob, "ash")
    await sharing.share(bob, his, Audience(groups=(group,)), shared_by=BOB)
    assert await stores.reads(ada, his, "ash")
    await sharing.set_members(ada, group, [ADA, EVE])
    assert [await stores.reads(each, secret, "oak") for each in (ada, bob, eve)] == [
        True, False, True,
    ]  # fmt: skip
    (own,) = await sharing.list_groups(ada)
    assert own.people == (ADA, EVE)
    await sharing.delete_group(ada, group)
    assert not await stores.reads(eve, secret, "oak")
    assert (await stores.documents.get(ada, secret)).visibility is Visibility.PRIVATE
