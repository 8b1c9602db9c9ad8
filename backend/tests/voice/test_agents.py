"""Switching the agent in a call: another voice, the same conversation."""

import itertools
from datetime import UTC, datetime

import pybase64
import pytest

from backend.core.context import Fact
from backend.tests.voice.conftest import UTTERANCE, Phone, Service, StartService, silence, tone
from backend.tests.voice.test_call import answered


def pitch(phone: Phone, item_id: str) -> float:
    """Return the pitch in Hz of an answer's steady tone, by counting its zero crossings."""
    sound = b"".join(pybase64.b64decode(m["data"]) for m in phone.all("audio") if m["item_id"] == item_id)
    samples = [sample for sample in memoryview(sound).cast("h") if abs(sample) > 200]
    crossings = sum((a < 0) != (b < 0) for a, b in itertools.pairwise(samples))
    return crossings / 2 / (len(sound) / 2 / 24_000)


async def test_the_other_agent_has_another_voice_and_knows_what_was_said(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="text", content="My name is Ada")
    elena = await answered(phone)
    mark = len(phone.got)
    await phone.send(type="agent", agent_id="marcus")
    switched = await phone.of("agent_switched", mark, agent_id="marcus")
    mark = phone.got.index(switched)
    await phone.send(type="text", content="What is my name?")
    reply = await phone.of("transcription", mark, speaker="assistant", status="complete")
    assert (reply["text"], reply["agent_id"]) == ("Your name is Ada.", "marcus")
    marcus = await answered(phone, mark)
    assert pitch(phone, elena) == pytest.approx(220, rel=0.1)
    assert pitch(phone, marcus) == pytest.approx(150, rel=0.1)
    await phone.hang_up()
    await service.idle()
    assert [t.agent_id for t in service.memory.transcript] == ["elena", "elena", "marcus", "marcus"]


async def test_what_was_spoken_is_known_to_the_next_agent_and_speech_goes_to_the_next_one(service: Service) -> None:
    phone = await service.ready()
    await phone.speak(UTTERANCE)
    await answered(phone)
    mark = len(phone.got)
    await phone.send(type="agent", agent_id="marcus")
    await phone.speak(silence(300) + tone(600) + silence(1500))
    reply = await phone.of("transcription", mark, speaker="assistant", status="complete", agent_id="marcus")
    assert reply["text"].startswith("You said: utterance")


async def test_what_memory_knows_survives_the_switch(service: Service) -> None:
    service.memory.facts = [Fact("t0", "my name is Grace", datetime.now(UTC))]
    phone = await service.ready()
    for agent in ("marcus", "elena"):
        mark = len(phone.got)
        await phone.send(type="text", content="What is my name?")
        reply = await phone.of("transcription", mark, speaker="assistant", status="complete")
        assert reply["text"] == "Your name is Grace."
        await phone.of("audio_end", mark)
        await phone.send(type="agent", agent_id=agent)
        await phone.of("agent_switched", mark, agent_id=agent)
    await phone.send(type="text", content="What is my name?")
    await phone.of("transcription", mark, speaker="assistant", status="complete", text="Your name is Grace.")


async def test_the_agent_named_in_the_address_answers_first(service: Service) -> None:
    phone = await service.ready(query="?agent_id=marcus")
    assert phone.got[0]["agent_id"] == "marcus"
    await phone.send(type="text", content="hello")
    assert pitch(phone, await answered(phone)) == pytest.approx(150, rel=0.1)


async def test_the_agent_message_that_a_client_sends_on_opening_changes_nothing(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="agent", agent_id="elena")
    await phone.of("agent_switched", 1, agent_id="elena")
    await phone.speak(UTTERANCE)
    await answered(phone)
    assert not phone.all("error")


async def test_before_the_first_sound_the_voice_is_changed_on_the_same_connection(start_service: StartService) -> None:
    async with start_service(voice_connections_per_minute=1) as service:
        phone = await service.ready()
        await phone.send(type="agent", agent_id="marcus")
        await phone.of("agent_switched", agent_id="marcus")
        await phone.send(type="text", content="hello")
        assert pitch(phone, await answered(phone)) == pytest.approx(150, rel=0.1)


async def test_a_switch_that_fails_leaves_the_first_agent_in_the_call(start_service: StartService) -> None:
    async with start_service(voice_connections_per_minute=1) as service:
        phone = await service.ready()
        await phone.send(type="text", content="hello")
        await answered(phone)
        mark = len(phone.got)
        await phone.send(type="agent", agent_id="marcus")
        refusal = await phone.of("error", mark)
        assert (refusal["code"], refusal["retryable"]) == ("too_many_connections", True)
        await phone.send(type="text", content="still there?")
        # The first answer may be told once more meanwhile, cut where the switch was asked for.
        answer = {"speaker": "assistant", "status": "complete", "text": "You said: still there?."}
        assert (await phone.of("transcription", mark, **answer))["agent_id"] == "elena"
