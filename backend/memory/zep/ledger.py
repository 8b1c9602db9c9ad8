"""What Zep has got, in our database: the addresses of users and sessions there, and the state of each turn's delivery.

The only file that knows the tables zep_user, zep_session and zep_delivery (of the log's it reads which sessions there
are, and how far the follower has come). A turn is entered as `sent` before its
message leaves, so that whoever comes after a crash or a lost answer knows that it has to look before it repeats.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from backend.core.context import Turn
from backend.identity.principal import Principal
from backend.memory.zep.port import Dialect
from backend.storage.database import Connection, Database

State = Literal["sent", "delivered", "empty", "refused"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a turn has come. length: characters of the content that was sent. sent_at: when a message left whose
    answer is still outstanding; None when the server has answered for good or ill.
    """

    state: State
    length: int
    interrupted: bool
    message_uuids: tuple[str, ...]
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class ZepUser:
    """A user's address at Zep ('' when not known), and the erasure that is under way for them."""

    dialect: Dialect
    address: str
    erasing: bool
    asked: bool
    task: str


class Ledger:
    """Every method raises `Problem` 503 when the database fails or is slow."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def user(self, principal: Principal) -> ZepUser | None:
        """Return what is known of the user."""
        rows = await self._all(_USER, _key(principal))
        return ZepUser(*rows[0]) if rows else None

    async def save_user(self, principal: Principal, dialect: Dialect, address: str) -> None:
        """Keep the user's address."""
        await self._do(_SAVE_USER, _key(principal) | {"dialect": dialect, "address": address})

    async def session(self, principal: Principal, session_id: str, dialect: Dialect) -> str | None:
        """Return the session's address in this dialect."""
        rows = await self._all(_SESSION, _key(principal) | {"session": session_id, "dialect": dialect})
        return str(rows[0][0]) if rows else None

    async def save_session(self, principal: Principal, session_id: str, dialect: Dialect, address: str) -> None:
        """Keep the session's address."""
        values = {"session": session_id, "dialect": dialect, "address": address}
        await self._do(_SAVE_SESSION, _key(principal) | values)

    async def forget_address(self, principal: Principal, session_id: str) -> None:
        """Forget where a session is: Zep does not have it any more, the next delivery creates it anew."""
        await self._do(_FORGET_ADDRESS, _key(principal) | {"session": session_id})

    async def gone_sessions(self, principal: Principal, dialect: Dialect) -> list[tuple[str, str]]:
        """Return the sessions that Zep has and our log has no longer, with their addresses."""
        rows = await self._all(_GONE, _key(principal) | {"dialect": dialect})
        return [(str(session), str(address)) for session, address in rows]

    async def forget_session(self, principal: Principal, session_id: str) -> None:
        """Forget a session and its deliveries."""
        await self._do(_FORGET_SESSION, _key(principal) | {"session": session_id})

    async def deliveries(self, principal: Principal, turn_ids: Sequence[str]) -> dict[str, Delivery]:
        """Return how far turns have come; those never sent are absent."""
        rows = await self._all(_DELIVERIES, _key(principal) | {"ids": list(turn_ids)})
        return {row[0]: Delivery(row[1], row[2], row[3], tuple(row[4]), row[5]) for row in rows}

    async def sending(self, principal: Principal, turns: Sequence[Turn], at: datetime) -> None:
        """Note that messages of these turns are about to leave."""
        await self._enter(principal, turns, "sent", at)

    async def settled(self, principal: Principal, turn_ids: Sequence[str]) -> None:
        """Note that nothing of these turns is under way any more, whether it has arrived or not."""
        await self._do(_SETTLED, _key(principal) | {"ids": list(turn_ids)})

    async def delivered(self, principal: Principal, uuids: Mapping[str, Sequence[str]]) -> None:
        """Note that turns have arrived whole, as these messages."""
        rows = [{"id": turn_id, "uuids": list(found)} for turn_id, found in uuids.items()]
        await self._do(_DELIVERED, _key(principal) | {"rows": orjson.dumps(rows).decode()})

    async def closed(self, principal: Principal, turns: Sequence[Turn], state: State) -> None:
        """Note that turns will not be delivered: there is nothing in them, or Zep refuses them for good."""
        await self._enter(principal, turns, state, None)

    async def amended(self, principal: Principal, turn: Turn) -> None:
        """Note that Zep has been told of a turn's correction."""
        values = {"id": turn.id, "length": len(turn.content), "interrupted": turn.interrupted}
        await self._do(_AMENDED, _key(principal) | values)

    async def waiting(self) -> int:
        """Return how many entries of all owners' logs the follower "zep" has not been given yet."""
        return int((await self._all(_WAITING, {}))[0][0])

    async def begin_erasure(self, principal: Principal, dialect: Dialect) -> ZepUser:
        """Note that the user is to be erased, from when on nothing is delivered; return what is known of them."""
        return ZepUser(*(await self._all(_BEGIN_ERASURE, _key(principal) | {"dialect": dialect}))[0])

    async def erasure_asked(self, principal: Principal, address: str, task: str, *, asked: bool = True) -> None:
        """Note the user Zep has been asked to erase and the task that does it; asked=False: it must be asked anew."""
        await self._do(_ERASURE_ASKED, _key(principal) | {"address": address, "task": task, "asked": asked})

    async def erasures(self) -> list[tuple[str, str]]:
        """Return tenant and owner of the erasures that are under way."""
        return [(str(tenant), str(owner)) for tenant, owner in await self._all(_ERASURES, {})]

    async def erased(self, principal: Principal) -> None:
        """Forget everything of a user."""

        async def work(connection: Connection) -> None:
            async with connection.transaction():
                for statement in _ERASED:
                    await connection.execute(statement, _key(principal))

        await self._database.run(work)

    async def _enter(self, principal: Principal, turns: Sequence[Turn], state: State, at: datetime | None) -> None:
        rows = [
            {
                "id": turn.id,
                "session_id": turn.session_id,
                "length": len(turn.content),
                "interrupted": turn.interrupted,
            }
            for turn in turns
        ]
        values = {"rows": orjson.dumps(rows).decode(), "state": state, "at": at}
        await self._do(_ENTER, _key(principal) | values)

    async def _do(self, statement: str, values: Mapping[str, Any]) -> None:
        await self._database.run(lambda connection: connection.execute(statement, values))

    async def _all(self, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        async def work(connection: Connection) -> list[tuple[Any, ...]]:
            return await (await connection.execute(statement, values)).fetchall()

        return await self._database.run(work)


def _key(principal: Principal) -> dict[str, Any]:
    return {"tenant": principal.tenant, "owner": principal.user_id}


_USER = "SELECT dialect, address, erasing, asked, task FROM zep_user WHERE tenant = %(tenant)s AND owner = %(owner)s"
_SAVE_USER = """
INSERT INTO zep_user (tenant, owner, dialect, address) VALUES (%(tenant)s, %(owner)s, %(dialect)s, %(address)s)
ON CONFLICT (tenant, owner) DO UPDATE SET dialect = excluded.dialect, address = excluded.address
"""

_SESSION = """
SELECT thread_uuid FROM zep_session
WHERE tenant = %(tenant)s AND owner = %(owner)s AND session_id = %(session)s AND dialect = %(dialect)s
"""
_SAVE_SESSION = """
INSERT INTO zep_session (tenant, owner, session_id, dialect, thread_uuid)
VALUES (%(tenant)s, %(owner)s, %(session)s, %(dialect)s, %(address)s)
ON CONFLICT (tenant, owner, session_id) DO UPDATE SET dialect = excluded.dialect, thread_uuid = excluded.thread_uuid
"""
_FORGET_ADDRESS = """
DELETE FROM zep_session WHERE tenant = %(tenant)s AND owner = %(owner)s AND session_id = %(session)s
"""
_GONE = """
SELECT z.session_id, z.thread_uuid FROM zep_session z
WHERE z.tenant = %(tenant)s AND z.owner = %(owner)s AND z.dialect = %(dialect)s AND NOT EXISTS (
    SELECT 1 FROM session s WHERE s.tenant = z.tenant AND s.owner = z.owner AND s.id = z.session_id
)
"""
_FORGET_SESSION = """
WITH gone AS (DELETE FROM zep_delivery WHERE tenant = %(tenant)s AND owner = %(owner)s AND session_id = %(session)s)
DELETE FROM zep_session WHERE tenant = %(tenant)s AND owner = %(owner)s AND session_id = %(session)s
"""

_DELIVERIES = """
SELECT turn_id, state, length, interrupted, message_uuids, sent_at FROM zep_delivery
WHERE tenant = %(tenant)s AND owner = %(owner)s AND turn_id = ANY(%(ids)s)
"""
_ENTER = """
INSERT INTO zep_delivery (tenant, owner, turn_id, session_id, state, length, interrupted, sent_at)
SELECT %(tenant)s, %(owner)s, id, session_id, %(state)s, length, interrupted, %(at)s
FROM json_to_recordset(%(rows)s::json) AS g (id text, session_id text, length integer, interrupted boolean)
ON CONFLICT (tenant, owner, turn_id) DO UPDATE SET
    state = excluded.state, length = excluded.length, interrupted = excluded.interrupted, sent_at = excluded.sent_at
"""
_SETTLED = """
UPDATE zep_delivery SET sent_at = NULL WHERE tenant = %(tenant)s AND owner = %(owner)s AND turn_id = ANY(%(ids)s)
"""
_DELIVERED = """
UPDATE zep_delivery SET state = 'delivered', sent_at = NULL, message_uuids = g.uuids
FROM (
    SELECT id, ARRAY(SELECT json_array_elements_text(uuids)) AS uuids
    FROM json_to_recordset(%(rows)s::json) AS r (id text, uuids json)
) g
WHERE tenant = %(tenant)s AND owner = %(owner)s AND turn_id = g.id
"""
_AMENDED = """
UPDATE zep_delivery SET length = %(length)s, interrupted = %(interrupted)s
WHERE tenant = %(tenant)s AND owner = %(owner)s AND turn_id = %(id)s
"""
_WAITING = """
SELECT coalesce(sum(o.seq - coalesce(f.seq, 0)), 0)::bigint FROM owner o LEFT JOIN follower f
    ON f.tenant = o.tenant AND f.owner = o.owner AND f.name = 'zep'
WHERE f.seq IS NULL OR f.seq < o.seq
"""

_BEGIN_ERASURE = """
INSERT INTO zep_user (tenant, owner, dialect, erasing) VALUES (%(tenant)s, %(owner)s, %(dialect)s, true)
ON CONFLICT (tenant, owner) DO UPDATE SET erasing = true
RETURNING dialect, address, erasing, asked, task
"""
_ERASURE_ASKED = """
UPDATE zep_user SET address = %(address)s, task = %(task)s, asked = %(asked)s
WHERE tenant = %(tenant)s AND owner = %(owner)s
"""
_ERASURES = "SELECT tenant, owner FROM zep_user WHERE erasing ORDER BY tenant, owner"
_ERASED = (
    "DELETE FROM zep_delivery WHERE tenant = %(tenant)s AND owner = %(owner)s",
    "DELETE FROM zep_session WHERE tenant = %(tenant)s AND owner = %(owner)s",
    "DELETE FROM zep_user WHERE tenant = %(tenant)s AND owner = %(owner)s",
)
