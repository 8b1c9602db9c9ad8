"""Two replicas and one quota of VoiceLive: what one has opened the other counts, and neither needs the other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg
import pytest

from backend.storage.database import Database
from backend.tests.api.conftest import StartService, someone
from backend.tests.api.replicas import Caller
from backend.tests.conftest import StoreSettings
from backend.tests.voice.relay import Relay
from backend.voice.voicelive.shared_quota import AWAY_S, SharedQuota

QUOTA = 5
"""Connections a minute, four of them for new calls."""


@pytest.fixture
async def relay(gateway: str) -> AsyncIterator[Relay]:
    async with Relay(gateway.removesuffix("/openai/v1")).running() as running:
        yield running


@pytest.fixture
async def database(store_settings: StoreSettings) -> AsyncIterator[Database]:
    """The database of both, with a quota nobody has used."""
    opened = await Database.open(store_settings)
    await opened.run(lambda connection: connection.execute("DELETE FROM voice_quota"))
    yield opened
    await opened.run(lambda connection: connection.execute("DELETE FROM voice_quota"))
    await opened.close()


@pytest.fixture
async def two(start_service: StartService, relay: Relay, database: Database) -> AsyncIterator[tuple[int, int]]:
    """The ports of two services."""
    settings = {
        "azure_voicelive_endpoint": relay.url, "azure_voicelive_key": "k", "voice_connections_per_minute": QUOTA,
    }  # fmt: skip
    async with start_service(**settings) as first, start_service(**settings) as second:
        yield first.port, second.port


async def test_replicas_share_the_quota_and_who_finds_it_used_up_waits_and_sees_its_place(
    two: tuple[int, int], relay: Relay
) -> None:
    async with contextlib.AsyncExitStack() as calls:

        async def call(port: int, session_id: str) -> Caller:
            caller = Caller(port, session_id, someone())
            calls.push_async_callback(caller.hang_up)
            return caller

        for number in range(3):
            await (await call(two[0], f"first-{number}")).of("state", state="ready")
        await (await call(two[1], "second-0")).of("state", state="ready")
        waiting = await call(two[1], "second-1")
        told = await waiting.of("state", state="waiting")
        assert told["place"] == 1
        assert 40 <= told["seconds"] <= 60
        elsewhere = await call(two[0], "first-3")
        await elsewhere.of("state", state="waiting", place=1)
        assert len(relay.legs) == 4
        assert not [message for message in waiting.got + elsewhere.got if message["type"] == "error"]


async def test_a_database_that_does_not_answer_holds_up_one_call_for_a_moment_and_the_others_not_at_all(
    two: tuple[int, int], database: Database
) -> None:
    async with await psycopg.AsyncConnection.connect(database.conninfo) as held:
        await held.execute("LOCK TABLE voice_quota IN ACCESS EXCLUSIVE MODE")
        for number in range(4):
            caller = Caller(two[0], f"held-{number}", someone())
            ready = await caller.of("state", state="ready")
            began = caller.got[0]["_at"]
            assert ready["_at"] - began < 2.0
            await caller.hang_up()
        waiting = Caller(two[0], "held-4", someone())
        await waiting.of("state", state="waiting", place=1)  # this process still keeps the quota
        await waiting.hang_up()
        await held.rollback()


async def test_the_last_place_goes_to_one_of_those_who_ask_at_once(database: Database) -> None:
    shared = SharedQuota(database)
    granted = [await shared.take("one.example.org", 3) for _ in range(2)]
    granted += await asyncio.gather(*(shared.take("one.example.org", 3) for _ in range(8)))
    assert [told is not None and told.granted for told in granted].count(True) == 3
    last = await shared.take("one.example.org", 3)
    assert last is not None
    assert len(last.ages) == 3
    assert last.ages == sorted(last.ages, reverse=True)
    assert all(0 <= age < 5 for age in last.ages)
    other = await shared.take("two.example.org", 3)
    assert other is not None
    assert other.granted


async def test_what_is_older_than_a_minute_counts_no_more(database: Database) -> None:
    shared = SharedQuota(database)
    taken = (
        "ARRAY(SELECT extract(epoch FROM clock_timestamp())::float8 - age FROM unnest(ARRAY[120, 61, 59, 5]) AS age)"
    )
    await database.run(
        lambda connection: connection.execute(f"INSERT INTO voice_quota VALUES ('one.example.org', {taken})")
    )
    told = await shared.take("one.example.org", 3)
    assert told is not None
    assert told.granted
    assert [round(age) for age in told.ages] == [59, 5, 0]
    refused = await shared.take("one.example.org", 3)
    assert refused is not None
    assert not refused.granted


async def test_while_the_database_is_away_nobody_asks_it(
    store_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await Database.open(store_settings)
    await database.close()
    shared = SharedQuota(database)
    assert await shared.take("one.example.org", 3) is None
    asked = 0

    async def counted(*given: object, **named: object) -> None:
        nonlocal asked
        asked += 1

    monkeypatch.setattr(database, "run", counted)
    assert await shared.take("one.example.org", 3) is None
    assert asked == 0
    shared._away_until -= AWAY_S
    await shared.take("one.example.org", 3)
    assert asked == 1
