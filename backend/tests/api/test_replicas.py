"""Calls that go on when their replica does not: killed, stopped, or left by the balancer; and when PostgreSQL restarts.

ENGRAM_SOAK=1 runs each of them 50 times and with 50 calls.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from backend.storage.embedded import EmbeddedServer
from backend.tests.api.conftest import StartService, someone
from backend.tests.api.replicas import SOON, Caller, Town, town
from backend.tests.conftest import DEBIAN_15, StoreSettings, free_port

pytestmark = [
    pytest.mark.skipif(not Path("/usr/sbin/haproxy").exists(), reason="needs haproxy: scripts/setup.sh test"),
    pytest.mark.skipif(not (DEBIAN_15 / "postgres").exists(), reason="needs postgresql-15: scripts/setup.sh test"),
    pytest.mark.timeout(900),  # fifty runs take six minutes
]
SOAK = os.environ.get("ENGRAM_SOAK") == "1"
RUNS = 50 if SOAK else 2
CALLS = 50 if SOAK else 6
QUESTION = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
COUNT = "one two three four five"
ANSWER = f"You said: {QUESTION}."
MS_PER_CHARACTER = 60  # of the scripted voice


@pytest.fixture(scope="module")
async def slow_voice() -> AsyncIterator[str]:
    """A stand-in that speaks twice as fast as one listens, so that there is a middle of an answer."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "local_ai", "--port", "0", "--brain", "scripted",
        env=os.environ | {"SCRIPTED_PACE": "2"}, stdout=PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), SOON)).decode().strip()
    yield line.removeprefix("local_ai ready on ")
    process.terminate()
    await process.wait()


@pytest.fixture(scope="module")
async def two(debian_url: str, tmp_path_factory: pytest.TempPathFactory, slow_voice: str) -> AsyncIterator[Town]:
    """Two replicas on one PostgreSQL."""
    store = StoreSettings(debian_url, tmp_path_factory.mktemp("replicas"))
    async with town(store, slow_voice) as running:
        yield running


async def begin(place: Town, session_id: str, token: str) -> Caller:
    await place.all_up()
    caller = Caller(place.port, session_id, token)
    await caller.of("state", state="ready")
    return caller


async def answered(caller: Caller, content: str) -> None:
    """Type something, and hear the whole answer."""
    mark = len(caller.got)
    await caller.say(content)
    last = await caller.of("transcription", mark, text=f"You said: {content}.", status="complete")
    await caller.of("audio_end", mark, item_id=last["item_id"])
    await caller.hear(3_600_000)


