"""The ports `CodeGraph` and `IndexRuns` in PostgreSQL, each statement under row-level security."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from hearth_server.adapters.postgres.jobs import Jobs
from hearth_server.adapters.postgres.pool import Connection, Database
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.capabilities.code.errors import RepositoryNotFoundError, StaleIndexError
from hearth_server.capabilities.code.model import (
    NewRepository,
    Parameter,
    ParsedCode,
    Repository,
    RepositoryStatus,
    Symbol,
    Use,
)
from hearth_server.capabilities.code.ports import IndexRun

_Row = tuple[Any, ...]
_ROWS: Final = 5_000
_PLAIN: Final = ("kind", "name", "path", "line", "end_line", "summary")
"""Fields of a symbol that are columns; the others are in `detail`."""


class PostgresCodeGraph:
    """The port `CodeGraph`."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    async def add(self, owner: UUID, new: NewRepository) -> Repository:
        """Store a repository and its job in one transaction."""
        values = {
            "id": new.id,
            "name": new.name,
            "source": new.source,
            "size": new.size_bytes,
            "sha256": new.sha256,
            "object_key": new.object_key,
        }
        async with self._database.as_user(owner) as connection:
            replaced = await _rows(connection, "find_archive", owner, values)
            ((repository_id,),) = await _rows(connection, "add_repository", owner, values)
            await self._jobs.index(connection, owner, repository_id)
            if replaced:
                await self._jobs.discard(connection, replaced[0][0])
            (row,) = await _rows(connection, "list_repositories", owner, values)
        return _repository(row)

    async def list_all(self, owner: UUID) -> tuple[Repository, ...]:
        """Give every repository by name."""
        rows = await self._read(owner, "list_repositories", {"name": None})
        return tuple(map(_repository, rows))

    async def get(self, owner: UUID, name: str) -> Repository:
        """Give one repository."""
        rows = await self._read(owner, "list_repositories", {"name": name})
        if not rows:
            raise _missing(name)
        return _repository(rows[0])

    async def delete(self, owner: UUID, name: str) -> Repository:
        """Delete a repository and queue the removal of its archive."""
        values = {"name": name}
        async with self._database.as_user(owner) as connection:
            rows = await _rows(connection, "list_repositories", owner, values)
            gone = await _rows(connection, "delete_repository", owner, values)
            if not gone:
                raise _missing(name)
            await self._jobs.discard(connection, gone[0][0])
        return _repository(rows[0])

    async def find(
        self, owner: UUID, repository: UUID, *, text: str, kind: str | None, limit: int
    ) -> tuple[Symbol, ...]:
        """Give symbols whose name has a text in it."""
        values = {"id": repository, "text": text, "kind": kind, "limit": limit}
        return tuple(map(_symbol, await self._read(owner, "find_symbols", values)))

    async def members(
        self, owner: UUID, repository: UUID, name: str, *, limit: int
    ) -> tuple[Symbol, ...]:
        """Give what stands directly below a name or a name's end."""
        values = {"id": repository, "name": name, "limit": limit}
        return tuple(map(_symbol, await self._read(owner, "list_members", values)))

    async def subclasses(
        self, owner: UUID, repository: UUID, name: str, *, limit: int
    ) -> tuple[Symbol, ...]:
        """Give the classes that directly inherit from a name or a name's end."""
        values = {"id": repository, "name": name, "limit": limit}
        return tuple(map(_symbol, await self._read(owner, "list_subclasses", values)))

    async def uses(
        self, owner: UUID, repository: UUID, *, kind: str, source: str, target: str, limit: int
    ) -> tuple[Use, ...]:
        """Give who uses what."""
        values = {
            "id": repository, "kind": kind, "source": source, "target": target, "limit": limit,
        }  # fmt: skip
        rows = await self._read(owner, "find_uses", values)
        return tuple(
            Use(kind=what, source=by, target=of, path=path, line=line)
            for what, by, of, path, line in rows
        )

    async def all_symbols(self, owner: UUID, repository: UUID) -> tuple[Symbol, ...]:
        """Give every symbol."""
        return tuple(map(_symbol, await self._read(owner, "list_symbols", {"id": repository})))

    async def _read(self, owner: UUID, query: str, values: Mapping[str, Any]) -> list[_Row]:
        async with self._database.as_user(owner) as connection:
            return await _rows(connection, query, owner, values)


