"""Memory beside the call: slow, dead or broken, it costs its notes and never the voice."""

from dataclasses import replace
from datetime import UTC, datetime

from backend.core.context import Turn
from backend.tests.voice.conftest import UTTERANCE, Service, StartService
from backend.tests.voice.test_call import answered
from backend.voice.patience import Patience


async def test_a_memory_that_never_answers_does_not_hold_up_the_call(start_service: StartService) -> None:
    async with start_service(patience=replace(Patience(), store=0.2, tick=0.05), memory_timeout_ms=50) as service:
        service.memory.gate.clear()
        phone = await service.ready()
        await phone.speak(UTTERANCE)
        await answered(phone)
        await phone.hang_up()
        await service.idle()
        assert service.memory.order == []


async def test_a_memory_that_comes_back_gets_every_turn_in_order(service: Service) -> None:
    phone = await service.ready()
    service.memory.fails = True
    await phone.speak(UTTERANCE)
    await answered(phone)
    service.memory.fails = False
    mark = len(phone.got)
    await phone.speak(UTTERANCE)
    await answered(phone, mark)
    await phone.hang_up()
    await service.idle()
    assert [t.content for t in service.memory.transcript] == [
        "utterance 1", "You said: utterance 1.", "utterance 2", "You said: utterance 2.",
    ]  # fmt: skip


async def test_a_memory_that_fails_at_the_start_costs_its_notes_only(service: Service) -> None:
    service.memory.fails = True
    phone = await service.ready()
    await phone.speak(UTTERANCE)
    await answered(phone)
    service.memory.fails = False


async def test_what_was_typed_before_the_call_is_known_in_it(service: Service) -> None:
    service.memory.recent = [
        Turn("c1", "user", "My name is Ada", "chat", "elena", datetime.now(UTC), "s1"),
        Turn("c2", "assistant", "Nice to meet you, Ada.", "chat", "elena", datetime.now(UTC), "s1"),
    ]
    phone = await service.ready()
    await phone.send(type="text", content="What is my name?")
    await phone.of("transcription", speaker="assistant", status="complete", text="Your name is Ada.")
    await phone.hang_up()
    await service.idle()
    assert "c1" not in service.memory.order, "what was replayed is not stored again"
    assert len(service.memory.order) == 2
