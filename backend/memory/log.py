"""The log of turns: what was said, durable and in order. The only file that knows the memory's tables.

Every statement takes the caller's tenant and owner. A turn's `seq` is its position in its owner's log, given under the
owner's row lock, so that a reader who has seen `seq` n needs only what lies above it. A changed turn moves to the end
of the log; a deletion raises the owner's `epoch`, and a reader who finds another epoch starts afresh.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from backend.core import problems
from backend.core.context import Turn
from backend.identity.principal import Principal
from backend.memory.text import clean, title_of
from backend.storage.database import Connection, Database

MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class Episode:
    """A session as memory shows it. `agents` and `channels`: those that took part, new ones at the end. UTC."""

    id: str
    title: str
    agents: list[str]
    channels: list[str]
    turn_count: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """A piece of an owner's log: the turns after a position, the log's epoch and its head (the highest `seq` given)."""

    epoch: int
    head: int
    turns: list[Turn]


class TurnLog:
    """Stores and reads turns. Every method raises `Problem` 503 when the database fails or is slow."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, principal: Principal, session_id: str, agent_id: str) -> None:
        """Create the session if it is not there. Two owners may use the same id: they are different sessions."""
        key = (principal.tenant, principal.user_id, clean(session_id), [clean(agent_id)])
        await self._database.run(lambda connection: connection.execute(_CLAIM, key))

    async def append(
        self, principal: Principal, session_id: str, turns: Sequence[Turn], *, durable: bool = True
    ) -> list[Turn]:
        """Store `turns` at the end of the owner's log, in this order; return them with `session_id` and `seq` set."""
        return await self.append_all(
            principal, [replace(turn, session_id=session_id) for turn in turns], durable=durable
        )

    async def append_all(self, principal: Principal, turns: Sequence[Turn], *, durable: bool = True) -> list[Turn]:
        """Store turns of any of the owner's sessions in one transaction; each names its `session_id`.

        Idempotent: a turn whose id is stored already is left as it is. durable=False does not wait for the disk: a
        power cut may lose the last fraction of a second, a crash of this process nothing.
        """
        if not turns:
            return []
        cleaned = [
            replace(turn, id=clean(turn.id), session_id=clean(turn.session_id), content=clean(turn.content))
            for turn in turns
        ]
        firsts: dict[str, Turn] = {}
        for turn in cleaned:
            firsts.setdefault(turn.id, turn)
        once = list(firsts.values())
        rows = [
            {
                "place": place,
                "id": turn.id,
                "session_id": turn.session_id,
                "role": turn.role,
                "channel": turn.channel,
                "agent_id": clean(turn.agent_id),
                "item_id": None if turn.item_id is None else clean(turn.item_id),
                "content": turn.content,
                "unheard": clean(turn.unheard),
                "interrupted": turn.interrupted,
                "said_at": turn.said_at,
                "title": title_of(turn.content) if turn.role == "user" else "",
            }
            for place, turn in enumerate(once, 1)
        ]
        values = {
            "tenant": principal.tenant,
            "owner": principal.user_id,
            "count": len(once),
            "commit": "on" if durable else "off",
            "turns": orjson.dumps(rows).decode(),
        }

        async def work(connection: Connection) -> dict[str, int]:
            cursor = await connection.execute(_APPEND, values)
            places: dict[str, int] = dict(await cursor.fetchall())
            known = [turn.id for turn in once if turn.id not in places]
            if known:
                cursor = await connection.execute(_PLACES, (principal.tenant, principal.user_id, known))
                places.update(await cursor.fetchall())
            return places

        places = await self._database.run(work)
        return [replace(turn, seq=places.get(turn.id, 0)) for turn in cleaned]

    async def amend(self, principal: Principal, turn_id: str, *, content: str, unheard: str, interrupted: bool) -> Turn:
        """Correct a stored turn, such as a spoken answer that was cut off. Raises `Problem` 404 when there is none."""
        values = {
            "tenant": principal.tenant,
            "owner": principal.user_id,
            "id": clean(turn_id),
            "content": clean(content),
            "unheard": clean(unheard),
            "interrupted": interrupted,
        }

        async def work(connection: Connection) -> Any:
            return await (await connection.execute(_AMEND, values)).fetchone()

        row = await self._database.run(work)
        if row is None:
            raise problems.not_found("The turn", "It may have been deleted.")
        return _turn(row)

    async def changes(self, principal: Principal, after: int, limit: int) -> Changes:
        """Return up to `limit` turns whose `seq` is above `after`, in order, with epoch and head: one read."""
        key = (principal.tenant, principal.user_id, after, limit, principal.tenant, principal.user_id)

        async def work(connection: Connection) -> Any:
            return await (await connection.execute(_CHANGES, key)).fetchall()

        rows = await self._database.run(work)
        if not rows:
            return Changes(0, 0, [])
        return Changes(rows[0][0], rows[0][1], [_turn(row[2:]) for row in rows if row[2] is not None])

    async def since(self, principal: Principal, seq: int, limit: int) -> list[Turn]:
        """Return up to `limit` turns whose `seq` is above `seq`, in order."""
        return (await self.changes(principal, seq, limit)).turns

    async def transcript(self, principal: Principal, session_id: str) -> list[Turn]:
        """Return a session's turns in the order they were said. Raises `Problem` 404 when the caller has no such
        session.
        """
        key = (principal.tenant, principal.user_id, clean(session_id))

        async def work(connection: Connection) -> Any:
            return await (await connection.execute(_TRANSCRIPT, key)).fetchall()

        rows = await self._database.run(work)
        if not rows:
            raise _no_episode()
        return [_turn(row) for row in rows]

    async def episodes(
        self, principal: Principal, limit: int = 20, before: str | None = None
    ) -> tuple[list[Episode], str | None]:
        """Return the owner's episodes, latest first, and the cursor for the next page (None on the last).

        limit: 1-100. before: a cursor from an earlier answer; any other text raises `Problem` 422.
        """
        limit = max(1, min(limit, MAX_PAGE))
        at, last = _read_cursor(before) if before else (None, "")
        values = {"tenant": principal.tenant, "owner": principal.user_id, "at": at, "id": last, "limit": limit + 1}
        statement = _EPISODES if at is None else _EPISODES_BEFORE

        async def work(connection: Connection) -> Any:
            return await (await connection.execute(statement, values)).fetchall()

        rows = await self._database.run(work)
        found = [Episode(*row) for row in rows[:limit]]
        more = len(rows) > limit
        return found, _write_cursor(found[-1]) if more else None

    async def delete(self, principal: Principal, session_id: str) -> None:
        """Delete a session and its turns. Raises `Problem` 404 when the caller has no such session."""
        owner = (principal.tenant, principal.user_id)
        key = (*owner, clean(session_id))

        async def work(connection: Connection) -> None:
            async with connection.transaction():
                # The owner's row first: it keeps appends out, and the next statement sees all that came before.
                await connection.execute(_NEW_EPOCH, owner)
                turns = await connection.execute(_DELETE_TURNS, key)
                session = await connection.execute(_DELETE_SESSION, key)
                if not turns.rowcount + session.rowcount:
                    raise _no_episode()  # and roll the epoch back

        await self._database.run(work)


