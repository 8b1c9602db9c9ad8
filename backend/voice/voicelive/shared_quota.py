"""The connections of all replicas to each VoiceLive resource, counted in the database: its quota knows no processes.

One statement a connection, on one row, which is locked for its time: who gets the last place is decided there. While
the database is away or slow each process keeps the quota by itself, and asks again after a moment.
"""

import logging
import time
from dataclasses import dataclass

import psycopg

from backend.core.problems import Problem
from backend.storage.database import Connection, Database

log = logging.getLogger("backend.voice")

ANSWER_S = 0.2
"""How long the database may take. Usually it takes a millisecond or two."""
AWAY_S = 5.0
"""How long it is not asked after it did not answer."""
LARGEST = 1000
"""A quota beyond this is a setting that means none: it is not shared, as its row would be long."""

# An `excluded` row is the one that was to be inserted: it holds the present time.
_TAKE = """
INSERT INTO voice_quota AS known (host, taken) VALUES (%(host)s, ARRAY[extract(epoch FROM clock_timestamp())::float8])
ON CONFLICT (host) DO UPDATE
SET taken = ARRAY(SELECT at FROM unnest(known.taken) AS at WHERE at > excluded.taken[1] - %(minute)s) || excluded.taken
WHERE (SELECT count(*) FROM unnest(known.taken) AS at WHERE at > excluded.taken[1] - %(minute)s) < %(limit)s
RETURNING ARRAY(SELECT extract(epoch FROM clock_timestamp())::float8 - at FROM unnest(taken) AS at)
"""
_KNOWN = """
SELECT ARRAY(SELECT extract(epoch FROM clock_timestamp())::float8 - at FROM unnest(taken) AS at)
FROM voice_quota WHERE host = %(host)s
"""


@dataclass(frozen=True, slots=True)
class Told:
    """granted: whether the connection counts. ages: how many seconds ago those of all replicas were opened."""

    granted: bool
    ages: list[float]


class SharedQuota:
    """One per process. minute: what the quota counts in, seconds."""

    def __init__(self, database: Database, minute: float = 60.0) -> None:
        self._database = database
        self._minute = minute
        self._away_until = 0.0

    async def take(self, host: str, limit: int) -> Told | None:
        """Count one more connection to a host, unless `limit` were opened in the last minute; None: not known.

        Takes `ANSWER_S` at most; never raises.
        """
        if limit > LARGEST or time.monotonic() < self._away_until:
            return None
        values = {"host": host, "limit": limit, "minute": self._minute}

        async def work(connection: Connection) -> Told:
            row = await (await connection.execute(_TAKE, values)).fetchone()
            if row is not None:
                return Told(True, sorted(row[0], reverse=True))
            row = await (await connection.execute(_KNOWN, values)).fetchone()
            return Told(False, sorted(row[0] if row else [], reverse=True))

        try:
            return await self._database.run(work, seconds=ANSWER_S)
        except (Problem, psycopg.Error) as failure:
            self._away_until = time.monotonic() + AWAY_S
            log.warning("VoiceLive's quota is kept by this process alone for now (%s)", type(failure).__name__)
            return None
