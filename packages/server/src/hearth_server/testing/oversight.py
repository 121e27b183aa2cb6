"""What every adapter of the port `Oversight` must do; each adapter's own test calls this."""
# ruff: noqa: S101  to assert is what a check does

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hearth_kit.ids import uuid7

from hearth_server.capabilities.admin.errors import (
    NoSuchDocumentError,
    NoSuchPersonError,
    NotAdminError,
)
from hearth_server.capabilities.admin.ports import Oversight
from hearth_server.principal import Role
from hearth_server.testing.conformance import Raises


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """Who lives in the store: `NAME@example.org`, and what they keep.

    Ada and Bob have one document each, ready, of one passage of two words and of seven bytes.
    """

    root: UUID
    """An administrator."""
    ada: UUID
    bob: UUID
    adas: UUID
    """A document of Ada's, whose title is `adas` and whose text is `ada's secret`."""
    bobs: UUID


async def check_oversight(oversight: Oversight, house: Household, raises: Raises) -> None:
    """Check what a look gives, that it is written down first, and who may make none."""
    people = await oversight.list_people(house.root, text="A", limit=2, offset=0)
    assert [each.email for each in people.people] == ["ada@example.org", "bob@example.org"]
    assert (people.total, people.people[0].documents, people.people[0].size_bytes) == (3, 1, 7)
    rest = await oversight.list_people(house.root, text="A", limit=2, offset=2)
    assert [each.id for each in rest.people] == [house.root]
    usage = await oversight.get_usage(house.root, house.ada)
    assert (usage.role, usage.ready, usage.failed, usage.words) == (Role.USER, 1, 0, 2)
    listed = await oversight.list_documents(house.root, house.ada, limit=9, offset=0)
    assert ([each.id for each in listed.documents], listed.total) == ([house.adas], 1)
    opened = await oversight.get_document(house.root, house.ada, house.adas, first=0, limit=9)
    assert opened.document.title == "adas"
    assert [each.text for each in opened.passages] == ["ada's secret"]
    beyond = await oversight.get_document(house.root, house.ada, house.adas, first=1, limit=9)
    assert beyond.passages == ()
    with raises(NoSuchDocumentError):
        await oversight.get_document(house.root, house.ada, house.bobs, first=0, limit=9)
    with raises(NoSuchPersonError):
        await oversight.get_usage(house.root, uuid7())
    await _check_entries(oversight, house)
    await _check_others(oversight, house, raises)


async def _check_entries(oversight: Oversight, house: Household) -> None:
    kept = await oversight.list_entries(house.root, about=None, before=None, limit=99)
    assert {each.by for each in kept} == {"root@example.org"}
    assert [(each.action, each.about, each.detail) for each in kept] == [
        ("list_audit_log", None, ""),
        # The look that found nothing was made all the same.
        ("get_document_of", house.ada, str(house.bobs)),
        ("get_document_of", house.ada, str(house.adas)),
        ("get_document_of", house.ada, str(house.adas)),
        ("list_documents_of", house.ada, ""),
        ("get_usage", house.ada, ""),
        ("list_people", None, "A"),
        ("list_people", None, "A"),
    ]
    older = await oversight.list_entries(house.root, about=house.ada, before=kept[1].id, limit=1)
    assert [each.id for each in older] == [kept[2].id]


async def _check_others(oversight: Oversight, house: Household, raises: Raises) -> None:
    for nobody in (house.ada, uuid7()):
        with raises(NotAdminError):
            await oversight.list_people(nobody, text="", limit=9, offset=0)
        with raises(NotAdminError):
            await oversight.get_usage(nobody, house.bob)
        with raises(NotAdminError):
            await oversight.list_documents(nobody, house.bob, limit=9, offset=0)
        with raises(NotAdminError):
            await oversight.get_document(nobody, house.bob, house.bobs, first=0, limit=9)
        with raises(NotAdminError):
            await oversight.list_entries(nobody, about=None, before=None, limit=9)
    kept = await oversight.list_entries(house.root, about=house.bob, before=None, limit=9)
    assert [each.action for each in kept] == ["list_audit_log"]
