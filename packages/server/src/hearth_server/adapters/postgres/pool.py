"""The one way to the database: a transaction that knows for whom it runs.

Row-level security reads `hearth.user_id`, which lives exactly as long as the transaction, so a
connection never carries one person's name into another's work.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any, Final, LiteralString
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
from hearth_kit.secret import Secret
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from hearth_server.adapters.postgres.arrays import Packed, PackedDumper
from hearth_server.adapters.postgres.errors import HINT, PostgresBusyError, PostgresDownError

Connection = AsyncConnection[TupleRow]

QUICK_CONNECTIONS: Final = 4
_SLOW: Final = psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable
_NOT_LOST: Final = PoolTimeout | TooManyRequests | PoolClosed | _SLOW

_IDLE_SECONDS: Final = 1.0
"""A connection that was idle for longer is tried before it is used; one at work is not."""

# Sent as one message, so that a transaction costs one round trip before its first query.
_BEGIN: Final = (
    "begin{level}; select set_config('hearth.user_id', '{user_id}', true),"
    " set_config('statement_timeout', '{timeout}', true)"
)
_FROZEN: Final = " isolation level repeatable read"


@contextmanager
def mapped_errors(doing: str = "query") -> Generator[None]:
    """Turn a driver's failure to reach the database into one of ours.

    Errors that a query caused itself (a duplicate key, a wrong type) pass: the adapter that wrote
    the query knows what they mean.

    Raises:
        PostgresDownError: no connection, or it was lost; its disk is full.
        PostgresBusyError: no free connection or no answer in time.
    """
    try:
        yield
    except (PoolTimeout, TooManyRequests) as error:
        msg = f"postgres: no free connection in time for the {doing}"
        raise PostgresBusyError(msg, hint=HINT) from error
    except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable) as error:
        msg = f"postgres: the {doing} took too long and was stopped"
        raise PostgresBusyError(msg, hint=HINT) from error
    except psycopg.errors.DiskFull as error:
        msg = "postgres: its disk is full"
        raise PostgresDownError(msg, hint=HINT) from error
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolClosed) as error:
        msg = "postgres: does not answer"
        raise PostgresDownError(msg, hint=HINT) from error


class Database:
    """A pool of connections of the application's role, which owns nothing.

    `url` is a libpq connection string; it holds a password, so it is a secret.
    """

    def __init__(
        self,
        url: Secret,
        *,
        max_connections: int = 10,
        wait: timedelta = timedelta(seconds=5),
        statement_timeout: timedelta = timedelta(seconds=30),
        name: str = "hearth-server",
    ) -> None:
        self._url = url
        self._timeout = f"{int(statement_timeout.total_seconds() * 1000)}ms"
        self._used: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()
        kwargs: dict[str, Any] = {
            "application_name": name,
            "connect_timeout": max(2, int(wait.total_seconds())),
        }
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url.reveal(),
            min_size=1,
            max_size=max_connections,
            timeout=wait.total_seconds(),
            max_idle=60,
            reconnect_timeout=2,
            kwargs=kwargs,
            configure=_prepare,
            check=self._check_idle,
            reset=self._note_used,
            open=False,
            name=name,
        )
        self._quick: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url.reveal(),
            min_size=1,
            max_size=QUICK_CONNECTIONS,
            timeout=wait.total_seconds(),
            max_idle=60,
            reconnect_timeout=2,
            kwargs=kwargs
            | {"autocommit": True, "options": f"-c statement_timeout={self._timeout}"},
            open=False,
            name=f"{name}-quick",
        )

    async def open(self) -> None:
        """Start the pool; does not wait for the database, so that a server starts without it."""
        await self._pool.open(wait=False)
        await self._quick.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._quick.close()
        await self._pool.close()

    async def call(self, query: LiteralString, values: Sequence[object]) -> TupleRow | None:
        """Run one statement as nobody, in one round trip, and give its first row.

        For functions that are found before anybody is known. A connection that turns out to be
        lost is tried once more on a new one, so the statement may run twice.

        Raises:
            PostgresDownError: no connection, or it was lost.
            PostgresBusyError: no free connection, or the statement took too long.
        """
        with mapped_errors():
            try:
                return await self._call(query, values)
            except psycopg.OperationalError as error:
                if isinstance(error, _NOT_LOST):
                    raise
                await self._quick.check()
                return await self._call(query, values)

    async def _call(self, query: LiteralString, values: Sequence[object]) -> TupleRow | None:
        async with _taken(self._quick) as connection:
            return await (await connection.execute(query, values)).fetchone()

    @property
    def pool(self) -> AsyncConnectionPool[Connection]:
        """Give the pool itself, for the job queue, which speaks to the same database."""
        return self._pool

    @asynccontextmanager
    async def as_user(self, user_id: UUID, *, frozen: bool = False) -> AsyncIterator[Connection]:
        """Open one transaction in which only this user's rows exist.

        Committed at the end, rolled back on any exception. `frozen` shows every statement the
        same moment, whatever others commit meanwhile.

        Raises:
            PostgresDownError: no connection, or it was lost.
            PostgresBusyError: no free connection, or a statement took too long.
        """
        async with self._transaction(user_id, frozen=frozen) as connection:
            yield connection

    @asynccontextmanager
    async def as_nobody(self) -> AsyncIterator[Connection]:
        """Open one transaction in which no row that belongs to a user exists."""
        async with self._transaction(None) as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(
        self, user_id: UUID | None, *, frozen: bool = False
    ) -> AsyncGenerator[Connection]:
        begin = _BEGIN.format(
            level=_FROZEN if frozen else "", user_id=user_id or "", timeout=self._timeout
        )
        with mapped_errors():
            async with AsyncExitStack() as stack:
                try:
                    connection = await stack.enter_async_context(self._begun(begin.encode()))
                except psycopg.OperationalError as error:
                    if isinstance(error, _NOT_LOST):
                        raise
                    # It was lost before anything was done: once more on one that is not.
                    await self._pool.check()
                    connection = await stack.enter_async_context(self._begun(begin.encode()))
                yield connection

    @asynccontextmanager
    async def _begun(self, begin: bytes) -> AsyncGenerator[Connection]:
        # On leaving, the connection commits, or rolls back where something was raised.
        async with _taken(self._pool) as connection, connection:
            await connection.execute(begin)
            yield connection

    async def _check_idle(self, connection: Connection) -> None:
        if time.monotonic() - self._used.get(connection, 0.0) > _IDLE_SECONDS:
            await AsyncConnectionPool.check_connection(connection)

    async def _note_used(self, connection: Connection) -> None:
        self._used[connection] = time.monotonic()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Connection]:
        """Open a connection outside the pool that stays open for notifications."""
        with mapped_errors():
            async with await AsyncConnection.connect(
                self._url.reveal(), autocommit=True, connect_timeout=5
            ) as connection:
                yield connection

    async def ready(self) -> None:
        """Answer when the database does.

        Raises:
            PostgresDownError: it does not.
            PostgresBusyError: not in time.
        """
        async with self.as_nobody() as connection:
            await connection.execute("select 1")


async def _prepare(connection: Connection) -> None:
    # A transaction is begun by hand.
    await connection.set_autocommit(True)
    connection.adapters.register_dumper(Packed, PackedDumper)


@asynccontextmanager
async def _taken(pool: AsyncConnectionPool[Connection]) -> AsyncGenerator[Connection]:
    """Take a connection; tell a database that is gone from one that is merely busy."""

    def failed_attempts() -> int:
        return pool.get_stats().get("connections_errors", 0)

    failed = failed_attempts()
    try:
        connection = await pool.getconn()
    except PoolTimeout as error:
        if failed_attempts() > failed:
            msg = "postgres: does not answer"
            raise PostgresDownError(msg, hint=HINT) from error
        raise
    try:
        yield connection
    finally:
        await pool.putconn(connection)
