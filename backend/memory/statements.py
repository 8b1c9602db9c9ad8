"""The statements of the log of turns. Every one takes the caller's tenant and owner."""

from backend.memory.sealed import TURN_COLUMNS

# A withdrawn turn has no words at all, neither sealed nor, as in the first release, plain.
_SAID = "(body IS NOT NULL OR content IS NOT NULL)"

CLAIM = """
INSERT INTO session (tenant, owner, id, agents) VALUES (%s, %s, %s, %s) ON CONFLICT (tenant, owner, id) DO NOTHING
"""

# One statement, so one round trip and one transaction: raise the owner's seq (which takes the row lock until commit),
# store what is new, bring the sessions up to date by what was really stored. Sealed values come as hex: '\x...'.
APPEND = """
WITH mode AS (
    SELECT set_config('synchronous_commit', %(commit)s, true)
), head AS (
    INSERT INTO owner AS o (tenant, owner, seq) SELECT %(tenant)s, %(owner)s, %(count)s::bigint FROM mode
    ON CONFLICT (tenant, owner) DO UPDATE SET seq = o.seq + excluded.seq
    RETURNING o.seq - %(count)s AS base
), given AS (
    SELECT * FROM json_to_recordset(%(turns)s::json) AS g (
        place bigint, id text, session_id text, role text, channel text, agent_id text, item_id text, body bytea,
        interrupted boolean, said_at timestamptz, title bytea
    )
), stored AS (
    INSERT INTO turn (tenant, owner, seq, id, session_id, role, channel, agent_id, item_id, body, content, unheard,
                      interrupted, said_at)
    SELECT %(tenant)s, %(owner)s, head.base + place, id, session_id, role, channel, agent_id, item_id, body, NULL, NULL,
           interrupted, said_at
    FROM head, given
    ON CONFLICT (tenant, owner, id) DO NOTHING
    RETURNING id, seq, session_id, channel, agent_id
), gained AS (
    INSERT INTO session AS s (tenant, owner, id, sealed_title, agents, channels, turn_count, created_at, updated_at)
    SELECT %(tenant)s, %(owner)s, stored.session_id,
           (array_agg(g.title ORDER BY g.place) FILTER (WHERE g.title IS NOT NULL))[1],
           array_agg(DISTINCT stored.agent_id), array_agg(DISTINCT stored.channel), count(*),
           clock_timestamp(), clock_timestamp()
    FROM stored JOIN given g ON g.id = stored.id AND g.session_id = stored.session_id
    GROUP BY stored.session_id
    ON CONFLICT (tenant, owner, id) DO UPDATE SET
        sealed_title = CASE WHEN s.title = '' THEN coalesce(s.sealed_title, excluded.sealed_title) END,
        agents = CASE WHEN s.agents @> excluded.agents THEN s.agents
                 ELSE s.agents || ARRAY(SELECT unnest(excluded.agents) EXCEPT SELECT unnest(s.agents)) END,
        channels = CASE WHEN s.channels @> excluded.channels THEN s.channels
                   ELSE s.channels || ARRAY(SELECT unnest(excluded.channels) EXCEPT SELECT unnest(s.channels)) END,
        turn_count = s.turn_count + excluded.turn_count,
        updated_at = excluded.updated_at
)
SELECT id, seq FROM stored
"""

PLACES = "SELECT id, seq FROM turn WHERE tenant = %s AND owner = %s AND id = ANY(%s)"

STORED = f"SELECT {TURN_COLUMNS} FROM turn WHERE tenant = %s AND owner = %s AND id = %s"  # noqa: S608 - constants

# The owner's row lock comes first, and the change reads `before`: so that is what the turn was just before the change.
AMEND = f"""
WITH head AS (
    UPDATE owner SET seq = seq + 1 WHERE tenant = %(tenant)s AND owner = %(owner)s RETURNING seq AS place
), before AS (
    SELECT t.session_id AS session, {_SAID} AS said FROM head, turn t
    WHERE t.tenant = %(tenant)s AND t.owner = %(owner)s AND t.id = %(id)s FOR UPDATE OF t
), counted AS (
    UPDATE session s SET turn_count = s.turn_count + CASE WHEN before.said THEN -1 ELSE 1 END FROM before
    WHERE s.tenant = %(tenant)s AND s.owner = %(owner)s AND s.id = before.session AND before.said = %(withdrawn)s
)
UPDATE turn SET seq = head.place, body = %(body)b, content = NULL, unheard = NULL, vector = NULL,
                interrupted = %(interrupted)s
FROM head, before WHERE tenant = %(tenant)s AND owner = %(owner)s AND id = %(id)s
RETURNING {TURN_COLUMNS}
"""  # noqa: S608 - only the constant list of columns is put in

