"""The log of facts: what is held for true and was, sealed. Nothing is overwritten: a change closes one row and adds
another.

Facts take their positions from their owner's counter, like turns, under the same row lock; so one position tells a
reader what it has seen of both. Forgetting destroys the fact's row. What stays is a sealed mark, by which it is
recognised and not learned again, with the turns that proved it: recall must not use them any more.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from backend.audit.trail import Trail
from backend.core import problems
from backend.core.context import Fact
from backend.identity.principal import Principal
from backend.memory.sealed import FACT_COLUMNS, Breakage, open_facts, open_forgotten, seal_fact, seal_forgotten
from backend.memory.statements import DELETE_SNAPSHOTS
from backend.memory.text import clean
from backend.storage.database import Connection, Database
from backend.storage.keys import DataKey, KeyRing
from backend.storage.notices import MEMORY, Notices, mark_of


def marker_of(fact: Fact) -> str:
    """Return what a forgotten fact is recognised by: a hash of its subject, predicate and value, whatever their case
    and spacing.
    """
    parts = [" ".join(part.casefold().split()) for part in (fact.subject, fact.predicate, fact.value or fact.text)]
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class FactLog:
    """Stores and reads facts. Every method raises `Problem` 503 when the database fails or is slow."""

    def __init__(
        self, database: Database, keys: KeyRing, notices: Notices | None = None, trail: Trail | None = None
    ) -> None:
        self._database = database
        self._trail = trail
        self._keys = keys
        self._notices = notices
        self._broken = Breakage()

    async def add(
        self,
        principal: Principal,
        facts: Sequence[Fact],
        *,
        supersede: Mapping[str, str] | None = None,
        close: Mapping[str, datetime] | None = None,
    ) -> list[Fact]:
        """Store facts, and in the same transaction mark others as superseded (old id to new id) or no longer true (id
        to time). Return the facts that are held then, as given, with `seq` and `recorded_at`.

        Idempotent by id. Left out are facts that have been forgotten by id, and facts of rules or models all of whose
        proofs have been deleted: what was learned from an episode must not outlive it by arriving late.
        """
        supersede, close = supersede or {}, close or {}
        if not facts and not supersede and not close:
            return []
        key = await self._keys.key(principal.tenant, principal.user_id)
        firsts: dict[str, Fact] = {}
        for fact in facts:
            firsts.setdefault(clean(fact.id), replace(fact, id=clean(fact.id)))
        once = list(firsts.values())
        changed = sorted({*supersede, *close})
        values = {
            "tenant": principal.tenant,
            "owner": principal.user_id,
            "count": len(once) + len(changed),
            "proofs": sorted({turn_id for fact in once for turn_id in fact.proof if _is_drawn(fact)}),
        }
        changes = [
            {"place": place, "id": old, "by": supersede.get(old), "at": close.get(old)}
            for place, old in enumerate(changed, len(once) + 1)
        ]

        async def work(connection: Connection) -> dict[str, tuple[int, datetime]]:
            async with connection.transaction():
                head = await (await connection.execute(_HEAD, values)).fetchone()
                assert head is not None
                there = {str(row[0]) for row in await (await connection.execute(_THERE, values)).fetchall()}
                rows = [
                    _given(key, place, fact)
                    for place, fact in enumerate(once, 1)
                    if not _is_drawn(fact) or not there.isdisjoint(fact.proof)
                ]
                given = {**values, "base": head[0], "rows": orjson.dumps(rows).decode()}
                await connection.execute(_ADD, given)
                if changes:
                    await connection.execute(_CHANGE, {**given, "rows": orjson.dumps(changes).decode()})
                wanted = (principal.tenant, principal.user_id, [fact.id for fact in once])
                held = await (await connection.execute(_HELD, wanted)).fetchall()
                return {row[0]: (row[1], row[2]) for row in held}

        held = await self._database.run(work)
        self._tell(principal)
        return [replace(fact, seq=held[fact.id][0], recorded_at=held[fact.id][1]) for fact in once if fact.id in held]

    async def all(self, principal: Principal) -> list[Fact]:
        """Return the owner's facts, superseded ones too, oldest first."""
        rows = await self._rows(_ALL, (principal.tenant, principal.user_id))
        if not rows:
            return []
        return open_facts(await self._keys.key(principal.tenant, principal.user_id), rows, self._broken)

    async def forget(self, principal: Principal, fact_id: str) -> Fact:
        """Destroy a fact and return it as it was. Its mark stays (`forgotten`), and its proofs are silenced.

        Raises `Problem` 404 when the owner has no such fact.
        """
        key = await self._keys.key(principal.tenant, principal.user_id)
        owner = {"tenant": principal.tenant, "owner": principal.user_id, "count": 1, "id": clean(fact_id)}

        async def work(connection: Connection) -> Fact:
            async with connection.transaction():
                await connection.execute(_HEAD, owner)
                rows = await (await connection.execute(_FORGET, owner, binary=True)).fetchall()
                if not rows:
                    raise problems.not_found("The fact", "It may have been forgotten already.")  # and roll back
                opened = open_facts(key, rows, self._broken)
                # One that does not open is destroyed too: it was asked for.
                fact = opened[0] if opened else Fact(owner["id"], "", datetime.now(UTC))  # type: ignore[arg-type]
                marker = marker_of(fact) if opened else ""
                sealed = seal_forgotten(key, fact.id, marker, fact.proof)
                await connection.execute(_MARK, {**owner, "body": sealed})
                snapshots = (principal.tenant, principal.user_id)
                await connection.execute(DELETE_SNAPSHOTS, snapshots)  # they hold the facts of their time
                if self._trail is not None:
                    await self._trail.write(connection, principal, "fact.forgotten", owner=principal, of=fact.id)
                return fact

        fact = await self._database.run(work)
        self._tell(principal)
        return fact

    async def forgotten(self, principal: Principal) -> set[str]:
        """Return the marks (`marker_of`) of all facts that were forgotten."""
        rows = await self._rows(_FORGOTTEN, (principal.tenant, principal.user_id))
        if not rows:
            return set()
        key = await self._keys.key(principal.tenant, principal.user_id)
        return {marker for _, marker, _ in open_forgotten(key, rows, self._broken)} - {""}

    async def _rows(self, statement: str, values: Sequence[Any]) -> list[Any]:
        async def work(connection: Connection) -> list[Any]:
            return await (await connection.execute(statement, values, binary=True)).fetchall()

        return await self._database.run(work)

    def _tell(self, principal: Principal) -> None:
        if self._notices is not None:
            self._notices.tell(MEMORY, mark_of(principal.tenant, principal.user_id))


