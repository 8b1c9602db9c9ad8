"""The database: one PostgreSQL for all state, embedded or at DATABASE_URL, its schema migrated at start, behind one
pool.

Everything else reaches it through `Database.run`, which bounds each piece of work in time and turns the driver's
failures into Problems. Work that is given up on is left to end by itself: cancelling it inside the pool or the driver
can hang the caller for ever. The server's statement_timeout and the connection's TCP time-outs see to it that it does
end.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from backend.core.problems import Problem
from backend.storage.embedded import EmbeddedServer
from backend.storage.migrations import migrate

logger = logging.getLogger("backend.storage")

Connection = psycopg.AsyncConnection[TupleRow]
T = TypeVar("T")

POOL_SIZE = 10
"""Connections a process may hold. Ten replicas then fit into the smallest Azure server (SOP 4.4), which takes about
100.
"""

RUN_SECONDS = 5.0
"""Time for one piece of work, waiting for a connection included, before its caller is told 503."""

_STATEMENT_SECONDS = 5.0
_CONNECT_SECONDS = 5
_OUTSTANDING = 200  # pieces of work under way at once, given-up ones included; past it callers are told at once


class StorageSettings(Protocol):
    """What this room reads of the settings."""

    @property
    def database_url(self) -> str: ...

    @property
    def data_dir(self) -> Path: ...


class DatabaseUnreachable(RuntimeError):
    """The database cannot be opened; the message names the setting, the cause and the remedy, never the password."""


class Database:
    """An open database. Make one with `await Database.open(settings)`; `close` it."""

    def __init__(
        self, pool: AsyncConnectionPool[Connection], conninfo: str, server: EmbeddedServer | None = None
    ) -> None:
        self.pool = pool
        self.conninfo = conninfo
        self.server = server
        self._outstanding: set[asyncio.Task[Any]] = set()

    @classmethod
    async def open(cls, settings: StorageSettings, *, as_it_is: bool = False) -> "Database":
        """Start or reach the server, migrate its schema (unless it is wanted `as_it_is`), open the pool. Bounded in
        time.

        Raises `EmbeddedServerError` or `DatabaseUnreachable`, both RuntimeErrors whose message names the remedy.
        """
        server: EmbeddedServer | None = None
        if settings.database_url:
            conninfo = _external(settings.database_url)
        else:
            server = await asyncio.to_thread(EmbeddedServer.attach, Path(settings.data_dir) / "postgres")
            conninfo = make_conninfo(server.conninfo, application_name="engram", connect_timeout=_CONNECT_SECONDS)
        try:
            try:
                await asyncio.to_thread(_reach if as_it_is else migrate, conninfo)
            except psycopg.Error as error:
                raise _unreachable(conninfo, error) from error
            pool = AsyncConnectionPool[Connection](
                conninfo,
                min_size=2,
                max_size=POOL_SIZE,
                open=False,
                timeout=RUN_SECONDS,
                max_waiting=_OUTSTANDING,
                max_idle=60.0,  # what a busy minute has opened is given back: replicas share the server's connections
                reconnect_timeout=5.0,  # then the next request tries anew: no minutes of back-off after an outage
                kwargs={"autocommit": True, "prepare_threshold": 0},
                configure=_configure,
                name="engram",
            )
            try:
                await pool.open(wait=True, timeout=2 * _CONNECT_SECONDS)
            except PoolTimeout as error:
                raise _unreachable(conninfo, error) from error
        except BaseException:
            if server is not None:
                await asyncio.to_thread(server.detach)
            raise
        return cls(pool, conninfo, server)

    async def close(self) -> None:
        """Close the pool and, if nobody else uses the embedded server, stop it. Bounded in time; idempotent."""
        if self._outstanding:
            await asyncio.wait(set(self._outstanding), timeout=2.0)
        await self.pool.close(timeout=2.0)
        if self.server is not None:
            await asyncio.to_thread(self.server.detach)

    async def check(self) -> None:
        """Raise `Problem` 503 unless the database answers a query within two seconds."""
        await self.run(lambda connection: connection.execute("SELECT 1"), seconds=2.0)

    async def run(self, work: Callable[[Connection], Awaitable[T]], *, seconds: float = RUN_SECONDS) -> T:
        """Do `work` on a pooled connection (autocommit: each statement is its own transaction unless work says
        otherwise).

        `work` must be repeatable: it is done again when its connection turns out to have been closed by the server.
        Raises `Problem` 503 when the database is unreachable, too slow (`seconds`) or too busy, and a Problem that
        is not retryable when it refuses the values.
        """
        if len(self._outstanding) >= _OUTSTANDING:
            raise _unavailable("too many database calls are waiting")
        task: asyncio.Task[T] = asyncio.ensure_future(self._attempt(work, seconds))
        self._outstanding.add(task)
        task.add_done_callback(self._settle)
        await asyncio.wait((task,), timeout=seconds)
        if not task.done():
            raise _unavailable(f"the database did not answer within {seconds:g} s")
        try:
            return task.result()
        except (PoolTimeout, TooManyRequests, PoolClosed) as error:
            raise _unavailable("no database connection was free in time") from error
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise Problem(
                500,
                "not_storable",
                "Not storable",
                f"The database refused the values ({type(error).__name__}). Please report this with the request id.",
            ) from error
        except (psycopg.Error, OSError) as error:
            if isinstance(error, psycopg.ProgrammingError):
                raise
            raise _unavailable(f"the database refused or failed ({type(error).__name__})") from error

    async def _attempt(self, work: Callable[[Connection], Awaitable[T]], seconds: float) -> T:
        for attempt in (1, 2, 3):
            # Not `pool.connection()`: its commit at the end is for connections that do not commit by themselves.
            connection = await self.pool.getconn(timeout=seconds)
            try:
                return await work(connection)
            except psycopg.OperationalError:
                if attempt == 3 or not connection.broken:
                    raise
                logger.info("A database connection had been closed by the server; trying another")
            finally:
                await self.pool.putconn(connection)
            if attempt == 2:
                await self.pool.check()  # the server was restarted: most likely all of them are closed
        raise AssertionError("unreachable")

    def _settle(self, task: asyncio.Task[Any]) -> None:
        self._outstanding.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.debug("Database work failed: %s", type(task.exception()).__name__)


async def _configure(connection: Connection) -> None:
    """Bound what one statement may take on the server, so that work nobody waits for any more comes to an end."""
    await connection.execute(
        "SELECT set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false),"
        " set_config('idle_in_transaction_session_timeout', %s, false), set_config('TimeZone', 'UTC', false)",
        (f"{int(_STATEMENT_SECONDS * 1000)}ms", f"{int(_STATEMENT_SECONDS * 600)}ms", "15s"),
        prepare=False,
    )


def _reach(conninfo: str) -> None:
    """Connect once: the pool would try for long, and tell less."""
    psycopg.connect(conninfo).close()


def _external(url: str) -> str:
    """Complete DATABASE_URL with time-outs; what the URL itself says wins."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise DatabaseUnreachable(
            "DATABASE_URL: not a PostgreSQL URL. Use postgresql://user:password@host:5432/database "
            "(percent-encode special characters in the password)."
        ) from None
    bounds: dict[str, str | int] = {
        "application_name": "engram",
        "connect_timeout": _CONNECT_SECONDS,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,  # ms; a network that swallows packets ends the connection after this
    }
    bounds.update({name: value for name, value in given.items() if value is not None})
    return make_conninfo("", **bounds)


def _unreachable(conninfo: str, error: Exception) -> DatabaseUnreachable:
    given = conninfo_to_dict(conninfo)
    where = f"{given.get('host', 'localhost')}:{given.get('port', 5432)}/{given.get('dbname', given.get('user', ''))}"
    cause = " ".join(str(error).split())
    if password := given.get("password"):
        cause = cause.replace(str(password), "***")
    if os.path.isabs(str(given.get("host", ""))):
        remedy = "Look at server.log beside it."
    elif isinstance(error, psycopg.errors.InsufficientPrivilege):
        remedy = "Let the user of DATABASE_URL own the database: it creates the tables at start."
    else:
        remedy = "Check that the server runs, host, user, password and database in DATABASE_URL, and the firewall."
    return DatabaseUnreachable(f"DATABASE_URL: cannot use the database at {where}: {cause[:300]}. {remedy}")


def _unavailable(cause: str) -> Problem:
    return Problem(
        503,
        "database_unavailable",
        "Database unavailable",
        f"What is stored cannot be reached just now: {cause}. Try again in a few seconds.",
        retryable=True,
        retry_after=5,
    )
