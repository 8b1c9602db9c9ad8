"""A store that is slow, wrong or silent costs a conversation its notes, not its answer; and nothing said is lost."""

import asyncio
import gc
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.core.context import Turn
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory import recall
from backend.memory.cache import OwnerMemory
from backend.memory.log import Changes, Episode, Snapshot, TurnLog
from backend.memory.outbox import Outbox
from backend.memory.recall import Memory
from backend.storage.database import Database
from backend.storage.keys import KeyRing
from backend.tests.conftest import StoreSettings, a_person, a_turn
from backend.tests.storage.freezing import frozen

QUICK = StoreSettings("", Path("unused"), memory_timeout_ms=50)


class Ledger:
    """A log in memory that behaves, until `fault` says otherwise."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.turns: list[Turn] = []
        self.batches: list[list[str]] = []
        self.chance = random.Random(1)

    async def snapshots(self, principal: Principal) -> list[Snapshot]:
        return []

    async def save_snapshot(self, principal: Principal, number: int, upto_seq: int, blob: bytes, *, epoch: int) -> bool:
        return False

    async def vectors(self, principal: Principal, turn_ids: Sequence[str]) -> dict[str, bytes]:
        return {}

    async def save_vectors(self, principal: Principal, vectors: Mapping[str, bytes]) -> None:
        return

    async def turn(self, principal: Principal, turn_id: str) -> Turn:
        return next(turn for turn in self.turns if turn.id == turn_id)

    async def _misbehave(self) -> Any:
        fault = self.fault
        if fault == "any":
            fault = self.chance.choice(["", "", "slow", "raises", "down", "garbage", "never"])
        if fault == "never":
            await asyncio.Event().wait()
        if fault == "slow":
            await asyncio.sleep(0.2)
        if fault == "raises":
            raise ValueError("wrong")
        if fault == "down":
            raise Problem(503, "database_unavailable", "Database unavailable", "down", retryable=True)
        return {"garbage": "no answer", "half": Changes(0, 5, ["no turn"]), "full": Changes(0, 9, [])}.get(fault)  # type: ignore[list-item]

    async def changes(self, principal: Principal, after: int, limit: int) -> Changes:
        wrong = await self._misbehave()
        if self.fault == "full":
            return Changes(0, 9, [a_turn("again")._replace(seq=0)] * limit)
        if self.fault == "flapping":
            return Changes(random.randrange(10**9), 9, [])
        if wrong is not None:
            return wrong  # type: ignore[no-any-return]
        return Changes(0, len(self.turns), [turn for turn in self.turns if turn.seq > after][:limit])

    async def append_all(self, principal: Principal, turns: Sequence[Turn], *, durable: bool = True) -> list[Turn]:
        wrong = await self._misbehave()
        if wrong is not None:
            return wrong  # type: ignore[no-any-return]
        self.batches.append([turn.id for turn in turns])
        known = {turn.id: turn for turn in self.turns}
        for turn in turns:
            if turn.id not in known:
                known[turn.id] = turn._replace(seq=len(self.turns) + 1)
                self.turns.append(known[turn.id])
        return [known[turn.id] for turn in turns]

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
        await self._misbehave()
        for place, turn in enumerate(self.turns):
            if turn.id == turn_id:
                self.turns[place] = turn._replace(content=content, unheard=unheard, interrupted=interrupted)
                return self.turns[place]
        raise Problem(404, "not_found", "Not found", "gone")

    async def episodes(
        self, principal: Principal, limit: int = 20, before: str | None = None, **demands: Any
    ) -> tuple[list[Episode], str | None]:
        return [], None

    async def transcript(self, principal: Principal, session_id: str) -> list[Turn]:
        await self._misbehave()
        return [turn for turn in self.turns if turn.session_id == session_id]

    async def delete(self, principal: Principal, session_id: str) -> None:
        self.turns = [turn for turn in self.turns if turn.session_id != session_id]


async def a_chat_turn(memory: Memory, person: Principal, session: str, text: str = "I like tea") -> str:
    context = await memory.open_context(person, session, "elena", "chat")
    await memory.enrich_context(context, "what do I like?")
    context.add_turn(a_turn(text))
    context.add_turn(a_turn("So do I.", "assistant"))
    await memory.persist_conversation(context)
    return context.semantic.degraded


@pytest.mark.parametrize("fault", ["never", "slow", "raises", "down", "garbage", "half", "full", "flapping"])
async def test_a_conversation_goes_on_and_says_that_memory_is_degraded(fault: str, person: Principal) -> None:
    memory = Memory(Ledger(fault), QUICK)
    begun = time.monotonic()
    context = await memory.open_context(person, "s", "elena", "voice")
    assert context.semantic.degraded
    assert context.episodic.session_id == "s"
    await memory.enrich_context(context, "what do I like?")
    assert context.semantic.degraded
    assert context.semantic.passages == []
    context.add_turn(a_turn("spoken", channel="voice"))
    await memory.persist_conversation(context)
    assert time.monotonic() - begun < 1


class Late(Exception):
    """A fault of one test alone."""


class TooLate(Ledger):
    async def _misbehave(self) -> Any:
        raise Late


async def test_a_read_that_fails_when_nobody_waits_any_more_is_no_news(person: Principal) -> None:
    loop = asyncio.get_running_loop()
    news: list[object] = []
    loop.set_exception_handler(lambda _, context: news.append(context.get("exception")))
    try:
        reading = OwnerMemory(person, TooLate()).refresh()
        await asyncio.wait([reading])
        del reading
        gc.collect()
        await asyncio.sleep(0)
    finally:
        loop.set_exception_handler(None)
    assert not [failure for failure in news if isinstance(failure, Late)]  # the collector may find others' as well


@pytest.mark.parametrize(
    ("fault", "requests"),
    [*((fault, 1_000) for fault in ("never", "slow", "raises", "down", "garbage")), ("any", 5_000)],
)
async def test_none_of_ten_thousand_requests_hangs(fault: str, requests: int) -> None:
    ledger = Ledger(fault)
    memory = Memory(ledger, QUICK)
    people = [a_person(f"P{number}") for number in range(100)]
    at_once = asyncio.Semaphore(200)
    slowest = 0.0

    async def request(number: int) -> None:
        nonlocal slowest
        async with at_once:
            begun = time.monotonic()
            await a_chat_turn(memory, people[number % 100], f"s{number % 300}")
            slowest = max(slowest, time.monotonic() - begun)

    tasks = [asyncio.create_task(request(number)) for number in range(requests)]
    done, late = await asyncio.wait(tasks, timeout=100)
    for task in late:
        task.cancel()
    assert not late, f"{len(late)} requests hang"
    for task in done:
        task.result()
    assert slowest < 5
    left = [task for task in asyncio.all_tasks() if not task.done()]
    assert len(left) < 600, "given-up work piles up"
    for queue in memory._outbox._queues.values():
        assert queue.worker is not None
        queue.worker.cancel()


async def test_what_is_known_already_is_used_while_the_store_is_down(person: Principal) -> None:
    ledger = Ledger()
    memory = Memory(ledger, QUICK)
    assert await a_chat_turn(memory, person, "s", "My name is Ada") == ""
    for fault in ("never", "down"):
        ledger.fault = fault
        context = await memory.open_context(person, "s", "elena", "chat")
        assert context.semantic.degraded
        assert [turn.content for turn in context.episodic.turns] == ["My name is Ada", "So do I."]
        context = await memory.open_context(person, "other", "elena", "chat")
        await memory.enrich_context(context, "What is my name?")
        assert "My name is Ada" in [passage.turn.content for passage in context.semantic.passages]
        assert not context.semantic.unanswered


async def test_a_conversation_remembers_itself_while_the_store_is_down(person: Principal) -> None:
    ledger = Ledger("down")
    memory = Memory(ledger, QUICK)
    assert await a_chat_turn(memory, person, "s", "My name is Ada") == recall.LATER
    context = await memory.open_context(person, "s", "elena", "chat")
    assert [turn.content for turn in context.episodic.turns] == ["My name is Ada", "So do I."]
    ledger.fault = ""
    await memory.close(20)
    assert [turn.content for turn in ledger.turns] == ["My name is Ada", "So do I."]


async def test_after_three_silences_nobody_waits_for_a_while_and_then_it_is_tried_again(
    person: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recall, "_BREAK_SECONDS", 0.3)
    ledger = Ledger("never")
    memory = Memory(ledger, QUICK)
    for _ in range(3):
        await memory.open_context(a_person("P"), "s", "elena", "chat")
    begun = time.monotonic()
    for _ in range(100):
        assert (await memory.open_context(person, "s", "elena", "chat")).semantic.degraded
    assert time.monotonic() - begun < 0.2
    ledger.fault = ""
    deadline = time.monotonic() + 5
    while (await memory.open_context(person, "s", "elena", "chat")).semantic.degraded:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_a_store_that_comes_back_gets_everything_in_order_and_once(person: Principal) -> None:
    ledger = Ledger("down")
    memory = Memory(ledger, QUICK)
    context = await memory.open_context(person, "s", "elena", "voice")
    said = [a_turn(f"line {number}", channel="voice") for number in range(50)]
    for turn in said[:30]:
        context.add_turn(turn)
        await memory.persist_conversation(context)
    await memory.amend_turn(person, said[29]._replace(content="line", interrupted=True))
    ledger.fault = "raises"
    for turn in said[30:]:
        context.add_turn(turn)
        await memory.persist_conversation(context)
    ledger.fault = ""
    await memory.close(30)
    assert [turn.id for turn in ledger.turns] == [turn.id for turn in said]
    assert ledger.turns[29].interrupted
    assert memory.turns_lost == 0


async def test_one_owner_with_many_conversations_is_written_in_few_transactions(person: Principal) -> None:
    ledger = Ledger()
    memory = Memory(ledger, QUICK)
    await asyncio.gather(*(a_chat_turn(memory, person, f"s{number}") for number in range(50)))
    assert len(ledger.turns) == 100
    assert len(ledger.batches) < 10


async def test_a_full_queue_refuses_loudly_and_the_turns_stay_with_the_conversation(
    person: Principal, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Ledger("down")
    memory = Memory(ledger, QUICK)
    memory._outbox = Outbox(ledger, limit=2_900)
    context = await memory.open_context(person, "s", "elena", "voice")
    for number in range(5):
        context.add_turn(a_turn(f"line {number} " + "x" * 200))
        await memory.persist_conversation(context)
    assert context.semantic.degraded == recall.LATER
    assert context.episodic.unsaved
    assert memory.turns_lost > 0
    assert "refused" in caplog.text
    ledger.fault = ""
    assert await memory._outbox.drain(20) == 0
    await memory.persist_conversation(context)
    assert await memory._outbox.drain(20) == 0
    assert len(ledger.turns) == 5


async def test_a_turn_that_can_never_be_stored_does_not_hold_up_the_others(person: Principal) -> None:
    class Picky(Ledger):
        async def append_all(self, principal: Principal, turns: Sequence[Turn], *, durable: bool = True) -> list[Turn]:
            if any(turn.content == "poison" for turn in turns):
                raise Problem(500, "not_storable", "Not storable", "no")
            return await super().append_all(principal, turns, durable=durable)

    ledger = Picky()
    outbox = Outbox(ledger)
    futures = [
        outbox.put(person, [a_turn(text, session="s")], durable=False) for text in ("one", "poison", "three", "four")
    ]
    assert await outbox.drain(10) == 0
    assert [turn.content for turn in ledger.turns] == ["one", "three", "four"]
    assert outbox.lost == 1
    assert isinstance(futures[1].exception(), Problem)


async def test_a_correction_of_a_deleted_turn_is_no_loss(person: Principal) -> None:
    outbox = Outbox(Ledger())
    outbox.amend(person, a_turn("never stored"))
    assert await outbox.drain(10) == 0
    assert outbox.lost == 0


async def test_the_end_of_the_process_waits_for_a_bounded_time(
    person: Principal, caplog: pytest.LogCaptureFixture
) -> None:
    memory = Memory(Ledger("down"), QUICK)
    await a_chat_turn(memory, person, "s")
    begun = time.monotonic()
    await memory.close(0.2)
    assert time.monotonic() - begun < 1
    assert "2 turns" in caplog.text
    for queue in memory._outbox._queues.values():
        assert queue.worker is not None
        queue.worker.cancel()


async def test_a_deleted_session_does_not_come_back_from_the_queue(person: Principal) -> None:
    ledger = Ledger("down")
    memory = Memory(ledger, QUICK)
    await a_chat_turn(memory, person, "gone")
    await a_chat_turn(memory, person, "kept")
    ledger.fault = ""
    await memory.delete(person, "gone")
    await memory.close(20)
    assert {turn.session_id for turn in ledger.turns} == {"kept"}


async def test_a_caller_who_leaves_in_the_middle_of_a_read_breaks_nothing(memory: Memory, person: Principal) -> None:
    for wait in (0.0, 0.0005, 0.002):
        leaving = [asyncio.create_task(a_chat_turn(memory, person, f"s{number}")) for number in range(40)]
        await asyncio.sleep(wait)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
    assert await a_chat_turn(memory, person, "after") == ""


async def test_a_database_that_stands_still_is_survived_and_gets_everything_afterwards(
    tmp_path: Path, person: Principal
) -> None:
    database = await Database.open(StoreSettings("", tmp_path))
    assert database.server is not None
    keys = await KeyRing.open(StoreSettings("", tmp_path), database)
    memory = Memory(TurnLog(database, keys), replace(QUICK, memory_timeout_ms=200))
    try:
        assert await a_chat_turn(memory, person, "s", "My name is Ada") == ""
        with frozen(database.server):
            begun = time.monotonic()
            answers = await asyncio.gather(
                *(a_chat_turn(memory, person, f"t{number}", f"I own house number {number}") for number in range(300))
            )
            assert all(answers)
            assert time.monotonic() - begun < 10
            context = await memory.open_context(person, "s", "elena", "chat")
            assert [turn.content for turn in context.episodic.turns] == ["My name is Ada", "So do I."]
        assert await memory._outbox.drain(30) == 0
        found: list[str] = []
        cursor: str | None = None
        while True:
            page, cursor = await memory.episodes(person, 100, cursor)
            found += [episode.id for episode in page]
            if cursor is None:
                break
        assert len(found) == 301
        assert memory.turns_lost == 0
        deadline = time.monotonic() + 10
        while await a_chat_turn(memory, person, "s") != "":
            assert time.monotonic() < deadline, "memory never recovers"
    finally:
        await memory.close()
        await database.close()
