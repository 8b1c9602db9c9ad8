"""A conversation does not feel a Zep that fails: it asks early, goes on without, and delivery runs beside it."""

import asyncio
import contextlib
import statistics
import sys
import time
from collections.abc import AsyncIterator

import pytest

from backend.core.context import Channel
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory.recall import Memory
from backend.memory.zep.delivery import user_id
from backend.memory.zep.ledger import Ledger
from backend.memory.zep.service import Zep
from backend.storage.database import Database
from backend.tests.conftest import a_turn
from backend.tests.memory.zep.conftest import Chosen
from backend.tests.memory.zep.stub import KEY

TURNS = 20
ROUNDS = 6
SLOWER_SECONDS = 0.005


@contextlib.asynccontextmanager
async def zep_apart(fault: str, person: Principal, database: Database) -> AsyncIterator[Zep]:
    """A Zep whose server runs in a process of its own: what it costs there is not what a conversation feels."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "backend.tests.memory.zep.stub", "v3", fault, user_id(person),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    url = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
    zep = Zep.open(Chosen("v3", url, KEY), database)
    assert zep is not None
    yield zep
    await zep.close()
    await process.communicate(b"")


async def a_turn_of_talk(memory: Memory, person: Principal, channel: Channel, zep: Zep | None) -> float:
    """Do what a chat turn or a voice turn does with memory, with Zep beside it or not; return the seconds it took."""
    begun = time.perf_counter()
    readings = [zep.reader.facts(person), zep.reader.search(person, "what do I like?")] if zep else []
    context = await memory.open_context(person, "s", "elena", channel)
    await memory.enrich_context(context, "what do I like?")
    for reading in readings:
        await reading.within(0)
    context.add_turn(a_turn("what do I like?", channel=channel))
    await memory.persist_conversation(context)
    return time.perf_counter() - begun


@pytest.mark.parametrize("channel", ["chat", "voice"])
@pytest.mark.parametrize(
    "fault", ["", "404", "429", "500", "stall", "non_json", "reset", "lost", "500_after", "wrong_form"]
)
async def test_no_turn_is_slower_by_more_than_five_milliseconds(
    fault: str, channel: Channel, database: Database, memory: Memory, person: Principal
) -> None:
    async with zep_apart(fault, person, database) as zep:
        await Ledger(database).save_user(person, "v3", user_id(person))
        over = asyncio.Event()

        async def deliver() -> None:
            """The follower beside the conversations, as often as the log's followers try."""
            while not over.is_set():
                with contextlib.suppress(Problem):
                    await zep.delivery.take(person, [a_turn("said", session="s")], deleted=False)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), 0.2)

        follower = asyncio.create_task(deliver())
        slower = []
        for _ in range(ROUNDS):  # the machine may be busy with other things: one quiet round tells
            without, with_it = [], []
            for _ in range(TURNS):
                without.append(await a_turn_of_talk(memory, person, channel, None))
                with_it.append(await a_turn_of_talk(memory, person, channel, zep))
            # The quicker quarter: what Zep adds it adds to every turn, and what else the machine does only to some.
            slower.append(statistics.quantiles(with_it)[0] - statistics.quantiles(without)[0])
            if slower[-1] < SLOWER_SECONDS:
                break
        over.set()
        await follower
        print(f"{fault or 'well'} {channel}: {slower[-1] * 1000:+.2f} ms")  # noqa: T201 - for the bench of the reader
    assert min(slower) < SLOWER_SECONDS, slower