async def forget_proofs(
    connection: Connection, key: DataKey, principal: Principal, turn_ids: set[str], broken: Breakage
) -> None:
    """Take deleted turns out of the facts they prove; delete facts that nothing else proves.

    A fact that only a deleted one had superseded holds again: what closed it was never said. Part of the transaction
    that deletes the turns, which has the owner's lock and raises the epoch, so that readers start afresh.
    """
    owner = (principal.tenant, principal.user_id)
    rows = await (await connection.execute(_ALL, owner, binary=True)).fetchall()
    unproven: list[Fact] = []
    for fact in open_facts(key, rows, broken):
        if turn_ids.isdisjoint(fact.proof):
            continue
        left = tuple(turn_id for turn_id in fact.proof if turn_id not in turn_ids)
        if left:
            sealed = seal_fact(key, replace(fact, proof=left))
            await connection.execute(_RESEAL, (sealed, *owner, fact.id))
        else:
            unproven.append(fact)
    for fact in unproven:
        began = [moment for moment in (fact.valid_from, fact.said_at) if moment is not None]
        await connection.execute(_REOPEN, {"tenant": owner[0], "owner": owner[1], "id": fact.id, "began": began})
    if unproven:
        await connection.execute(_DELETE, (*owner, [fact.id for fact in unproven]))


def _is_drawn(fact: Fact) -> bool:
    """Tell whether a fact was drawn from turns, and so stands and falls with them."""
    return fact.source in ("rule", "model") and bool(fact.proof)


def _given(key: DataKey, place: int, fact: Fact) -> dict[str, Any]:
    return {
        "place": place,
        "id": fact.id,
        "kind": fact.kind,
        "source": fact.source,
        "channel": fact.channel,
        "body": "\\x" + seal_fact(key, fact).hex(),
        "said_at": fact.said_at,
        "valid_from": fact.valid_from,
        "valid_to": fact.valid_to,
        "recorded_at": fact.recorded_at,
        "superseded_at": fact.superseded_at,
        "superseded_by": fact.superseded_by,
    }