def tell(what: str, took: list[float]) -> None:
    """Print and check how many seconds calls took until they went on."""
    middle, most = sorted(took)[len(took) // 2], max(took)
    print(f"{what}: goes on after {middle:.2f} s in the middle, {most:.2f} s at most, {len(took)} times")  # noqa: T201
    assert most <= 2.0


def check(turns: list[dict[str, Any]], questions: list[str]) -> list[dict[str, Any]]:
    """Check that each question stands once, in order and with an answer behind it; return the answers."""
    assert len({turn["id"] for turn in turns}) == len(turns), "a turn stands twice"
    assert [turn["content"] for turn in turns if turn["role"] == "user"] == questions
    assert turns == sorted(turns, key=lambda turn: turn["timestamp"])
    roles = "".join(turn["role"][0] for turn in turns)
    assert "uu" not in roles, "a question has no answer"
    assert roles.endswith("a")
    return [turn for turn in turns if turn["role"] == "assistant"]


async def test_a_call_goes_on_through_the_other_replica_when_its_own_is_killed_in_mid_answer(two: Town) -> None:
    dice = random.Random(17)
    took: list[float] = []
    for run in range(RUNS):
        token, session_id = someone(), f"killed-{run}"
        caller = await begin(two, session_id, token)
        victim = await two.with_the_call()
        await caller.say(QUESTION)
        moment = dice.uniform(0.0, 1.6)
        if moment > 0.3:
            await caller.of("audio")
            await asyncio.sleep(moment - 0.3)
            await caller.hear(200 + 900 * (moment - 0.3))
        else:
            await asyncio.sleep(moment)
        mark = len(caller.got)
        await victim.kill()
        await caller.of("resumed", mark, complete=False)
        heard = dict(caller.playing or {})
        await victim.start()
        if not heard.get("ended"):  # the question is answered, or its answer goes on
            await caller.of("audio_end", mark + 1)
        await answered(caller, "and then")
        took += caller.back_after[1:]
        await caller.hang_up()
        answers = check(await two.transcript(session_id, token), [QUESTION, "and then"])
        if heard.get("received_ms", 0) > 500:
            [cut] = [turn for turn in answers if turn["id"] == heard["item_id"]]
            assert ANSWER.startswith(cut["content"])
            assert cut["interrupted"] is not heard["ended"]
            assert len(cut["content"]) >= heard["received_ms"] / MS_PER_CHARACTER - 16, "what was heard is stored"
            assert len(cut["content"]) <= heard["received_ms"] / MS_PER_CHARACTER + 16, "and nothing else"
        assert answers[-1]["content"] == "You said: and then."
        if SOAK:
            print(f"run {run}: killed after {moment:.2f} s, back after {took[-1]:.2f} s", flush=True)  # noqa: T201
    tell("killed", took)


async def test_a_call_that_comes_back_through_another_live_replica_is_let_go_by_the_first(two: Town) -> None:
    token = someone()
    caller = await begin(two, "elsewhere", token)
    await answered(caller, "first")
    first = await two.with_the_call()
    [other] = [replica for replica in two.replicas if replica is not first]
    caller.comes_back = False
    moving = Caller(other.port, "elsewhere", token)  # as if the balancer had chosen that one now
    moving.seq, moving.playing = caller.seq, caller.playing
    assert (await moving.of("resumed"))["complete"] is False
    async with asyncio.timeout(SOON):
        while not caller.codes:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert caller.codes[0] == 4410
    await caller.hang_up()
    await answered(moving, "second")
    await moving.hang_up()
    check(await two.transcript("elsewhere", token), ["first", "second"])


async def test_a_call_goes_on_while_postgresql_restarts(
    start_service: StartService, slow_voice: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place, running = tmp_path_factory.mktemp("restarting"), {"listen_addresses": "127.0.0.1", "port": str(free_port())}
    server = EmbeddedServer.attach(place, binaries=DEBIAN_15, settings=running)
    voicelive = {"azure_voicelive_endpoint": slow_voice, "azure_voicelive_key": "k"}
    try:
        async with start_service(database_url=server.conninfo, **voicelive) as service:
            token = someone()
            caller = Caller(service.port, "restart", token)
            await caller.of("state", state="ready")
            took: list[float] = []
            for run in range(RUNS):
                mark = len(caller.got)
                await caller.say(f"{COUNT} {run}")
                await caller.of("audio", mark)
                pid = server.pid
                assert pid is not None
                os.kill(pid, signal.SIGINT)  # "fast": connections are cut, what is committed is written
                async with asyncio.timeout(SOON):
                    while server.pid == pid:  # noqa: ASYNC110 - it is another process
                        await asyncio.sleep(0.02)
                await caller.of("audio_end", mark)
                mark, asked = len(caller.got), asyncio.get_running_loop().time()
                await answered(caller, f"meanwhile {run}")
                took.append((await caller.of("audio", mark))["_at"] - asked)
                again = await asyncio.to_thread(EmbeddedServer.attach, place, binaries=DEBIAN_15, settings=running)
                await answered(caller, f"afterwards {run}")
                again.detach()
            tell("without PostgreSQL", took)
            assert not caller.codes, "nobody noticed"
            assert not [message for message in caller.got if message["type"] == "error"]
            await caller.hang_up()
            headers = {"Authorization": f"Bearer {token}"}
            turns: list[dict[str, Any]] = []
            async with asyncio.timeout(SOON):  # what waited for the database is written within seconds
                while len(turns) < 6 * RUNS:
                    stored = await service.client.get("/api/v1/memory/episodes/restart", headers=headers)
                    turns = stored.json().get("transcript", [])
            said = [[f"{COUNT} {run}", f"meanwhile {run}", f"afterwards {run}"] for run in range(RUNS)]
            check(turns, [words for three in said for words in three])
    finally:
        server.detach()


async def test_sigterm_moves_every_call_to_the_other_replica(two: Town) -> None:
    people = [(f"moved-{number}", someone()) for number in range(CALLS)]
    callers = await asyncio.gather(*(begin(two, session_id, token) for session_id, token in people))
    await asyncio.gather(*(answered(caller, "before") for caller in callers))
    leaving, staying = two.replicas
    moving = await leaving.calls()
    assert moving > 0
    marks = [len(caller.got) for caller in callers]
    talking = [asyncio.create_task(answered(caller, "in between")) for caller in callers]
    await asyncio.gather(*(caller.of("audio", mark) for caller, mark in zip(callers, marks, strict=True)))
    status = await leaving.stop(signal.SIGTERM)
    assert status in (0, -signal.SIGTERM)
    await asyncio.gather(*talking)
    async with asyncio.timeout(SOON):
        while await staying.calls() < CALLS:  # noqa: ASYNC110 - who came back is counted where it came to
            await asyncio.sleep(0.02)
    await asyncio.gather(*(answered(caller, "after") for caller in callers))
    moved = [caller for caller in callers if caller.codes]
    assert len(moved) == moving
    assert all(caller.codes[0] == 4410 for caller in moved), "nobody was just cut off"
    assert all([message for message in caller.got if message["type"] == "moved"] for caller in moved)
    tell("moved", [seconds for caller in moved for seconds in caller.back_after[1:]])
    for (session_id, token), caller in zip(people, callers, strict=True):
        await caller.hang_up()
        answers = check(await two.transcript(session_id, token), ["before", "in between", "after"])
        assert not any(turn["interrupted"] for turn in answers), "the turn was let end"
    await leaving.start()