def _turn(row: Sequence[Any]) -> Turn:
    """Build a Turn from the columns of `_COLUMNS`."""
    seq, turn_id, session_id, role, channel, agent_id, item_id, content, unheard, interrupted, said_at = row
    return Turn(turn_id, role, content, channel, agent_id, said_at, session_id, item_id, unheard, interrupted, seq)


def _no_episode() -> problems.Problem:
    return problems.not_found("The episode", "It does not exist, or it is not yours.")


def _write_cursor(episode: Episode) -> str:
    return base64.urlsafe_b64encode(f"{episode.updated_at.isoformat()} {episode.id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        raw = cursor.encode("ascii")
        text = base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)).decode()
        at, _, last = text.partition(" ")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not last or "\x00" in last:
            raise ValueError(text)
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise problems.invalid_request("cursor: use the next_cursor of an earlier answer, unchanged.") from error
    return moment, last


_COLUMNS = "seq, id, session_id, role, channel, agent_id, item_id, content, unheard, interrupted, said_at"

_CLAIM = """
INSERT INTO session (tenant, owner, id, agents) VALUES (%s, %s, %s, %s) ON CONFLICT (tenant, owner, id) DO NOTHING
"""

# One statement, so one round trip and one transaction: raise the owner's seq (which takes the row lock until commit),
# store what is new, bring the sessions up to date by what was really stored.
_APPEND = """
WITH mode AS (
    SELECT set_config('synchronous_commit', %(commit)s, true)
), head AS (
    INSERT INTO owner AS o (tenant, owner, seq) SELECT %(tenant)s, %(owner)s, %(count)s::bigint FROM mode
    ON CONFLICT (tenant, owner) DO UPDATE SET seq = o.seq + excluded.seq
    RETURNING o.seq - %(count)s AS base
), given AS (
    SELECT * FROM json_to_recordset(%(turns)s::json) AS g (
        place bigint, id text, session_id text, role text, channel text, agent_id text, item_id text, content text,
        unheard text, interrupted boolean, said_at timestamptz, title text
    )
), stored AS (
    INSERT INTO turn (tenant, owner, seq, id, session_id, role, channel, agent_id, item_id, content, unheard,
                      interrupted, said_at)
    SELECT %(tenant)s, %(owner)s, head.base + place, id, session_id, role, channel, agent_id, item_id, content, unheard,
           interrupted, said_at
    FROM head, given
    ON CONFLICT (tenant, owner, id) DO NOTHING
    RETURNING id, seq, session_id, channel, agent_id
), gained AS (
    INSERT INTO session AS s (tenant, owner, id, title, agents, channels, turn_count, created_at, updated_at)
    SELECT %(tenant)s, %(owner)s, stored.session_id,
           coalesce((array_agg(g.title ORDER BY g.place) FILTER (WHERE g.title <> ''))[1], ''),
           array_agg(DISTINCT stored.agent_id), array_agg(DISTINCT stored.channel), count(*),
           clock_timestamp(), clock_timestamp()
    FROM stored JOIN given g ON g.id = stored.id AND g.session_id = stored.session_id
    GROUP BY stored.session_id
    ON CONFLICT (tenant, owner, id) DO UPDATE SET
        title = CASE WHEN s.title = '' THEN excluded.title ELSE s.title END,
        agents = CASE WHEN s.agents @> excluded.agents THEN s.agents
                 ELSE s.agents || ARRAY(SELECT unnest(excluded.agents) EXCEPT SELECT unnest(s.agents)) END,
        channels = CASE WHEN s.channels @> excluded.channels THEN s.channels
                   ELSE s.channels || ARRAY(SELECT unnest(excluded.channels) EXCEPT SELECT unnest(s.channels)) END,
        turn_count = s.turn_count + excluded.turn_count,
        updated_at = excluded.updated_at
)
SELECT id, seq FROM stored
"""

