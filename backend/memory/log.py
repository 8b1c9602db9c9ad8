"""The log of turns: what was said, durable and in order, and sealed: the database holds no word of it.

A turn's `seq` is its position in its owner's log, given under the owner's row lock, so that a reader who has seen `seq`
n needs only what lies above it. Facts take their positions from the same counter (`fact_log.py`). A changed turn moves
to the end of the log; a deletion raises the owner's `epoch`, and a reader who finds another epoch starts afresh.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from backend.audit.trail import Trail
from backend.core import problems
from backend.core.context import Channel, Fact, Turn
from backend.identity.principal import Principal
from backend.memory import cursors, statements
from backend.memory.fact_log import forget_proofs
from backend.memory.sealed import (
    CHUNK,
    Breakage,
    gone,
    open_facts,
    open_forgotten,
    open_title,
    open_turns,
    open_vectors,
    seal_body,
    seal_title,
    seal_turn,
    seal_vector,
)
from backend.memory.text import clean, title_of
from backend.storage.database import Connection, Database
from backend.storage.keys import DataKey, KeyRing, SealBroken
from backend.storage.notices import MEMORY, Notices, mark_of

MAX_PAGE = 100

_LARGE = 256 * 1024  # bytes; more is sealed and opened in a thread


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
    """A piece of an owner's log: what lies after a position, the log's epoch and its head (the highest `seq` given).

    turns: one without content has been withdrawn. vectors: embeddings of theirs that are stored, 384 bytes by turn id.
    facts: new, closed and superseded ones as they are now; one without text has been forgotten. silenced: turn ids that
    recall must not use any more. upto: the position reached: everything up to it is here, or did not open. Below `head`
    there is more to read.
    """

    epoch: int
    head: int
    turns: list[Turn]
    vectors: dict[str, bytes] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    silenced: list[str] = field(default_factory=list)
    upto: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A stored segment of an owner's index: which one, up to which `seq` it was made, in which epoch, its bytes."""

    number: int
    upto_seq: int
    epoch: int
    blob: bytes


