"""Turns are stored beside the call: in order, each once, and again until memory takes them."""

import asyncio
from datetime import UTC, datetime

import pytest

from backend.core.context import (
    Channel,
    EnterpriseContext,
    EpisodicLayer,
    OperationalLayer,
    SecurityLayer,
    SemanticLayer,
    Turn,
)
from backend.identity.principal import Principal
from backend.voice.words import keeper as keeper_module
from backend.voice.words.keeper import Keeper

ADA = Principal("t", "ada", "Ada", frozenset({"engram.user"}))


class Store:
    """A memory that fails as often as told, and hands over to others while it writes."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.turns: dict[str, Turn] = {}
        self.order: list[str] = []
        self.writing = asyncio.Event()
        self.may_write = asyncio.Event()
        self.may_write.set()

    async def open_context(
        self, principal: Principal, session_id: str, agent_id: str, channel: Channel
    ) -> EnterpriseContext:
        raise NotImplementedError

    async def persist_conversation(self, context: EnterpriseContext) -> None:
        self.writing.set()
        await self.may_write.wait()
        if self.failures:
            self.failures -= 1
            raise ConnectionError("no store")
        for turn in context.episodic.unsaved:
            if turn.id not in self.turns:
                self.order.append(turn.id)
            self.turns[turn.id] = turn
        context.episodic.unsaved.clear()

    async def amend_turn(self, principal: Principal, turn: Turn) -> None:
        assert turn.id in self.turns
        self.turns[turn.id] = turn


def said(name: str, content: str = "words") -> Turn:
    return Turn(name, "user", content, "voice", "elena", datetime.now(UTC), "s")


def context() -> EnterpriseContext:
    return EnterpriseContext(
        SecurityLayer("t", "ada", "Ada", frozenset()),
        EpisodicLayer("s"),
        SemanticLayer(),
        OperationalLayer("elena", "voice"),
    )


async def test_turns_that_come_during_a_write_are_stored_by_the_next_one() -> None:
    store = Store()
    keeper = Keeper(store, ADA, context())
    running = asyncio.create_task(keeper.run())
    store.may_write.clear()
    keeper.keep([said("1")])
    await asyncio.wait_for(store.writing.wait(), 1)
    keeper.keep([said("2"), said("3")])
    store.may_write.set()
    await keeper.finish(1)
    assert store.order == ["1", "2", "3"]
    assert [turn.id for turn in keeper.context.episodic.turns] == ["1", "2", "3"]
    running.cancel()


async def test_a_memory_that_fails_gets_the_turns_when_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(failures=2)
    monkeypatch.setattr(keeper_module, "RETRY_S", (0.01,))
    keeper = Keeper(store, ADA, context())
    running = asyncio.create_task(keeper.run())
    keeper.keep([said("1")])
    keeper.keep([said("2")])
    await keeper.finish(2)
    assert store.order == ["1", "2"]
    running.cancel()


async def test_a_correction_reaches_the_store_after_the_turn_and_the_context_at_once() -> None:
    store = Store()
    keeper = Keeper(store, ADA, context())
    running = asyncio.create_task(keeper.run())
    store.may_write.clear()
    keeper.keep([said("1", "all of it")])
    await asyncio.wait_for(store.writing.wait(), 1)
    keeper.amend(said("1", "part"))
    assert keeper.context.episodic.turns[0].content == "part"
    store.may_write.set()
    await keeper.finish(1)
    assert store.turns["1"].content == "part"
    running.cancel()


async def test_the_end_of_a_call_does_not_wait_for_a_dead_memory_for_ever() -> None:
    store = Store()
    store.may_write.clear()
    keeper = Keeper(store, ADA, context())
    running = asyncio.create_task(keeper.run())
    keeper.keep([said("1")])
    before = asyncio.get_running_loop().time()
    await keeper.finish(0.1)
    assert asyncio.get_running_loop().time() - before < 1
    running.cancel()


async def test_an_answer_that_nobody_heard_is_withdrawn_and_comes_back_where_it_was_said() -> None:
    store = Store()
    keeper = Keeper(store, ADA, context())
    running = asyncio.create_task(keeper.run())
    draft = said("1", "all of it")._replace(role="assistant")
    keeper.keep([draft])
    await keeper.finish(1)
    keeper.keep([draft._replace(content="", unheard="all of it", interrupted=True), said("2")])
    await keeper.finish(1)
    assert [turn.id for turn in keeper.context.episodic.turns] == ["2"]
    assert store.turns["1"].content == ""
    keeper.amend(draft)
    await keeper.finish(1)
    assert [turn.id for turn in keeper.context.episodic.turns] == ["1", "2"]
    assert store.turns["1"] == draft
    assert store.order == ["1", "2"]
    running.cancel()


async def test_an_answer_that_was_never_stored_because_nobody_heard_it_is_stored_once_it_goes_on() -> None:
    store = Store()
    keeper = Keeper(store, ADA, context())
    running = asyncio.create_task(keeper.run())
    answer = said("1", "spoken after all")._replace(role="assistant")
    keeper.keep([answer._replace(content="", unheard="spoken after all", interrupted=True), said("2")])
    await keeper.finish(1)
    assert store.order == ["2"]
    keeper.amend(answer)
    await keeper.finish(1)
    assert store.turns["1"] == answer
    running.cancel()
