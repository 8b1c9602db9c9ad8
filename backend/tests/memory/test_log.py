"""The log of turns at its door, on embedded PostgreSQL 18 and on Debian's 15."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.context import Turn
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory import cursors
from backend.memory.log import TurnLog
from backend.memory.statements import CHANGES
from backend.storage.database import Connection, Database
from backend.storage.keys import KeyRing
from backend.tests.conftest import a_person, a_turn


async def test_a_turn_comes_back_as_it_was_said(log: TurnLog, person: Principal) -> None:
    said = Turn(
        id="turn_1",
        role="assistant",
        content="Grüße, 日本 — “quoted” 🙂",
        channel="voice",
        agent_id="marcus",
        said_at=datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC),
        item_id="item_7",
        unheard=" and so on",
        interrupted=True,
    )
    stored = await log.append(person, "tab-1", [said])
    assert stored == [said._replace(session_id="tab-1", seq=1)]
    assert await log.transcript(person, "tab-1") == stored
    assert (await log.transcript(person, "tab-1"))[0].said_at.utcoffset() == timedelta(0)


async def test_the_same_turn_given_twice_is_stored_once(log: TurnLog, person: Principal) -> None:
    first, second, third = a_turn("one"), a_turn("two"), a_turn("three")
    [stored] = await log.append(person, "s", [first])
    again = await log.append(person, "s", [first._replace(content="changed"), second, third, second])
    assert again[0].seq == stored.seq
    assert again[1].seq == again[3].seq
    assert [turn.content for turn in await log.transcript(person, "s")] == ["one", "two", "three"]
    [episode], _ = await log.episodes(person)
    assert episode.turn_count == 3


async def test_giving_only_known_turns_changes_nothing(log: TurnLog, person: Principal) -> None:
    turns = [a_turn("one"), a_turn("two", "assistant")]
    first = await log.append(person, "s", turns)
    [before], _ = await log.episodes(person)
    assert await log.append(person, "s", turns) == first
    assert (await log.episodes(person))[0] == [before]


async def test_turns_written_at_the_same_time_get_places_of_their_own_and_a_reader_never_sees_a_gap(
    log: TurnLog, person: Principal
) -> None:
    writers, each = 16, 6
    seen: list[int] = []
    done = asyncio.Event()

    async def read() -> None:
        while True:
            over = done.is_set()
            seen.extend([turn.seq for turn in await log.since(person, seen[-1] if seen else 0, 1000)])
            if over:
                return

    async def write(number: int) -> None:
        for _ in range(each):
            await log.append(person, f"s{number}", [a_turn("q"), a_turn("a", "assistant")])

    reader = asyncio.create_task(read())
    await asyncio.gather(*(write(number) for number in range(writers)))
    done.set()
    await reader
    assert seen == list(range(1, writers * each * 2 + 1))


async def test_two_writers_of_the_same_turn_store_it_once(log: TurnLog, person: Principal) -> None:
    turns = [a_turn(f"number {number}") for number in range(10)]
    results = await asyncio.gather(*(log.append(person, "s", turns) for _ in range(8)))
    assert all([turn.seq for turn in result] == [turn.seq for turn in results[0]] for result in results)
    assert len(await log.transcript(person, "s")) == 10


async def test_the_same_session_id_of_two_owners_names_two_sessions(log: TurnLog) -> None:
    ada, bob = a_person("Ada"), a_person("Bob")
    twin = replace(ada, tenant="another")
    shared = a_turn("same id")
    await log.append(ada, "tab", [a_turn("Ada's")])
    await log.append(bob, "tab", [shared])
    await log.append(twin, "tab", [shared._replace(content="the twin's")])
    assert [turn.content for turn in await log.transcript(ada, "tab")] == ["Ada's"]
    assert [turn.content for turn in await log.transcript(bob, "tab")] == ["same id"]
    assert [turn.content for turn in await log.transcript(twin, "tab")] == ["the twin's"]
    await log.delete(bob, "tab")
    assert [turn.content for turn in await log.transcript(ada, "tab")] == ["Ada's"]


async def test_what_belongs_to_somebody_else_is_not_found(log: TurnLog, person: Principal) -> None:
    [turn] = await log.append(a_person("Eve"), "secret", [a_turn("mine")])
    for attempt in (
        log.transcript(person, "secret"),
        log.delete(person, "secret"),
        log.amend(person, turn.id, content="x", unheard="", interrupted=False),
    ):
        with pytest.raises(Problem) as caught:
            await attempt
        assert caught.value.status == 404
    assert await log.episodes(person) == ([], None)
    assert await log.since(person, 0, 10) == []


async def test_a_transcript_is_in_the_order_things_were_said(log: TurnLog, person: Principal) -> None:
    first, second, third = a_turn("first"), a_turn("second", "assistant"), a_turn("third")
    await log.append(person, "s", [second])
    await log.append(person, "s", [third])
    await log.append(person, "s", [first])  # its transcription was slow
    together = [a_turn("a")._replace(said_at=third.said_at), a_turn("b")._replace(said_at=third.said_at)]
    await log.append(person, "s", together)
    assert [turn.content for turn in await log.transcript(person, "s")] == ["first", "second", "third", "a", "b"]


async def test_an_episode_tells_its_title_agents_channels_and_times(log: TurnLog, person: Principal) -> None:
    await log.append(person, "s", [a_turn("Good morning.", "assistant", channel="voice", agent="marcus")])
    await log.append(person, "s", [a_turn("  Plan the\n CRM migration " + "with care " * 20)])
    await log.append(person, "s", [a_turn("Another question"), a_turn("Sure.", "assistant", agent="elena")])
    [episode], cursor = await log.episodes(person)
    assert cursor is None
    assert (episode.id, episode.turn_count) == ("s", 4)
    assert (episode.agents, episode.channels) == (["marcus", "elena"], ["voice", "chat"])
    assert episode.title.startswith("Plan the CRM migration with care")
    assert len(episode.title) <= 80
    assert episode.created_at < episode.updated_at
    assert abs(datetime.now(UTC) - episode.updated_at) < timedelta(minutes=1)


async def test_turns_of_several_sessions_are_stored_together(log: TurnLog, person: Principal) -> None:
    turns = [a_turn("hello a", session="a"), a_turn("hello b", session="b"), a_turn("more a", session="a")]
    stored = await log.append_all(person, turns)
    assert [turn.seq for turn in stored] == [1, 2, 3]
    found, _ = await log.episodes(person)
    assert {(episode.id, episode.turn_count, episode.title) for episode in found} == {
        ("a", 2, "hello a"),
        ("b", 1, "hello b"),
    }


async def test_a_write_that_does_not_wait_for_the_disk_is_seen_at_once(log: TurnLog, person: Principal) -> None:
    await log.append(person, "s", [a_turn("spoken")], durable=False)
    assert [turn.content for turn in await log.since(person, 0, 10)] == ["spoken"]


async def test_pages_of_episodes_hold_each_once_latest_first(log: TurnLog, person: Principal) -> None:
    for number in range(23):
        await log.append(person, f"s{number:02}", [a_turn("x")])
    await log.append_all(person, [a_turn("x", session=f"t{number}") for number in range(7)])  # one moment for all
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(8):
        page, cursor = await log.episodes(person, 4, cursor)
        assert len(page) <= 4
        seen += [episode.id for episode in page]
        if cursor is None:
            break
    assert seen == sorted((f"t{number}" for number in range(7)), reverse=True) + [
        f"s{number:02}" for number in reversed(range(23))
    ]


@given(cursor=st.text(min_size=1, max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_other_text_than_a_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Problem) as caught:
        cursors.read(cursor)
    assert caught.value.status == 422


async def test_a_cursor_of_one_owner_shows_nothing_of_another(log: TurnLog, person: Principal) -> None:
    other = a_person("Other")
    for number in range(3):
        await log.append(other, f"s{number}", [a_turn("x")])
    _, cursor = await log.episodes(other, 1)
    assert cursor is not None
    assert await log.episodes(person, 10, cursor) == ([], None)


async def test_a_corrected_turn_keeps_its_place_in_the_transcript_and_is_read_anew(
    log: TurnLog, person: Principal
) -> None:
    turns = await log.append(person, "s", [a_turn("q"), a_turn("the whole long answer", "assistant"), a_turn("stop")])
    amended = await log.amend(person, turns[1].id, content="the whole", unheard=" long answer", interrupted=True)
    assert (amended.content, amended.unheard, amended.interrupted) == ("the whole", " long answer", True)
    assert await log.since(person, 3, 10) == [amended]
    assert [turn.content for turn in await log.transcript(person, "s")] == ["q", "the whole", "stop"]
    assert [turn.seq for turn in await log.append(person, "s", [a_turn("next")])] == [amended.seq + 1]


async def test_a_withdrawn_turn_leaves_no_word_is_not_shown_or_counted_and_comes_back_when_it_is_given_words(
    log: TurnLog, person: Principal
) -> None:
    question, answer = a_turn("q"), a_turn("nobody heard this", "assistant")._replace(recalled=("f1",))
    question, stored = await log.append(person, "s", [question, answer])
    for _ in range(2):  # twice is once
        gone = await log.amend(person, stored.id, content="", unheard="nobody heard this", interrupted=True)
    assert (gone.content, gone.unheard) == ("", "")
    assert await log.transcript(person, "s") == [question]
    assert [episode.turn_count for episode in (await log.episodes(person))[0]] == [1]
    assert [turn.content for turn in await log.since(person, question.seq, 10)] == [""], "whoever has it lets go of it"
    with pytest.raises(Problem) as caught:
        await log.turn(person, stored.id)
    assert caught.value.status == 404
    row = "SELECT body, content, unheard, vector FROM turn WHERE owner = %s AND id = %s"
    assert await log._database.run(lambda c: _one(c, row, person.user_id, stored.id)) == (None, None, None, None)
    back = await log.amend(
        person, stored.id, content="heard after all", unheard="", interrupted=False, recalled=answer.recalled
    )
    assert (back.content, back.recalled) == ("heard after all", ("f1",))
    assert await log.transcript(person, "s") == [question, back]
    assert [episode.turn_count for episode in (await log.episodes(person))[0]] == [2]


async def test_a_session_of_which_everything_was_withdrawn_is_no_episode(log: TurnLog, person: Principal) -> None:
    [stored] = await log.append(person, "s", [a_turn("nobody heard this", "assistant")])
    await log.amend(person, stored.id, content="", unheard="", interrupted=True)
    assert (await log.episodes(person))[0] == []
    with pytest.raises(Problem) as caught:
        await log.transcript(person, "s")
    assert caught.value.status == 404
    await log.delete(person, "s")


async def _one(connection: Connection, statement: str, *values: str) -> object:
    return await (await connection.execute(statement, values)).fetchone()


async def test_a_deleted_session_is_gone_and_readers_are_told_to_start_afresh(log: TurnLog, person: Principal) -> None:
    await log.append(person, "keep", [a_turn("kept")])
    await log.append(person, "drop", [a_turn("dropped")])
    before = await log.changes(person, 0, 10)
    await log.delete(person, "drop")
    after = await log.changes(person, 0, 10)
    assert after.epoch != before.epoch
    assert [turn.content for turn in after.turns] == ["kept"]
    with pytest.raises(Problem) as caught:
        await log.delete(person, "drop")
    assert caught.value.status == 404
    assert (await log.changes(person, 0, 10)).epoch == after.epoch


async def test_text_that_postgresql_cannot_hold_is_made_storable(log: TurnLog, person: Principal) -> None:
    odd = a_turn("nul \x00, lone \ud83d, pair \ud83d\ude00", "assistant")
    await log.append(
        person, "s", [odd._replace(unheard="\udfff", agent_id="el\x00ena", item_id="\ud800"), a_turn("ok")]
    )
    [kept, ok] = await log.transcript(person, "s")
    assert kept.content == "nul \ufffd, lone \ufffd, pair 😀"
    assert (kept.unheard, kept.agent_id, kept.item_id) == ("\ufffd", "el\ufffdena", "\ufffd")
    assert ok.content == "ok"


@given(texts=st.lists(st.text(st.characters(exclude_categories=[]), max_size=50), min_size=1, max_size=4))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_text_makes_a_batch_fail(database: Database, keys: KeyRing, texts: list[str]) -> None:
    somebody = a_person("Odd")
    log = TurnLog(database, keys)
    await log.append(somebody, "s", [a_turn(text) for text in texts])
    for kept, text in zip(await log.transcript(somebody, "s"), texts, strict=True):
        assert kept.content == text or not text.isascii() or "\x00" in text


async def test_a_claimed_session_is_no_episode_until_something_is_said(log: TurnLog, person: Principal) -> None:
    await log.claim(person, "s", "elena")
    await log.claim(person, "s", "elena")
    assert await log.episodes(person) == ([], None)
    with pytest.raises(Problem):
        await log.transcript(person, "s")
    await log.append(person, "s", [a_turn("hello")])
    [episode], _ = await log.episodes(person)
    assert (episode.title, episode.turn_count, episode.agents) == ("hello", 1, ["elena"])


async def test_every_key_leads_with_tenant_and_owner(each_database: Database) -> None:
    async with each_database.pool.connection() as connection:
        cursor = await connection.execute(
            """
            SELECT c.relname, i.relname,
                   ARRAY(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY AS k (number, place)
                         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number ORDER BY k.place)
            FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
            WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
              AND c.relname <> 'alembic_version' AND i.relname NOT IN ('user_key_kek', 'sign_in_age')
              -- They name nobody: hashes of tickets, callers and addresses, and hosts of VoiceLive, for a minute.
              AND c.relname NOT IN ('voice_ticket', 'limit_count', 'limit_open', 'voice_quota')
              AND c.relname <> 'audit_event' -- one chain of rows about everybody, for administrators
            """
        )
        found = await cursor.fetchall()
        assert len(found) >= 15
        for table, index, columns in found:
            assert columns[:2] == ["tenant", "owner"], f"{table}: {index}"
        cursor = await connection.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'turn'::regclass")
        assert await cursor.fetchone() == (32,)


async def test_an_owners_turns_are_read_by_index_in_one_partition(
    log: TurnLog, each_database: Database, person: Principal
) -> None:
    await log.append(person, "s", [a_turn("x")])
    async with each_database.pool.connection() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        values = {"tenant": person.tenant, "owner": person.user_id, "after": 0, "limit": 10}
        cursor = await connection.execute("EXPLAIN " + CHANGES, values, prepare=False)
        plan = "\n".join(row[0] for row in await cursor.fetchall())
    assert plan.count("Index Scan using turn_") == 1, plan
    assert "Seq Scan" not in plan
