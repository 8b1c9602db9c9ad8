"""A memory that is slow, wrong or dead costs an answer its notes, never the answer, and never more than the bound."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from backend.core.context import (
    Channel,
    EnterpriseContext,
    EpisodicLayer,
    OperationalLayer,
    Passage,
    SecurityLayer,
    SemanticLayer,
    Turn,
)
from backend.identity.principal import Principal
from backend.tests.api.conftest import Service, someone


class Faulty:
    """A memory whose call `where` goes wrong in the way `how`."""

    def __init__(self, where: str, how: str) -> None:
        self._where, self._how = where, how
        self.never = asyncio.Event()

    async def _maybe(self, where: str) -> None:
        if where != self._where:
            return
        if self._how == "never answers":
            await self.never.wait()
        if self._how == "swallows cancellation":
            while True:
                try:
                    await self.never.wait()
                    return
                except asyncio.CancelledError:
                    continue
        if self._how == "fails":
            raise ConnectionError("memory is down")
        if self._how == "times out":
            raise TimeoutError
        if self._how == "breaks its promise":
            raise KeyError("facts")

    async def open_context(
        self, principal: Principal, session_id: str, agent_id: str, channel: Channel
    ) -> EnterpriseContext:
        await self._maybe("open")
        return EnterpriseContext(
            SecurityLayer(principal.tenant, principal.user_id, principal.display_name, frozenset(principal.roles)),
            EpisodicLayer(session_id),
            SemanticLayer(),
            OperationalLayer(agent_id, channel),
        )

    async def enrich_context(self, context: EnterpriseContext, query: str, *, add: bool = False) -> None:
        await self._maybe("enrich")

    async def persist_conversation(self, context: EnterpriseContext) -> None:
        await self._maybe("persist")


HOW = ["never answers", "swallows cancellation", "fails", "times out", "breaks its promise"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("where", ["open", "enrich"])
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_reading_that_goes_wrong_costs_no_answer_and_no_time(
    service: Service, where: str, how: str, accept: str
) -> None:
    memory, real = Faulty(where, how), service.services
    service.remember_with(memory)
    try:
        started = time.monotonic()
        answers = await asyncio.gather(
            *(service.ask("Hello", token=someone(), headers={"Accept": accept}) for _ in range(20))
        )
        elapsed = time.monotonic() - started
    finally:
        memory.never.set()
        service.app.state.services = real
    assert [answer.status_code for answer in answers] == [200] * 20
    assert all("Hello" in answer.text for answer in answers)
    assert elapsed < 3


@pytest.mark.parametrize("how", ["fails", "times out", "breaks its promise"])
async def test_writing_that_fails_costs_no_answer(service: Service, how: str) -> None:
    memory, real = Faulty("persist", how), service.services
    service.remember_with(memory)
    try:
        answer = await service.ask("Hello", token=someone())
    finally:
        service.app.state.services = real
    assert answer.status_code == 200


async def test_writing_that_never_ends_holds_the_answer_for_a_bounded_time(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.chat.turn.STORE_WAIT_S", 0.2)
    memory, real = Faulty("persist", "never answers"), service.services
    service.remember_with(memory)
    try:
        started = time.monotonic()
        answer = await service.ask("Hello", token=someone())
        assert time.monotonic() - started < 2
    finally:
        memory.never.set()
        service.app.state.services = real
    assert answer.status_code == 200


async def test_a_hundred_callers_who_leave_during_a_slow_memory_leave_nothing_hanging(service: Service) -> None:
    memory, real = Faulty("enrich", "swallows cancellation"), service.services
    service.remember_with(memory)
    try:
        asking = [asyncio.create_task(service.ask(f"Hello {n}", token=someone())) for n in range(100)]
        await asyncio.wait(asking, timeout=0.2)
        for one in asking[::2]:
            one.cancel()
        _, pending = await asyncio.wait(asking, timeout=10)
    finally:
        memory.never.set()
        service.app.state.services = real
    assert not pending
    assert [one.result().status_code for one in asking[1::2]] == [200] * 50
    assert (await service.ask("And now?", token=someone())).status_code == 200


async def test_what_memory_recalls_reaches_the_answer_as_sources(service: Service) -> None:
    class Knowing(Faulty):
        async def enrich_context(self, context: EnterpriseContext, query: str, *, add: bool = False) -> None:
            said = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
            turn = Turn("t9", "user", "my name is Ada " + "x" * 400, "voice", "elena", said, "earlier")
            context.semantic.passages = [Passage(turn, 1.0)]

    real = service.services
    service.remember_with(Knowing("", ""))
    try:
        answer = (await service.ask("What is my name?", token=someone())).json()
    finally:
        service.app.state.services = real
    assert "Ada" in answer["content"]
    (place,) = answer["recalled"]
    assert (place["turn_id"], place["session_id"], place["said_at"]) == ("t9", "earlier", "2026-01-02T03:04:05.000Z")
    assert len(place["excerpt"]) == 200
