"""Sealing what the first release stored plainly: its turns and titles, once, at the start after the update.

A plain column is emptied in the same statement that fills the sealed one. PostgreSQL keeps the old version of a changed
row in its files until autovacuum clears it and the space is used again, and in its write-ahead log until that is
recycled; backups keep what they have. `VACUUM FULL turn, session` and a new backup make an end of it at once.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from backend.memory.sealed import seal_body, seal_title
from backend.storage.database import Database
from backend.storage.keys import DataKey, KeyRing

logger = logging.getLogger("backend.memory")

BATCH = 500

_LOCK = 0x5365616C  # "Seal": one replica seals, the others wait and find nothing left
_WAIT = "600s"


async def seal_plain_rows(database: Database, keys: KeyRing) -> int:
    """Seal every plain turn and title; return how many. Safe when many replicas do it at once or one is killed.

    An owner whose key cannot be had stays as it is, and is said in the log. Raises `psycopg.Error`.
    """
    async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as connection:
        if not await _any_plain(connection):
            return 0
        await connection.execute(f"SET lock_timeout = '{_WAIT}'")
        await connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))  # goes with the connection
        sealed = await _seal(connection, keys, _PLAIN_TURNS, _turn) + await _seal(
            connection, keys, _PLAIN_TITLES, _title
        )
        if sealed:
            logger.warning("%d turns and titles that an earlier release had stored plainly are encrypted now", sealed)
        return sealed


Seal = Callable[[psycopg.AsyncConnection[TupleRow], DataKey, Sequence[Any]], Awaitable[None]]


async def _any_plain(connection: psycopg.AsyncConnection[TupleRow]) -> bool:
    row = await (await connection.execute(_ANY)).fetchone()
    return row is not None and bool(row[0])


async def _seal(connection: psycopg.AsyncConnection[TupleRow], keys: KeyRing, rows_of: str, seal: Seal) -> int:
    """Seal in batches, owner after owner in the order of the index; each batch is one transaction."""
    sealed = 0
    tenant, owner, row_id = "", "", ""
    while True:
        values = {"tenant": tenant, "owner": owner, "id": row_id, "limit": BATCH}
        rows = await (await connection.execute(rows_of, values)).fetchall()
        if not rows:
            return sealed
        async with connection.transaction():
            for row in rows:
                try:
                    key = await keys.key(row[0], row[1])
                except Exception as error:
                    logger.error("A row of an earlier release stays plain: no key (%s)", type(error).__name__)
                    continue
                await seal(connection, key, row)
                sealed += 1
        tenant, owner, row_id = rows[-1][:3]


async def _turn(connection: psycopg.AsyncConnection[TupleRow], key: DataKey, row: Sequence[Any]) -> None:
    tenant, owner, turn_id, session_id, content, unheard = row
    body = seal_body(key, session_id, turn_id, content or "", unheard or "", ())
    await connection.execute(_SEAL_TURN, (body, tenant, owner, turn_id))


async def _title(connection: psycopg.AsyncConnection[TupleRow], key: DataKey, row: Sequence[Any]) -> None:
    tenant, owner, session_id, title = row
    await connection.execute(_SEAL_TITLE, (seal_title(key, session_id, title), tenant, owner, session_id))


_ANY = """
SELECT EXISTS (SELECT FROM turn WHERE body IS NULL AND content IS NOT NULL)
    OR EXISTS (SELECT FROM session WHERE title <> '')
"""

_PLAIN_TURNS = """
SELECT tenant, owner, id, session_id, content, unheard FROM turn
WHERE body IS NULL AND content IS NOT NULL AND (tenant, owner, id) > (%(tenant)s, %(owner)s, %(id)s)
ORDER BY tenant, owner, id LIMIT %(limit)s
"""

# A correction may have sealed it since it was read, or withdrawn it: then that counts.
_SEAL_TURN = """
UPDATE turn SET body = %b, content = NULL, unheard = NULL
WHERE tenant = %s AND owner = %s AND id = %s AND body IS NULL AND content IS NOT NULL
"""

_PLAIN_TITLES = """
SELECT tenant, owner, id, title FROM session
WHERE title <> '' AND (tenant, owner, id) > (%(tenant)s, %(owner)s, %(id)s)
ORDER BY tenant, owner, id LIMIT %(limit)s
"""

_SEAL_TITLE = "UPDATE session SET sealed_title = %b, title = '' WHERE tenant = %s AND owner = %s AND id = %s"