_PLACES = "SELECT id, seq FROM turn WHERE tenant = %s AND owner = %s AND id = ANY(%s)"

_AMEND = f"""
WITH head AS (
    UPDATE owner SET seq = seq + 1 WHERE tenant = %(tenant)s AND owner = %(owner)s RETURNING seq AS place
)
UPDATE turn SET seq = head.place, content = %(content)s, unheard = %(unheard)s, interrupted = %(interrupted)s
FROM head WHERE tenant = %(tenant)s AND owner = %(owner)s AND id = %(id)s
RETURNING {_COLUMNS}
"""  # noqa: S608 - only the constant list of columns is put in

_CHANGES = f"""
SELECT o.epoch, o.seq, t.* FROM owner o LEFT JOIN LATERAL (
    SELECT {_COLUMNS} FROM turn WHERE tenant = %s AND owner = %s AND seq > %s ORDER BY seq LIMIT %s
) t ON true
WHERE o.tenant = %s AND o.owner = %s
"""  # noqa: S608 - only the constant list of columns is put in

_TRANSCRIPT = f"""
SELECT {_COLUMNS} FROM turn WHERE tenant = %s AND owner = %s AND session_id = %s ORDER BY said_at, seq
"""  # noqa: S608 - only the constant list of columns is put in

_NEW_EPOCH = "UPDATE owner SET epoch = epoch + 1 WHERE tenant = %s AND owner = %s"

_DELETE_TURNS = "DELETE FROM turn WHERE tenant = %s AND owner = %s AND session_id = %s"
_DELETE_SESSION = "DELETE FROM session WHERE tenant = %s AND owner = %s AND id = %s"

_EPISODE = "SELECT id, title, agents, channels, turn_count, created_at, updated_at FROM session"
_EPISODES = f"""
{_EPISODE} WHERE tenant = %(tenant)s AND owner = %(owner)s AND turn_count > 0
ORDER BY updated_at DESC, id DESC LIMIT %(limit)s
"""
_EPISODES_BEFORE = f"""
{_EPISODE} WHERE tenant = %(tenant)s AND owner = %(owner)s AND turn_count > 0 AND (updated_at, id) < (%(at)s, %(id)s)
ORDER BY updated_at DESC, id DESC LIMIT %(limit)s
"""
