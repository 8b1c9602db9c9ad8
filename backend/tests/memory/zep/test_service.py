"""Zep as the process has it: opened from the settings, fed by the log's followers, and honest about how it is doing."""

from collections.abc import AsyncIterator
from dataclasses import asdict

import pytest

from backend.identity.principal import Principal
from backend.memory.followers import Followers
from backend.memory.log import TurnLog
from backend.memory.zep.delivery import user_id
from backend.memory.zep.service import NOT_CONFIGURED, Zep
from backend.storage.database import Database
from backend.storage.keys import KeyRing
from backend.tests.conftest import a_turn
from backend.tests.memory.zep.conftest import Chosen
from backend.tests.memory.zep.stub import KEY, ZepStub


@pytest.fixture
async def stub() -> AsyncIterator[ZepStub]:
    """A v3 server."""
    made = ZepStub("v3")
    await made.start()
    yield made
    await made.stop()
    assert made.violations == []


@pytest.fixture
async def zep(stub: ZepStub, database: Database) -> AsyncIterator[Zep]:
    """Our side of it, as the service opens it."""
    opened = Zep.open(Chosen("v3", stub.url, KEY), database)
    assert opened is not None
    yield opened
    await opened.close()


def test_without_settings_there_is_none_and_the_status_says_so(database: Database) -> None:
    assert Zep.open(Chosen("v3", "", ""), database) is None
    assert not NOT_CONFIGURED.configured


async def test_the_log_reaches_zep_through_its_follower(
    stub: ZepStub, zep: Zep, database: Database, keys: KeyRing, person: Principal
) -> None:
    log = TurnLog(database, keys)
    turns = await log.append(person, "s", [a_turn("hello"), a_turn("good day", "assistant")])
    left = ["500_after", "500", "429"]
    stub.retry_after = "0"
    stub.fault = lambda method, _path: left.pop() if left and method == "POST" else ""
    followers = Followers(database, log, [zep.delivery])
    followers.nudge(person)
    await stub.until(lambda: len(stub.contents()) == 2)
    await followers.close()
    assert stub.contents() == [turn.content for turn in turns]
    assert {user["user_id"] for user in stub.users.values()} == {user_id(person)}


async def test_the_status_tells_whether_zep_is_there_and_why_not(stub: ZepStub, zep: Zep) -> None:
    well = await zep.status()
    assert (well.configured, well.dialect, well.reachable, well.breaker, well.last_error) == (
        True, "v3", True, "closed", "",
    )  # fmt: skip
    stub.fault = lambda _method, _path: "500"
    for _ in range(5):
        ill = await zep.status()
    assert (ill.reachable, ill.breaker, ill.last_error) == (False, "open", "server")


async def test_the_status_holds_no_secret(stub: ZepStub, zep: Zep) -> None:
    stub.fault = lambda _method, _path: "non_json"
    told = str(asdict(await zep.status()))
    assert KEY not in told
    assert stub.url not in told


async def test_what_zep_has_not_been_given_yet_is_counted(
    zep: Zep, database: Database, keys: KeyRing, person: Principal
) -> None:
    before = (await zep.status()).waiting
    await TurnLog(database, keys).append(person, "s", [a_turn("one"), a_turn("two")])
    assert (await zep.status()).waiting == before + 2
