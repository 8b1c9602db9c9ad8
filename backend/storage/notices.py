"""Telling other replicas that something changed: LISTEN and NOTIFY, over one connection a process.

A notice is a hint, never the news itself: it names an owner by an opaque mark, and whoever hears it reads the log. So
nothing is wrong when one is lost. After a gap in the connection every listener is told to assume that it missed some.

Notices are not sent inside the transactions they are about: a transaction that notifies holds a lock of the whole
server from before its commit until the disk has it, so that all such commits would stand in one line. This process
collects its marks instead and sends those of `PERIOD_SECONDS` in one statement of their own.
"""

import asyncio
import hashlib
import logging
import random
from collections.abc import Callable, Iterable

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from backend.core.problems import Problem
from backend.storage.database import Connection, Database

logger = logging.getLogger("backend.storage")

PERIOD_SECONDS = 0.1
"""A mark waits at most so long for others to go with it; the first after a quiet time goes at once."""

MEMORY = "engram_memory"
"""The channel of owners whose log has changed: something was said, corrected, learned, forgotten or deleted."""

KEYS = "engram_keys"
"""The channel of owners whose keys were destroyed."""

_MARKS = 2_000  # in one statement
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_ALIVE_SECONDS = 20.0  # a silent connection is asked whether it still lives
_ANSWER_SECONDS = 5.0

Heard = Callable[[str | None], None]
"""Called on the event loop with a mark, or with None: notices may have been missed. Must be quick and never raise."""


def mark_of(tenant: str, owner: str) -> str:
    """Return the name of an owner in notices: 16 bytes of a hash, in hex."""
    return hashlib.blake2b(
        f"{len(tenant)}:{tenant}{owner}".encode("utf-8", "surrogatepass"), digest_size=16
    ).hexdigest()


class Notices:
    """Listens for this process and notifies for it. `start` it after the listeners are known; `close` it before the
    database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._heard: dict[str, list[Heard]] = {}
        self._marks: dict[tuple[str, str], None] = {}  # (channel, mark), in order
        self._sender: asyncio.Task[None] | None = None
        self._listener: asyncio.Task[None] | None = None
        self._closing = False
        self.listening = asyncio.Event()
        """Set while the connection listens."""

    def listen(self, channel: str, heard: Heard) -> None:
        """Call `heard` with each mark told on `channel`, by this process too. Before `start`."""
        self._heard.setdefault(channel, []).append(heard)

    def tell(self, channel: str, mark: str) -> None:
        """Let every replica hear `mark` within `PERIOD_SECONDS`, unless the database is down. Returns at once."""
        self._marks[channel, mark] = None
        if self._sender is None and not self._closing:
            self._sender = asyncio.create_task(self._send())

    def start(self) -> None:
        """Begin to listen, and go on whatever happens to the connection."""
        self._listener = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Send what is waiting, stop listening. Bounded in time; idempotent."""
        self._closing = True
        if self._sender is not None:
            await asyncio.wait((self._sender,), timeout=2.0)
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.wait((self._listener,), timeout=2.0)

    async def _send(self) -> None:
        try:
            while self._marks:
                batch = list(self._marks)[:_MARKS]
                for each in batch:
                    del self._marks[each]

                async def work(connection: Connection, batch: Iterable[tuple[str, str]] = tuple(batch)) -> None:
                    channels, marks = zip(*batch, strict=True)
                    await connection.execute(_NOTIFY, (list(channels), list(marks)))

                try:
                    await self._database.run(work)
                except (Problem, psycopg.Error) as problem:
                    logger.info("%d notices were not sent (%s)", len(batch), type(problem).__name__)
                if not self._closing:
                    await asyncio.sleep(PERIOD_SECONDS)
        finally:
            self._sender = None

    async def _listen(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                async with await self._connect() as connection:
                    for channel in self._heard:
                        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    self.listening.set()
                    self._pass_on(None, None)  # what was told before this moment was not heard
                    pause = _FIRST_PAUSE
                    await self._hear(connection)
            except (psycopg.Error, OSError, TimeoutError) as error:
                logger.info("The connection that listens for notices ended (%s); making another", type(error).__name__)
            finally:
                self.listening.clear()
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads retries, no secret
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _connect(self) -> psycopg.AsyncConnection[TupleRow]:
        connecting = psycopg.AsyncConnection.connect(self._database.conninfo, autocommit=True)
        return await asyncio.wait_for(connecting, _ANSWER_SECONDS)

    async def _hear(self, connection: psycopg.AsyncConnection[TupleRow]) -> None:
        while True:
            async for notice in connection.notifies(timeout=_ALIVE_SECONDS):
                self._pass_on(notice.channel, notice.payload)
            await asyncio.wait_for(connection.execute("SELECT 1"), _ANSWER_SECONDS)

    def _pass_on(self, channel: str | None, mark: str | None) -> None:
        for known, listeners in self._heard.items():
            if channel is None or channel == known:
                for heard in listeners:
                    try:
                        heard(mark)
                    except Exception:  # one listener's fault must not make the others deaf
                        logger.exception("A listener failed on a notice")


_NOTIFY = "SELECT count(pg_notify(channel, mark)) FROM unnest(%s::text[], %s::text[]) AS told (channel, mark)"
