"""Notices between replicas: heard quickly, told after a gap, cheap, and nobody's name in them."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from backend.storage import notices as room
from backend.storage.database import Database
from backend.storage.embedded import EmbeddedServer
from backend.storage.notices import Notices, mark_of
from backend.tests.conftest import StoreSettings

SOON = 20.0


class Ear:
    """Collects what is heard."""

    def __init__(self) -> None:
        self.marks: list[str | None] = []
        self._more = asyncio.Event()

    def __call__(self, mark: str | None) -> None:
        self.marks.append(mark)
        self._more.set()

    async def hear(self, mark: str | None, times: int = 1) -> None:
        """Wait until a mark has been heard so often."""
        async with asyncio.timeout(SOON):
            while self.marks.count(mark) < times:
                self._more.clear()
                await self._more.wait()


@pytest_asyncio.fixture
async def pair(each_database: Database) -> AsyncIterator[tuple[Notices, Notices]]:
    """Two replicas' notices."""
    made = Notices(each_database), Notices(each_database)
    yield made
    for each in made:
        await each.close()
        await each.close()


async def test_what_one_replica_tells_every_replica_hears(pair: tuple[Notices, Notices]) -> None:
    ears = [Ear(), Ear(), Ear()]
    pair[0].listen("news", ears[0])
    pair[1].listen("news", ears[1])
    pair[1].listen("other", ears[2])
    for each in pair:
        each.start()
    await asyncio.gather(*(ear.hear(None) for ear in ears))  # told to assume a gap: nothing before was heard
    mark = mark_of("tenant", "owner")
    pair[0].tell("news", mark)
    await asyncio.gather(ears[0].hear(mark), ears[1].hear(mark))
    pair[1].tell("other", mark)
    await ears[2].hear(mark)
    assert ears[1].marks == [None, mark]


async def test_many_marks_of_one_owner_become_one_notice(pair: tuple[Notices, Notices]) -> None:
    ear = Ear()
    pair[0].listen("news", ear)
    pair[0].start()
    await ear.hear(None)
    for _ in range(1_000):
        pair[1].tell("news", "busy")
    pair[1].tell("news", "last")
    await ear.hear("last")
    assert ear.marks.count("busy") == 1


async def test_a_lost_connection_is_made_again_and_the_gap_is_told(
    pair: tuple[Notices, Notices], each_database: Database
) -> None:
    ear = Ear()
    pair[0].listen("news", ear)
    pair[0].start()
    await ear.hear(None)
    with psycopg.connect(each_database.conninfo, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname = current_database() AND pid <> pg_backend_pid()"
        )
    await ear.hear(None, 2)
    pair[1].tell("news", "after")
    await ear.hear("after")


async def test_a_silent_connection_is_asked_whether_it_lives(
    pair: tuple[Notices, Notices], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_ALIVE_SECONDS", 0.01)
    ear = Ear()
    pair[0].listen("news", ear)
    pair[0].start()
    await ear.hear(None)
    for number in range(20):
        pair[1].tell("news", f"mark {number}")
        await ear.hear(f"mark {number}")
    assert ear.marks.count(None) == 1


async def test_a_faulty_listener_does_not_make_the_others_deaf(
    pair: tuple[Notices, Notices], caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(_: str | None) -> None:
        raise ValueError("wrong")

    ear = Ear()
    pair[0].listen("news", faulty)
    pair[0].listen("news", ear)
    pair[0].start()
    pair[1].tell("news", "mark")
    await ear.hear(None)
    pair[1].tell("news", "again")
    await ear.hear("again")
    assert "A listener failed" in caplog.text


async def test_a_database_that_is_away_is_heard_again_and_telling_never_waits(tmp_path: Path) -> None:
    database = await Database.open(StoreSettings("", tmp_path))
    assert database.server is not None
    notices, ear = Notices(database), Ear()
    notices.listen("news", ear)
    notices.start()
    try:
        await ear.hear(None)
        database.server.detach()
        begun = time.monotonic()
        for number in range(100):
            notices.tell("news", f"lost {number}")
        assert time.monotonic() - begun < 1
        database.server = await asyncio.to_thread(EmbeddedServer.attach, tmp_path / "postgres")
        await ear.hear(None, 2)
        async with asyncio.timeout(SOON):
            while "back" not in ear.marks:  # the pool, too, must find its way back
                notices.tell("news", "back")
                await asyncio.sleep(0.05)
    finally:
        await notices.close()
        await database.close()


def test_a_mark_names_nobody_and_no_two_owners_share_one() -> None:
    marks = {mark_of(*who) for who in (("a", "bc"), ("ab", "c"), ("", "abc"), ("abc", ""), ("1:a", "bc"))}
    assert len(marks) == 5
    assert all(len(mark) == 32 and int(mark, 16) >= 0 for mark in marks)
    assert "ada" not in mark_of("tenant", "ada@example.org")
