"""When a session began, where the token does not say: at the first token of it that any replica has seen.

A session of Entra ID is named by `sid`. The first token's own time of issue is kept, for tokens that carry no
`auth_time`; the session is at least that old. Each process asks the database once for each session.
"""

import hashlib
from collections import OrderedDict

from backend.core.problems import Problem
from backend.identity.signing_keys import sign_in_unavailable
from backend.storage.database import Connection, Database

KEPT_DAYS = 7
"""Longer than any session may last."""

_REMEMBERED = 10_000


class SessionAges:
    """The beginnings of sessions, in the database and for a while in this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[tuple[str, str, bytes], float] = OrderedDict()

    async def began(self, tenant: str, owner: str, sid: str, issued_at: float) -> float:
        """Return when the session began, in seconds since the epoch; raise `Problem` 503 when that cannot be told.

        issued_at: the time of issue of the token that names the session.
        """
        key = (tenant, owner, hashlib.sha256(sid.encode("utf-8", "surrogatepass")).digest())
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            return known

        async def work(connection: Connection) -> float:
            cursor = await connection.execute(_BEGAN, (*key, issued_at))
            row = await cursor.fetchone()
            assert row is not None
            return float(row[0])

        try:
            began = await self._database.run(work)
        except Problem:
            raise sign_in_unavailable() from None
        self._known[key] = began
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return began

    async def sweep(self) -> None:
        """Forget sessions that ended long ago."""
        await self._database.run(lambda connection: connection.execute(_SWEEP, (KEPT_DAYS,)))


_BEGAN = """
INSERT INTO sign_in (tenant, owner, sid, began_at) VALUES (%s, %s, %s, to_timestamp(%s))
ON CONFLICT (tenant, owner, sid) DO UPDATE SET began_at = least(sign_in.began_at, excluded.began_at)
RETURNING extract(epoch FROM began_at)
"""
_SWEEP = "DELETE FROM sign_in WHERE began_at < now() - make_interval(days => %s)"
