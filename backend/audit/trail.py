"""The trail: adds rows to the chain and reads them. There is no other way to write one, and none to change one."""

from collections.abc import Sequence
from typing import Any, Literal

from backend.audit.chain import GENESIS, Head, Row, seal
from backend.core.levels import Level
from backend.core.logs import request_id
from backend.core.settings import Settings
from backend.identity.principal import Principal
from backend.storage.database import Connection, Database

Action = Literal[
    "access.refused", "audit.read", "episode.deleted", "episode.read", "episodes.listed", "fact.forgotten"
]  # fmt: skip

LONGEST = 200
"""Characters of an id or a route that are kept."""

NOBODY = Principal("", "", "", frozenset())


class Trail:
    """One per process, where AUDIT_LOG_ENABLED says so. Its methods raise `Problem` 503 when the database fails."""

    def __init__(self, database: Database, level: Level) -> None:
        self._database = database
        self._level = level

    @classmethod
    def open(cls, settings: Settings, database: Database) -> "Trail | None":
        """Return the trail, None where the level or AUDIT_LOG_ENABLED has it off."""
        return cls(database, settings.level) if settings.audit_enabled else None

    async def record(
        self, actor: Principal, action: Action, *, owner: Principal = NOBODY, of: str = "", outcome: str = "done"
    ) -> None:
        """Add a row, durable when this returns. of: the id of what it was done to."""

        async def work(connection: Connection) -> None:
            async with connection.transaction():
                await self.write(connection, actor, action, owner=owner, of=of, outcome=outcome)

        await self._database.run(work)

    async def write(
        self,
        connection: Connection,
        actor: Principal,
        action: Action,
        *,
        owner: Principal = NOBODY,
        of: str = "",
        outcome: str = "done",
    ) -> None:
        """Add a row within the transaction of what is being done: both are stored, or neither.

        Make it the last thing of the transaction: from here to its end everybody else's rows wait.
        """
        await connection.execute(_TURN_TO_WRITE, (_LOCK,))
        [(at, last, before)] = await (await connection.execute(_HEAD, binary=True)).fetchall()
        row = Row(
            (last or 0) + 1, at, self._level.value, action, outcome,
            _plain(actor.tenant), _plain(actor.user_id), actor.kind, _plain(owner.tenant), _plain(owner.user_id),
            _plain(of), _plain(request_id.get()),
        )  # fmt: skip
        members = [getattr(row, name) for name in Row.__slots__]
        await connection.execute(_APPEND, (*members, seal(before or GENESIS, row)))

    async def page(
        self,
        before: int | None,
        limit: int,
        *,
        actor: str | None = None,
        owner: str | None = None,
        action: str | None = None,
    ) -> list[tuple[Row, bytes]]:
        """Return up to `limit` rows below number `before`, the latest first, with their hashes."""
        values = {"before": before, "limit": limit, "actor": actor, "owner": owner, "action": action}
        return await self._read(_PAGE, values)

    async def after(self, head: Head, limit: int) -> list[tuple[Row, bytes]]:
        """Return up to `limit` rows from behind `head`, the oldest first, with their hashes."""
        return await self._read(_AFTER, {"seq": head.seq, "limit": limit})

    async def _read(self, statement: str, values: dict[str, Any]) -> list[tuple[Row, bytes]]:
        async def work(connection: Connection) -> Sequence[Any]:
            return await (await connection.execute(statement, values, binary=True)).fetchall()

        return [(Row(*members), sealed) for *members, sealed in await self._database.run(work)]


def _plain(text: str) -> str:
    """Return what can be stored of an id: no NUL, no half of a character, not more than `LONGEST`."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")[:LONGEST]


_LOCK = 0x417564697420456E  # "Audit En": one writer at a time, over all replicas, until its transaction ends
_TURN_TO_WRITE = "SELECT pg_advisory_xact_lock(%s)"

# A statement of its own, so that its snapshot is from after the lock. The time is the database's: replicas agree on it.
_HEAD = """
SELECT clock_timestamp(), last.seq, last.hash
FROM (VALUES (1)) now LEFT JOIN (SELECT seq, hash FROM audit_event ORDER BY seq DESC LIMIT 1) last ON true
"""

_COLUMNS = (
    "seq, at, level, action, outcome, actor_tenant, actor, actor_kind, owner_tenant, owner, object, request_id, hash"
)
_APPEND = f"INSERT INTO audit_event ({_COLUMNS}) VALUES ({', '.join(['%s'] * 12)}, %b)"  # noqa: S608 - constants
_PAGE = f"""
SELECT {_COLUMNS} FROM audit_event
WHERE (%(before)s::bigint IS NULL OR seq < %(before)s) AND (%(actor)s::text IS NULL OR actor = %(actor)s)
  AND (%(owner)s::text IS NULL OR owner = %(owner)s) AND (%(action)s::text IS NULL OR action = %(action)s)
ORDER BY seq DESC LIMIT %(limit)s
"""  # noqa: S608 - only the constant list of columns is put in
_AFTER = f"SELECT {_COLUMNS} FROM audit_event WHERE seq > %(seq)s ORDER BY seq LIMIT %(limit)s"  # noqa: S608 - constants