# Turns, facts and forgotten facts above a position: one read, one snapshot. `what` tells which a row is.
CHANGES = f"""
SELECT o.epoch, o.seq, t.* FROM owner o LEFT JOIN LATERAL (
    (SELECT 1 AS what, {TURN_COLUMNS}, vector, NULL::timestamptz AS valid_from, NULL::timestamptz AS valid_to,
            NULL::timestamptz AS recorded_at, NULL::timestamptz AS superseded_at
     FROM turn WHERE tenant = %(tenant)s AND owner = %(owner)s AND seq > %(after)s ORDER BY seq LIMIT %(limit)s)
    UNION ALL
    (SELECT 2, seq, id, NULL, kind, channel, source, superseded_by, body, NULL, NULL, NULL, said_at,
            NULL, valid_from, valid_to, recorded_at, superseded_at
     FROM fact WHERE tenant = %(tenant)s AND owner = %(owner)s AND seq > %(after)s ORDER BY seq LIMIT %(limit)s)
    UNION ALL
    (SELECT 3, seq, fact_id, NULL, NULL, NULL, NULL, NULL, body, NULL, NULL, NULL, forgotten_at, NULL, NULL, NULL, NULL,
            NULL
     FROM forgotten WHERE tenant = %(tenant)s AND owner = %(owner)s AND seq > %(after)s ORDER BY seq LIMIT %(limit)s)
) t ON true
WHERE o.tenant = %(tenant)s AND o.owner = %(owner)s
"""  # noqa: S608 - only the constant list of columns is put in

TRANSCRIPT = f"""
SELECT {TURN_COLUMNS} FROM turn
WHERE tenant = %s AND owner = %s AND session_id = %s AND {_SAID}
ORDER BY said_at, seq
"""  # noqa: S608 - only the constant list of columns is put in

TURN = f"{STORED} AND {_SAID}"

NEW_EPOCH = "UPDATE owner SET epoch = epoch + 1 WHERE tenant = %s AND owner = %s"

DELETE_TURNS = "DELETE FROM turn WHERE tenant = %s AND owner = %s AND session_id = %s RETURNING id"
DELETE_SESSION = "DELETE FROM session WHERE tenant = %s AND owner = %s AND id = %s"
DELETE_SNAPSHOTS = "DELETE FROM memory_snapshot WHERE tenant = %s AND owner = %s"

_EPISODES = """
SELECT id, title, sealed_title, agents, channels, turn_count, created_at, updated_at FROM session
WHERE tenant = %(tenant)s AND owner = %(owner)s AND turn_count > 0
  AND (%(channel)s::text IS NULL OR channels @> ARRAY[%(channel)s::text])
  AND (%(agent)s::text IS NULL OR agents @> ARRAY[%(agent)s::text])
  AND (%(since)s::timestamptz IS NULL OR updated_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR created_at < %(until)s)
"""
_LATEST_FIRST = "ORDER BY updated_at DESC, id DESC LIMIT %(limit)s"
EPISODES = _EPISODES + _LATEST_FIRST
EPISODES_BEFORE = _EPISODES + "AND (updated_at, id) < (%(at)s, %(id)s) " + _LATEST_FIRST

SAVE_VECTORS = f"""
UPDATE turn SET vector = given.vector FROM unnest(%(ids)s::text[], %(vectors)s::bytea[]) AS given (id, vector)
WHERE tenant = %(tenant)s AND owner = %(owner)s AND turn.id = given.id AND {_SAID}
"""  # noqa: S608 - only a constant is put in

VECTORS = "SELECT id, vector FROM turn WHERE tenant = %s AND owner = %s AND id = ANY(%s) AND vector IS NOT NULL"

# Only for the epoch it was made in, under the owner's lock: a deletion can neither be overtaken nor undone by it.
SAVE_SNAPSHOT = """
WITH current AS (
    SELECT epoch FROM owner WHERE tenant = %(tenant)s AND owner = %(owner)s AND epoch = %(epoch)s FOR SHARE
)
INSERT INTO memory_snapshot (tenant, owner, number, upto_seq, epoch, blob)
SELECT %(tenant)s, %(owner)s, %(number)s, %(upto)s, epoch, %(blob)b FROM current
ON CONFLICT (tenant, owner, number) DO UPDATE SET
    upto_seq = excluded.upto_seq, epoch = excluded.epoch, blob = excluded.blob, made_at = now()
"""

SNAPSHOTS = """
SELECT s.number, s.upto_seq, s.epoch, s.blob FROM memory_snapshot s JOIN owner o USING (tenant, owner, epoch)
WHERE o.tenant = %s AND o.owner = %s ORDER BY s.number
"""