class TurnLog:
    """Stores and reads turns. Every method raises `Problem` 503 when the database fails or is slow, 410 when a write
    comes for an owner who has been erased.
    """

    def __init__(
        self, database: Database, keys: KeyRing, notices: Notices | None = None, trail: Trail | None = None
    ) -> None:
        """notices: where other replicas are told of changes; trail: where deletions are recorded."""
        self._database = database
        self._trail = trail
        self._keys = keys
        self._notices = notices
        self._broken = Breakage()

    @property
    def rows_broken(self) -> int:
        """Rows that did not open since the process began."""
        return self._broken.count

    async def claim(self, principal: Principal, session_id: str, agent_id: str) -> None:
        """Create the session if it is not there. Two owners may use the same id: they are different sessions."""
        key = (principal.tenant, principal.user_id, clean(session_id), [clean(agent_id)])
        await self._database.run(lambda connection: connection.execute(statements.CLAIM, key))

    async def append(
        self, principal: Principal, session_id: str, turns: Sequence[Turn], *, durable: bool = True
    ) -> list[Turn]:
        """Store `turns` at the end of the owner's log, in this order; return them with `session_id` and `seq` set."""
        return await self.append_all(
            principal, [turn._replace(session_id=session_id) for turn in turns], durable=durable
        )

    async def append_all(self, principal: Principal, turns: Sequence[Turn], *, durable: bool = True) -> list[Turn]:
        """Store turns of any of the owner's sessions in one transaction; each names its `session_id`.

        Idempotent: a turn whose id is stored already is left as it is. durable=False does not wait for the disk: a
        power cut may lose the last fraction of a second, a crash of this process nothing.
        """
        if not turns:
            return []
        key = await self._keys.key(principal.tenant, principal.user_id)
        cleaned = [
            turn._replace(id=clean(turn.id), session_id=clean(turn.session_id), content=clean(turn.content),
                unheard=clean(turn.unheard),
            )
            for turn in turns
        ]  # fmt: skip
        firsts: dict[str, Turn] = {}
        for turn in cleaned:
            firsts.setdefault(turn.id, turn)
        once = list(firsts.values())
        values = {
            "tenant": principal.tenant,
            "owner": principal.user_id,
            "count": len(once),
            "commit": "on" if durable else "off",
            "turns": orjson.dumps([_given(key, place, turn) for place, turn in enumerate(once, 1)]).decode(),
        }

        async def work(connection: Connection) -> dict[str, int]:
            cursor = await connection.execute(statements.APPEND, values)
            places: dict[str, int] = dict(await cursor.fetchall())
            known = [turn.id for turn in once if turn.id not in places]
            if known:
                cursor = await connection.execute(statements.PLACES, (principal.tenant, principal.user_id, known))
                places.update(await cursor.fetchall())
            return places

        places = await self._database.run(work)
        self._tell(principal)
        return [turn._replace(seq=places.get(turn.id, 0)) for turn in cleaned]

    async def amend(
        self,
        principal: Principal,
        turn_id: str,
        *,
        content: str,
        unheard: str,
        interrupted: bool,
        recalled: Sequence[str] = (),
    ) -> Turn:
        """Correct a stored turn, such as a spoken answer that was cut off; its vector goes, it was the old content's.

        Without content it is withdrawn: its words are destroyed, and it is in no transcript and no count. The empty row
        stays, by which readers learn to let go of it, and a later correction brings the turn back. recalled: what it
        was given from, where the store does not have that any more. Raises `Problem` 404 when there is no such turn.
        """
        wanted = (principal.tenant, principal.user_id, clean(turn_id))
        rows = await self._rows(statements.STORED, wanted)
        if not rows:
            raise _no_turn()
        key = await self._keys.key(principal.tenant, principal.user_id)
        before = open_turns(key, rows, self._broken)
        recalled = (before[0].recalled if before else ()) or recalled
        withdrawn = not content.strip()
        values = {
            "tenant": principal.tenant,
            "owner": principal.user_id,
            "id": wanted[2],
            "body": None
            if withdrawn
            else seal_body(key, str(rows[0][2]), wanted[2], clean(content), clean(unheard), recalled),
            "withdrawn": withdrawn,
            "interrupted": interrupted,
        }
        rows = await self._rows(statements.AMEND, values)
        if not rows:
            raise _no_turn()
        self._tell(principal)
        [turn] = open_turns(key, rows, self._broken)
        return turn

    async def changes(self, principal: Principal, after: int, limit: int) -> Changes:
        """Return up to `limit` turns whose `seq` is above `after`, in order, and the facts among them, with epoch and
        head: one read.
        """
        values = {"tenant": principal.tenant, "owner": principal.user_id, "after": after, "limit": limit}
        rows = await self._rows(statements.CHANGES, values)
        if not rows:
            return Changes(0, 0, [])
        epoch, head = rows[0][0], rows[0][1]
        if rows[0][2] is None:
            return Changes(epoch, head, [], upto=head)
        kinds: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
        for row in rows:
            kinds[row[2] - 1].append(row[3:])
        # Of a kind that fills the page there may be more: nobody may believe to have seen what lies above its last.
        upto = min([kind[-1][0] for kind in kinds if len(kind) >= limit], default=head)
        turns, facts, forgotten = ([row for row in kind if row[0] <= upto] for kind in kinds)
        key = await self._keys.key(principal.tenant, principal.user_id)
        found = Changes(epoch, head, await self._open(key, turns), upto=upto)
        for begin in range(0, len(turns), CHUNK):
            part = [(row[1], row[12]) for row in turns[begin : begin + CHUNK]]
            found.vectors.update(open_vectors(key, part, self._broken))
            await _pause(turns)
        for begin in range(0, len(facts), CHUNK):
            part = [
                (seq, fact_id, kind, source, channel, body, said_at, *times, by)
                for seq, fact_id, _, kind, channel, source, by, body, _, _, _, said_at, _, *times in (
                    facts[begin : begin + CHUNK]
                )
            ]
            found.facts.extend(open_facts(key, part, self._broken))
            await _pause(facts)
        places = {row[1]: (row[11], row[0]) for row in forgotten}
        for fact_id, _, turn_ids in open_forgotten(key, [(row[1], row[7]) for row in forgotten], self._broken):
            found.facts.append(gone(fact_id, *places[fact_id]))
            found.silenced.extend(turn_ids)
        return found

    async def since(self, principal: Principal, seq: int, limit: int) -> list[Turn]:
        """Return up to `limit` turns whose `seq` is above `seq`, in order."""
        return (await self.changes(principal, seq, limit)).turns

    async def transcript(self, principal: Principal, session_id: str) -> list[Turn]:
        """Return a session's turns in the order they were said. Raises `Problem` 404 when the caller has no such
        session.
        """
        rows = await self._rows(statements.TRANSCRIPT, (principal.tenant, principal.user_id, clean(session_id)))
        if not rows:
            raise _no_episode()
        return await self._open(await self._keys.key(principal.tenant, principal.user_id), rows)

    async def turn(self, principal: Principal, turn_id: str) -> Turn:
        """Return one turn. Raises `Problem` 404 when the caller has no such turn."""
        rows = await self._rows(statements.TURN, (principal.tenant, principal.user_id, clean(turn_id)))
        found = await self._open(await self._keys.key(principal.tenant, principal.user_id), rows) if rows else []
        if not found:
            raise problems.not_found("The turn", "It does not exist, or it is not yours.")
        return found[0]

    async def episodes(
        self,
        principal: Principal,
        limit: int = 20,
        before: str | None = None,
        *,
        channel: Channel | None = None,
        agent_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[list[Episode], str | None]:
        """Return the owner's episodes, latest first, and the cursor for the next page (None on the last).

        limit: 1-100. before: a cursor from an earlier answer; any other text raises `Problem` 422. channel, agent_id:
        only episodes in which they took part. since, until: only those that were going on between the two (half-open).
        """
        limit = max(1, min(limit, MAX_PAGE))
        at, last = cursors.read(before) if before else (None, "")
        values = {
            "tenant": principal.tenant, "owner": principal.user_id, "at": at, "id": last, "limit": limit + 1,
            "channel": channel, "agent": None if agent_id is None else clean(agent_id), "since": since, "until": until,
        }  # fmt: skip
        rows = await self._rows(statements.EPISODES if at is None else statements.EPISODES_BEFORE, values)
        if not rows:
            return [], None
        key = await self._keys.key(principal.tenant, principal.user_id)
        found = [
            Episode(session_id, title if sealed is None else open_title(key, session_id, sealed, self._broken), *rest)
            for session_id, title, sealed, *rest in rows[:limit]
        ]
        more = len(rows) > limit
        return found, cursors.write(found[-1].updated_at, found[-1].id) if more else None

    async def delete(self, principal: Principal, session_id: str) -> None:
        """Delete a session, its turns, and what was drawn from them alone: facts that nothing else proves, snapshots.

        Raises `Problem` 404 when the caller has no such session.
        """
        owner = (principal.tenant, principal.user_id)
        session = (*owner, clean(session_id))
        key = await self._keys.key(*owner)

        async def work(connection: Connection) -> None:
            async with connection.transaction():
                # The owner's row first: it keeps appends out, and the next statement sees all that came before.
                await connection.execute(statements.NEW_EPOCH, owner)
                turns = await (await connection.execute(statements.DELETE_TURNS, session)).fetchall()
                deleted = await connection.execute(statements.DELETE_SESSION, session)
                if not turns and not deleted.rowcount:
                    raise _no_episode()  # and roll the epoch back
                await connection.execute(statements.DELETE_SNAPSHOTS, owner)
                await forget_proofs(connection, key, principal, {str(row[0]) for row in turns}, self._broken)
                if self._trail is not None:
                    await self._trail.write(connection, principal, "episode.deleted", owner=principal, of=session[2])

        await self._database.run(work)
        self._tell(principal)

    async def save_vectors(self, principal: Principal, vectors: Mapping[str, bytes]) -> None:
        """Store turns' embeddings, 384 bytes by turn id. Changes no position; turns that are gone are passed over."""
        if not vectors:
            return
        key = await self._keys.key(principal.tenant, principal.user_id)
        ids = [clean(turn_id) for turn_id in vectors]
        sealed = [seal_vector(key, turn_id, vector) for turn_id, vector in zip(ids, vectors.values(), strict=True)]
        values = {"tenant": principal.tenant, "owner": principal.user_id, "ids": ids, "vectors": sealed}
        await self._database.run(lambda connection: connection.execute(statements.SAVE_VECTORS, values))

    async def vectors(self, principal: Principal, turn_ids: Sequence[str]) -> dict[str, bytes]:
        """Return the stored embeddings among those of `turn_ids`."""
        ids = [clean(turn_id) for turn_id in turn_ids]
        rows = await self._rows(statements.VECTORS, (principal.tenant, principal.user_id, ids)) if ids else []
        if not rows:
            return {}
        return open_vectors(await self._keys.key(principal.tenant, principal.user_id), rows, self._broken)

    async def save_snapshot(self, principal: Principal, number: int, upto_seq: int, blob: bytes, *, epoch: int) -> bool:
        """Store a segment of the owner's index, over the one with the same number. Returns whether it was: not when
        the log's epoch is another by now, because the segment may hold what has been deleted since.
        """
        key = await self._keys.key(principal.tenant, principal.user_id)
        place = (str(number), str(upto_seq), "snapshot")
        sealed = await asyncio.to_thread(key.seal, blob, *place) if len(blob) > _LARGE else key.seal(blob, *place)
        values = {
            "tenant": principal.tenant, "owner": principal.user_id, "number": number, "upto": upto_seq, "epoch": epoch,
            "blob": sealed,
        }  # fmt: skip
        stored = await self._database.run(lambda connection: connection.execute(statements.SAVE_SNAPSHOT, values))
        return stored.rowcount > 0

    async def snapshots(self, principal: Principal) -> list[Snapshot]:
        """Return the stored segments of the log's present epoch, by number."""
        rows = await self._rows(statements.SNAPSHOTS, (principal.tenant, principal.user_id))
        found: list[Snapshot] = []
        for number, upto, epoch, sealed in rows:
            key = await self._keys.key(principal.tenant, principal.user_id)
            try:
                blob = await asyncio.to_thread(key.open, sealed, str(number), str(upto), "snapshot")
            except SealBroken:
                self._broken.add("snapshots", 1)
                continue
            found.append(Snapshot(number, upto, epoch, blob))
        return found

    async def _rows(self, statement: str, values: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
        """Run a statement whose answer comes in binary, which spares both sides the hexadecimal form of bytea."""

        async def work(connection: Connection) -> list[Any]:
            return await (await connection.execute(statement, values, binary=True)).fetchall()

        return await self._database.run(work)

    async def _open(self, key: DataKey, rows: Sequence[Any]) -> list[Turn]:
        turns: list[Turn] = []
        for begin in range(0, len(rows), CHUNK):
            turns += open_turns(key, rows[begin : begin + CHUNK], self._broken)
            await _pause(rows)
        return turns

    def _tell(self, principal: Principal) -> None:
        if self._notices is not None:
            self._notices.tell(MEMORY, mark_of(principal.tenant, principal.user_id))


def _given(key: DataKey, place: int, turn: Turn) -> dict[str, Any]:
    """Return a row of APPEND's JSON: what is content is sealed, as PostgreSQL reads bytes."""
    title = title_of(turn.content) if turn.role == "user" else ""
    return {
        "place": place,
        "id": turn.id,
        "session_id": turn.session_id,
        "role": turn.role,
        "channel": turn.channel,
        "agent_id": clean(turn.agent_id),
        "item_id": None if turn.item_id is None else clean(turn.item_id),
        "body": "\\x" + seal_turn(key, turn).hex(),
        "interrupted": turn.interrupted,
        "said_at": turn.said_at,
        "title": "\\x" + seal_title(key, turn.session_id, title).hex() if title else None,
    }


async def _pause(rows: Sequence[Any]) -> None:
    """Let others run in the middle of long work; short work is not interrupted."""
    if len(rows) > CHUNK:
        await asyncio.sleep(0)


def _no_turn() -> problems.Problem:
    return problems.not_found("The turn", "It may have been deleted.")


def _no_episode() -> problems.Problem:
    return problems.not_found("The episode", "It does not exist, or it is not yours.")
