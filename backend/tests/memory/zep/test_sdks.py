"""The real SDKs read from the server what Engram has written to it."""

import asyncio
import json
import os
from typing import Any

import pytest

from backend.identity.principal import Principal
from backend.memory.zep.delivery import session_name, user_id
from backend.memory.zep.port import ZepError
from backend.storage.database import Database
from backend.tests.conftest import a_turn
from backend.tests.memory.zep import sdks
from backend.tests.memory.zep.conftest import Bench, a_bench
from backend.tests.memory.zep.stub import KEY

SECONDS = 120  # importing an SDK takes its time on a busy machine


async def read_by_sdk(zep: Bench, person: Principal, query: str) -> dict[str, Any]:
    """Return what the dialect's SDK reads of the person's session "s"."""
    dialect = zep.port.dialect
    try:
        python = await asyncio.to_thread(sdks.python_of, dialect)
    except sdks.NotInstallable as error:
        pytest.skip(f"the SDK cannot be installed here: {error}")
    session = await zep.ledger.session(person, "s", dialect)
    assert session is not None
    process = await asyncio.create_subprocess_exec(
        str(python), str(sdks.HERE / f"reads_{dialect}.py"), zep.stub.base, KEY, user_id(person), session, query,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith(("ZEP_", "PYTHON"))},
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0, err.decode()[-2_000:]
    read: dict[str, Any] = json.loads(out)
    return read


@pytest.mark.parametrize("dialect", sdks.SDKS)
async def test_the_sdk_reads_what_engram_wrote(dialect: Any, database: Database, person: Principal) -> None:
    async for zep in a_bench(dialect, database):
        turns = [
            a_turn(f"number {number}: café 日本 🙂", "assistant" if number % 2 else "user", session="s")._replace()
            for number in range(45)
        ]
        turns[1] = turns[1]._replace(interrupted=True, unheard=" and more", channel="voice")
        left = ["lost", "500_after"]
        zep.stub.fault = lambda method, path, left=left: (  # type: ignore[misc]  # bound at once
            left.pop() if left and method == "POST" and path.endswith(("/messages", "/memory")) else ""
        )
        while True:
            try:
                await zep.delivery.take(person, turns, deleted=False)
            except ZepError:
                zep.clock.advance(60)
            else:
                break
        zep.stub.add_edge(user_id(person), "Ada plays the cello")
        zep.stub.add_edge(user_id(person), "Ada has a dog")
        read = await read_by_sdk(zep, person, "who plays the cello")

        assert read["user"] == user_id(person)
        assert len(read["sessions"]) == 1
        if dialect != "v4":
            assert read["sessions"] == [session_name(person, "s")]
        assert [message[3] for message in read["messages"]] == [turn.content for turn in turns]
        assert [message[1] for message in read["messages"]] == [turn.role for turn in turns]
        assert [message[2] for message in read["messages"]][:2] == ["Ada", "elena"]
        said = [message[5]["said_at"] if dialect == "ce" else message[4] for message in read["messages"]]
        assert said == [turn.said_at.isoformat() for turn in turns]
        assert [message[5]["engram_turn"] for message in read["messages"]] == [turn.id for turn in turns]
        assert [message[5]["interrupted"] for message in read["messages"]][:3] == [False, True, False]
        kept = await zep.ledger.deliveries(person, [turn.id for turn in turns])
        assert [message[0] for message in read["messages"]] == [kept[turn.id].message_uuids[0] for turn in turns]
        assert set(read["facts"]) == {"Ada plays the cello", "Ada has a dog"}
        assert read["found"][0] == "Ada plays the cello"

        # And our own reading is the SDK's.
        ours = await zep.reader.search(person, "who plays the cello").within(10)
        assert [fact.text for fact in ours] == read["found"]
        context = await zep.port.context((await zep.ledger.session(person, "s", dialect)) or "")
        assert context == (read["context"] or "")