class PostgresIndexRuns:
    """The port `IndexRuns`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, owner: UUID, repository_id: UUID) -> IndexRun | None:
        """Take an indexing over."""
        async with self._database.as_user(owner) as connection:
            rows = await _rows(connection, "start_index", owner, {"id": repository_id})
        if not rows:
            return None
        number, attempt, name, object_key = rows[0]
        return IndexRun(
            owner=owner,
            repository_id=repository_id,
            number=number,
            attempt=attempt,
            name=name,
            object_key=object_key,
        )

    async def finish(self, run: IndexRun, code: ParsedCode) -> None:
        """Replace what was stored, atomically, and make it ready."""
        mine = {"id": run.repository_id, "run": run.number}
        async with self._database.as_user(run.owner) as connection:
            if not await _rows(connection, "hold_index", run.owner, mine):
                msg = f"repository `{run.name}`: its indexing {run.number} was taken over"
                raise StaleIndexError(msg)
            await _run(connection, "clear_code", run.owner, mine)
            for start in range(0, len(code.symbols), _ROWS):
                columns = _symbol_columns(code.symbols[start : start + _ROWS])
                await _run(connection, "insert_symbols", run.owner, {**mine, **columns})
            for start in range(0, len(code.uses), _ROWS):
                columns = _use_columns(code.uses[start : start + _ROWS])
                await _run(connection, "insert_uses", run.owner, {**mine, **columns})
            counts = {
                "files": code.files,
                "symbols": len(code.symbols),
                "uses": len(code.uses),
                "left_out": [_storable(each) for each in code.left_out],
            }
            await _run(connection, "finish_index", run.owner, {**mine, **counts})

    async def fail(self, run: IndexRun, reason: str, *, again: bool) -> None:
        """Record why it failed."""
        status = RepositoryStatus.QUEUED if again else RepositoryStatus.FAILED
        values = {
            "id": run.repository_id, "run": run.number, "status": status.value, "reason": reason,
        }  # fmt: skip
        async with self._database.as_user(run.owner) as connection:
            await _run(connection, "fail_index", run.owner, values)


async def _rows(
    connection: Connection, query: str, owner: UUID, values: Mapping[str, Any]
) -> list[_Row]:
    mine = {"owner": owner, **values}
    return await (await connection.execute(load_queries("code.sql")[query], mine)).fetchall()


async def _run(connection: Connection, query: str, owner: UUID, values: Mapping[str, Any]) -> None:
    await connection.execute(load_queries("code.sql")[query], {"owner": owner, **values})


def _symbol_columns(symbols: tuple[Symbol, ...]) -> dict[str, list[Any]]:
    details = []
    for each in symbols:
        inner = {key: value for key, value in asdict(each).items() if key not in _PLAIN}
        details.append(_storable(json.dumps(inner, ensure_ascii=True).replace("\\u0000", "")))
    return {
        "names": [_storable(each.name) for each in symbols],
        "aboves": [_storable(each.name.rpartition(".")[0]) for each in symbols],
        "kinds": [each.kind for each in symbols],
        "paths": [_storable(each.path) for each in symbols],
        "lines": [each.line for each in symbols],
        "end_lines": [each.end_line for each in symbols],
        "summaries": [_storable(each.summary) for each in symbols],
        "details": details,
    }


def _use_columns(uses: tuple[Use, ...]) -> dict[str, list[Any]]:
    return {
        "kinds": [each.kind for each in uses],
        "sources": [_storable(each.source) for each in uses],
        "targets": [_storable(each.target) for each in uses],
        "paths": [_storable(each.path) for each in uses],
        "lines": [each.line for each in uses],
    }


def _storable(text: str) -> str:
    """Give a text as PostgreSQL can hold it: without the character of number 0 and half ones."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _symbol(row: _Row) -> Symbol:
    name, kind, path, line, end_line, summary, detail = row
    return Symbol(
        kind=kind,
        name=name,
        path=path,
        line=line,
        end_line=end_line,
        summary=summary,
        **{
            **detail,
            "parameters": tuple(Parameter(**each) for each in detail["parameters"]),
            "bases": tuple(detail["bases"]),
            "decorators": tuple(detail["decorators"]),
            "aliases": tuple((alias, target) for alias, target in detail["aliases"]),
            "stars": tuple(detail["stars"]),
        },
    )


def _repository(row: _Row) -> Repository:
    return Repository(
        id=row[0],
        name=row[1],
        source=row[2],
        size_bytes=row[3],
        sha256=row[4],
        status=RepositoryStatus(row[5]),
        reason=row[6],
        files=row[7],
        symbols=row[8],
        uses=row[9],
        left_out=tuple(row[10]),
        created_at=row[11],
        updated_at=row[12],
    )


def _missing(name: str) -> RepositoryNotFoundError:
    return RepositoryNotFoundError(
        f"repository `{name[:100]}`: there is no such repository of yours"
    )
