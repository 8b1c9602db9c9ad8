"""What other people's turns in the database cost: one person's cold open, catching up and append, alone in a database
and beside a million turns of a thousand others.

The rows of the others are as long as sealed rows are; nobody opens them, so what is in them does not matter.
"""

import asyncio
import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from backend.core.context import Turn
from backend.core.ids import new_id
from backend.identity.principal import Principal
from backend.memory.cache import OwnerCache
from backend.memory.log import TurnLog
from backend.storage.database import Database
from backend.storage.keys import KeyRing
from bench.memory_speed import Speech
from bench.report import Row

OTHERS, TURNS_EACH = 1_000, 1_000
OWN = 1_000
"""Turns of the person who is measured."""
BODY_BYTES, VECTOR_BYTES = 150, 412
"""A sealed sentence and a sealed vector of 384 numbers."""
TRIES = 100
"""The quickest counts: others may use the machine meanwhile."""
MOST = 1.2
"""What memory owes: a million turns change nothing by more than a fifth."""
ADA = Principal("bench", "ada", "Ada", frozenset({"engram.analyst"}))


@dataclass(frozen=True)
class _Store:
    """The settings that storage reads."""

    database_url: str
    data_dir: Path
    encryption_key: str


def run() -> list[Row]:
    """Measure in both databases in turn, and return a row for each work."""
    return asyncio.run(_run())


async def _run() -> list[Row]:
    async with _store() as (alone, quiet), _store() as (crowded, full):
        await _crowd(full)
        for database in (quiet, full):
            await _settle(database)
        ours, theirs = await _works(alone), await _works(crowded)
        taken: dict[tuple[str, bool], float] = {}
        for _ in range(TRIES):  # in turn, so that what else the machine does falls on both
            for what in ours:
                for work, is_crowded in ((ours[what], False), (theirs[what], True)):
                    begun = time.perf_counter()
                    await work()
                    took = (time.perf_counter() - begun) * 1_000
                    taken[what, is_crowded] = min(took, taken.get((what, is_crowded), took))
        return [_row(what, taken[what, False], taken[what, True]) for what in ours]


@contextlib.asynccontextmanager
async def _store() -> AsyncIterator[tuple[TurnLog, Database]]:
    """A server of its own with the turns of the person who is measured."""
    with tempfile.TemporaryDirectory(prefix="engram-bench-") as directory:
        os.chmod(directory, 0o755)  # root's database runs as another account
        settings = _Store("", Path(directory), secrets.token_hex(32))
        database = await Database.open(settings)
        try:
            log = TurnLog(database, await KeyRing.open(settings, database))
            speech = Speech(7)
            turns = await log.append_all(ADA, [_turn(turn.content) for turn in speech.turns(OWN)])
            await log.save_vectors(ADA, {turn.id: vec for turn, vec in zip(turns, speech.vectors(OWN), strict=True)})
            yield log, database
        finally:
            await database.close()


def _turn(text: str) -> Turn:
    return Turn(new_id("msg"), "user", text, "chat", "elena", datetime.now(UTC), "s")


async def _works(log: TurnLog) -> dict[str, Callable[[], Awaitable[None]]]:
    warm = OwnerCache(log).get(ADA)
    await warm.refresh()

    async def cold() -> None:
        memory = OwnerCache(log).get(ADA)
        await memory.refresh()
        assert memory.complete

    async def caught_up() -> None:
        await warm.refresh()

    async def append() -> None:
        warm.note(await log.append_all(ADA, [_turn("One more thing."), _turn("And another.")], durable=False))

    return {
        f"cold open, {OWN:,} turns, from rows": cold,
        "catching up when nothing is new": caught_up,
        "append of two turns": append,
    }


async def _crowd(database: Database) -> None:
    """Store the others' turns, in the order in which a day brings them: everybody's mixed."""
    print(f"  storing {OTHERS * TURNS_EACH:,} turns of {OTHERS:,} others", flush=True)
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    columns = "tenant, owner, seq, id, session_id, role, channel, agent_id, body, vector, said_at"
    async with await psycopg.AsyncConnection.connect(database.conninfo) as connection:
        await connection.execute(
            "INSERT INTO owner (tenant, owner, seq) SELECT 'bench', 'other-' || n, %s FROM generate_series(1, %s) n",
            (TURNS_EACH, OTHERS),
        )
        async with connection.cursor().copy(f"COPY turn ({columns}) FROM STDIN") as copy:
            for seq in range(1, TURNS_EACH + 1):
                said_at = begun + timedelta(minutes=seq)
                noise = secrets.token_bytes(BODY_BYTES + VECTOR_BYTES)
                for other in range(1, OTHERS + 1):
                    await copy.write_row(
                        ("bench", f"other-{other}", seq, f"msg_{other:08x}{seq:024x}", f"s-{seq // 20}",
                         "assistant" if seq % 2 else "user", "chat", "elena", noise[:BODY_BYTES], noise[BODY_BYTES:],
                         said_at)
                    )  # fmt: skip


async def _settle(database: Database) -> None:
    """Let the database write out and count what it holds, as it does by itself in a quiet minute."""
    async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as connection:
        await connection.execute("VACUUM ANALYZE turn")
        await connection.execute("CHECKPOINT")


def _row(what: str, alone: float, crowded: float) -> Row:
    ratio = crowded / alone
    over = f" (owed: at most {MOST:g} times)" if ratio > MOST else ""
    return Row("memory_crowd", what, f"{crowded:.3g} ms{over}", f"{alone:.3g} ms, alone", f"{ratio:.2f}")