# Raises the owner's counter, which takes the row lock until commit.
_HEAD = """
INSERT INTO owner AS o (tenant, owner, seq) VALUES (%(tenant)s, %(owner)s, %(count)s)
ON CONFLICT (tenant, owner) DO UPDATE SET seq = o.seq + excluded.seq
RETURNING o.seq - %(count)s AS base
"""

_THERE = """
SELECT id FROM turn WHERE tenant = %(tenant)s AND owner = %(owner)s AND id = ANY(%(proofs)s)
  AND (body IS NOT NULL OR content IS NOT NULL)
"""

_ADD = """
INSERT INTO fact (tenant, owner, seq, id, kind, source, channel, body, said_at, valid_from, valid_to, recorded_at,
                  superseded_at, superseded_by)
SELECT %(tenant)s, %(owner)s, %(base)s::bigint + place, id, kind, source, channel, body, said_at, valid_from, valid_to,
       coalesce(recorded_at, now()), superseded_at, superseded_by
FROM json_to_recordset(%(rows)s::json) AS g (
    place bigint, id text, kind text, source text, channel text, body bytea, said_at timestamptz,
    valid_from timestamptz, valid_to timestamptz, recorded_at timestamptz, superseded_at timestamptz,
    superseded_by text
)
WHERE NOT EXISTS (
    SELECT FROM forgotten f WHERE f.tenant = %(tenant)s AND f.owner = %(owner)s AND f.fact_id = g.id
)
ON CONFLICT (tenant, owner, id) DO NOTHING
"""

# A fact that has been superseded already keeps its first successor; and none is superseded by what was not stored.
_CHANGE = """
UPDATE fact SET
    seq = %(base)s::bigint + g.place,
    superseded_at = CASE WHEN new.id IS NULL THEN fact.superseded_at ELSE coalesce(fact.superseded_at, now()) END,
    superseded_by = CASE WHEN new.id IS NULL THEN fact.superseded_by ELSE coalesce(fact.superseded_by, new.id) END,
    valid_to = coalesce(g.at, fact.valid_to)
FROM json_to_recordset(%(rows)s::json) AS g (place bigint, id text, by text, at timestamptz)
LEFT JOIN fact AS new ON new.tenant = %(tenant)s AND new.owner = %(owner)s AND new.id = g.by
WHERE fact.tenant = %(tenant)s AND fact.owner = %(owner)s AND fact.id = g.id
  AND (new.id IS NOT NULL OR g.by IS NULL)
"""

_HELD = "SELECT id, seq, recorded_at FROM fact WHERE tenant = %s AND owner = %s AND id = ANY(%s)"

_ALL = f"SELECT {FACT_COLUMNS} FROM fact WHERE tenant = %s AND owner = %s ORDER BY said_at, seq"  # noqa: S608 - constants

_FORGET = f"""
DELETE FROM fact WHERE tenant = %(tenant)s AND owner = %(owner)s AND id = %(id)s RETURNING {FACT_COLUMNS}
"""  # noqa: S608 - only the constant list of columns is put in

_MARK = """
INSERT INTO forgotten (tenant, owner, fact_id, seq, body)
SELECT tenant, owner, %(id)s, seq, %(body)b FROM owner WHERE tenant = %(tenant)s AND owner = %(owner)s
"""

_FORGOTTEN = "SELECT fact_id, body FROM forgotten WHERE tenant = %s AND owner = %s"

_RESEAL = "UPDATE fact SET body = %b WHERE tenant = %s AND owner = %s AND id = %s"

_REOPEN = """
UPDATE fact SET superseded_at = NULL, superseded_by = NULL,
                valid_to = CASE WHEN valid_to = ANY(%(began)s::timestamptz[]) THEN NULL ELSE valid_to END
WHERE tenant = %(tenant)s AND owner = %(owner)s AND superseded_by = %(id)s
"""

_DELETE = "DELETE FROM fact WHERE tenant = %s AND owner = %s AND id = ANY(%s)"
