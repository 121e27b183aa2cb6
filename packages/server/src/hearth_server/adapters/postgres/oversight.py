"""The port `Oversight`: by the role of administrators, through functions that ask for an entry.

A look takes two transactions. The first writes down who looks at what and is committed; only then
do the functions of schema `admin` give anything. Their columns are the fields of the model.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
from hearth_kit.errors import HearthError
from hearth_kit.secret import Secret
from psycopg.rows import dict_row

from hearth_server.adapters.postgres.errors import SchemaError
from hearth_server.adapters.postgres.pool import Connection, Database, mapped_errors
from hearth_server.capabilities.admin.errors import (
    LastAdminError,
    NoSuchDocumentError,
    NoSuchPersonError,
    NotAdminError,
)
from hearth_server.capabilities.admin.model import (
    DocumentRow,
    DocumentRows,
    DocumentText,
    Entry,
    PassageText,
    People,
    PersonRow,
    Usage,
)
from hearth_server.capabilities.identity.errors import PersonNotFoundError
from hearth_server.principal import Role

_REFUSED: Final = "P0HR1"
_NOTE: Final = "select admin.note_look(%s, %s, %s) as id"
_PEOPLE: Final = "select * from admin.people(%s, %s, %s, %s)"
_USAGE: Final = "select * from admin.usage(%s, %s)"
_DOCUMENTS: Final = "select * from admin.documents(%s, %s, %s, %s)"
_DOCUMENT: Final = "select * from admin.document(%s, %s, %s)"
_PASSAGES: Final = "select * from admin.passages(%s, %s, %s, %s, %s)"
_ENTRIES: Final = "select * from admin.entries(%s, %s, %s, %s)"
_SET_ROLE: Final = "select admin.set_role(%s, %s)"

Row = Mapping[str, Any]


class PostgresOversight:
    """Looks as the role of administrators; `database` logs in as that role."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_people(self, admin: UUID, *, text: str, limit: int, offset: int) -> People:
        """List people whose address has a text in it, by address."""
        async with self._look(admin, "list_people", None, text) as (connection, look):
            rows = await _all(connection, _PEOPLE, (look, text, limit, offset))
        people = tuple(PersonRow(**_without_total(_person(row))) for row in rows)
        return People(people=people, total=_total(rows), limit=limit, offset=offset)

    async def get_usage(self, admin: UUID, person_id: UUID) -> Usage:
        """Count what one person keeps and asks."""
        async with self._look(admin, "get_usage", person_id) as (connection, look):
            rows = await _all(connection, _USAGE, (look, person_id))
        if not rows:
            raise _nobody(person_id)
        return Usage(**(_person(rows[0]) | {"not_set_up": tuple(rows[0]["not_set_up"])}))

    async def list_documents(
        self, admin: UUID, person_id: UUID, *, limit: int, offset: int
    ) -> DocumentRows:
        """List one person's own documents, newest first."""
        async with self._look(admin, "list_documents_of", person_id) as (connection, look):
            rows = await _all(connection, _DOCUMENTS, (look, person_id, limit, offset))
        documents = tuple(_document(row) for row in rows)
        return DocumentRows(documents=documents, total=_total(rows), limit=limit, offset=offset)

    async def get_document(
        self, admin: UUID, person_id: UUID, document_id: UUID, *, first: int, limit: int
    ) -> DocumentText:
        """Give one document and its passages from one on."""
        detail = str(document_id)
        async with self._look(admin, "get_document_of", person_id, detail) as (connection, look):
            rows = await _all(connection, _DOCUMENT, (look, person_id, document_id))
            values = (look, person_id, document_id, first, limit)
            passages = await _all(connection, _PASSAGES, values)
        if not rows:
            msg = f"document `{document_id}`: that person has none of that id"
            raise NoSuchDocumentError(msg)
        texts = tuple(
            PassageText(**(dict(row) | {"headings": tuple(row["headings"])})) for row in passages
        )
        return DocumentText(document=_document(rows[0]), passages=texts)

    async def list_entries(
        self, admin: UUID, *, about: UUID | None, before: int | None, limit: int
    ) -> tuple[Entry, ...]:
        """List entries older than one, newest first."""
        async with self._look(admin, "list_audit_log", about) as (connection, look):
            rows = await _all(connection, _ENTRIES, (look, about, before, limit))
        return tuple(Entry(**row) for row in rows)

    @asynccontextmanager
    async def _look(
        self, admin: UUID, action: str, about: UUID | None, detail: str = ""
    ) -> AsyncGenerator[tuple[Connection, int]]:
        """Write a look down, for good, and open the transaction in which it may be made."""
        try:
            async with self._database.as_user(admin) as connection:
                (entry,) = await _all(connection, _NOTE, (action, about, detail))
            if entry["id"] is None:
                raise _nobody(about)
            async with self._database.as_user(admin) as connection:
                yield connection, entry["id"]
        except psycopg.DatabaseError as error:
            told = _find_told(error)
            if told is None:
                raise
            raise told from error


def set_role(admin_url: Secret, email: str, role: Role) -> bool:
    """Make somebody an administrator, or no longer; False where they were that already.

    Raises:
        PersonNotFoundError: nobody here has that address.
        LastAdminError: they are the only administrator.
        PostgresDownError: the database does not answer.
        SchemaError: the role of administrators may not do this yet.
    """
    try:
        with (
            mapped_errors(),
            psycopg.connect(admin_url.reveal(), connect_timeout=5) as connection,
        ):
            row = connection.execute(_SET_ROLE, (email, role.value)).fetchone()
    except psycopg.DatabaseError as error:
        told = _find_told(error)
        if told is None:
            raise
        raise told from error
    outcome = row[0] if row else "unknown"
    if outcome == "unknown":
        msg = f"email: nobody here has the address `{email}`"
        raise PersonNotFoundError(msg, hint=f"hearth-server sign-in-link --email {email} --create")
    if outcome == "last":
        msg = f"email: `{email}` is the only administrator"
        raise LastAdminError(msg, hint="hearth-server role --help")
    return bool(outcome == "changed")


def _find_told(error: psycopg.DatabaseError) -> HearthError | None:
    """Say in our words why the database let nobody look; None when it failed otherwise."""
    if error.sqlstate == _REFUSED:
        return NotAdminError("admin: only administrators may look")
    missing = (
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.InvalidSchemaName,
        psycopg.errors.UndefinedFunction,
    )
    if isinstance(error, missing):
        msg = "admin: the role of HEARTH_DATABASE_ADMIN_URL is not let in yet"
        return SchemaError(msg, hint="hearth-server migrate")
    return None


def _nobody(person_id: UUID | None) -> NoSuchPersonError:
    return NoSuchPersonError(f"person `{person_id}`: nobody here has that id")


async def _all(connection: Connection, query: LiteralString, values: Sequence[Any]) -> list[Row]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(query, values)
    return list(await cursor.fetchall())


def _total(rows: Sequence[Row]) -> int:
    return int(rows[0]["total"]) if rows else 0


def _without_total(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "total"}


def _person(row: Row) -> dict[str, Any]:
    return dict(row) | {"role": Role(row["role"])}


def _document(row: Row) -> DocumentRow:
    return DocumentRow(**(_without_total(row) | {"tags": tuple(row["tags"])}))
