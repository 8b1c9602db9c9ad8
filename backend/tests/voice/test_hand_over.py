"""One agent hands over to another in a running call: how long it takes, whose voice it is, and that nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from backend.tests.voice.conftest import UTTERANCE, Phone, Service, StartService, silence, tone
from backend.tests.voice.test_agents import pitch
from backend.tests.voice.test_call import answered
from backend.tests.voice.test_errands import LOOK, NEW, NO_FILLER, Shelf
from backend.voice.patience import Patience

BRING = '[call:hand_off {"agent_id": "AGENT", "reason": "A plan is wanted."}]'
MOST_S = 1.5
"""From the request until the other agent can answer."""


def bring(agent: str, words: str = "") -> str:
    said = f"[say:{words}]" if words else ""
    return said + BRING.replace("AGENT", agent)


@pytest.fixture
async def service(start_service: StartService) -> AsyncIterator[Service]:
    shelf = Shelf()
    async with start_service(toolboxes=shelf.toolboxes, patience=NO_FILLER, **NEW) as running:
        yield running


async def switched(phone: Phone, agent: str, mark: int) -> dict[str, Any]:
    return await phone.of("agent_switched", mark, agent_id=agent)


async def test_elena_to_marcus_and_back_by_button_in_time_in_voice_and_with_the_context(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="text", content="My name is Ada")
    items = [await answered(phone)]
    clock = asyncio.get_running_loop().time
    for agent in ("marcus", "elena"):
        mark, asked = len(phone.got), clock()
        await phone.send(type="agent", agent_id=agent)
        change = await switched(phone, agent, mark)
        assert change["_at"] - asked < MOST_S
        mark = phone.got.index(change)
        await phone.send(type="text", content="What is my name?")
        reply = await phone.of("transcription", mark, speaker="assistant", status="complete")
        assert (reply["text"], reply["agent_id"]) == ("Your name is Ada.", agent)
        items.append(await answered(phone, mark))
    elena, marcus, elena_again = (pitch(phone, item) for item in items)
    assert marcus < 0.8 * elena
    assert elena_again == pytest.approx(elena, rel=0.05)
    await phone.hang_up()
    await service.idle()
    agents = [turn.agent_id for turn in service.memory.transcript]
    assert agents == ["elena"] * 2 + ["marcus"] * 2 + ["elena"] * 2
    assert not phone.all("error")


async def test_the_agent_brings_another_in_who_then_speaks_by_itself(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="text", content="hello")
    elena = await answered(phone)
    await phone.heard_out()
    for agent, before in (("marcus", "Elena"), ("elena", "Marcus")):
        mark = len(phone.got)
        await phone.send(type="text", content=bring(agent))
        asked = await phone.of("tool", mark, name="hand_off", status="started")
        change = await switched(phone, agent, mark)
        assert change["_at"] - asked["_at"] < MOST_S
        mark = phone.got.index(change)
        reply = await phone.of("transcription", mark, speaker="assistant", status="complete")
        assert (reply["text"], reply["agent_id"]) == (f"I have taken over from {before}.", agent)
        await phone.of("audio_end", mark)
        if agent == "marcus":
            assert pitch(phone, reply["item_id"]) < 0.8 * pitch(phone, elena)
        await phone.heard_out()
    await phone.hang_up()
    await service.idle()
    said = [(turn.role, turn.agent_id, turn.content) for turn in service.memory.transcript[2:]]
    assert [turn for turn in said if turn[0] == "assistant"] == [
        ("assistant", "marcus", "I have taken over from Elena."),
        ("assistant", "elena", "I have taken over from Marcus."),
    ]


async def test_the_sentence_of_the_one_who_hands_over_is_heard_out(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="text", content=bring("marcus", "Let me bring Marcus in."))
    first = await phone.of("audio")
    change = await switched(phone, "marcus", 1)
    sentence_ms = sum(len(m["data"]) * 3 / 4 / 48 for m in phone.all("audio") if m["item_id"] == first["item_id"])
    assert change["_at"] - first["_at"] >= sentence_ms / 1000 - 0.1
    assert not phone.all("interrupted")
    mark = phone.got.index(change)
    reply = await phone.of("transcription", mark, speaker="assistant", status="complete", agent_id="marcus")
    assert reply["text"] == "I have taken over from Elena."


async def test_who_speaks_into_that_sentence_is_answered_by_the_one_who_takes_over(service: Service) -> None:
    phone = await service.ready()
    # So long that it is not over before somebody speaks, however slow the machine.
    sentence = "Let me bring Marcus in" + ", who knows all about plans and dates" * 6
    await phone.send(type="text", content=bring("marcus", sentence))
    await phone.of("tool", status="done")
    await phone.speak(UTTERANCE, pace=0.02)
    change = await switched(phone, "marcus", 1)
    mark = phone.got.index(change)
    reply = await phone.of("transcription", mark, speaker="assistant", status="complete")
    # What was said has its words by then, or the next one hears it again.
    assert (reply["agent_id"], reply["text"]) in [
        ("marcus", "I have taken over from Elena."),
        ("marcus", "You said: utterance 1."),
    ]
    assert all("You said" not in str(m.get("unheard")) for m in phone.all("transcription"))
    await phone.hang_up()
    await service.idle()
    spoken = [turn.content for turn in service.memory.transcript if turn.role == "user"]
    assert sum(content.startswith("utterance") for content in spoken) == 1


async def test_words_that_are_being_spoken_at_the_change_are_heard_from_their_beginning(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="text", content="hello")
    await answered(phone)
    mark = len(phone.got)
    speaking = asyncio.create_task(phone.speak(silence(80) + tone(1500) + silence(1500), pace=0.04))
    await phone.of("transcription", mark, speaker="user", status="listening")
    await phone.send(type="agent", agent_id="marcus")
    change = await switched(phone, "marcus", mark)
    assert not speaking.done()
    reply = await phone.of("transcription", phone.got.index(change), speaker="assistant", status="complete")
    assert reply["agent_id"] == "marcus"
    await speaking
    await answered(phone, phone.got.index(change))
    await phone.hang_up()
    await service.idle()
    users = [turn for turn in service.memory.transcript if turn.role == "user"]
    assert len(users) == 2
    assert users[1].content.startswith("utterance")


async def test_while_another_agent_cannot_be_had_the_first_goes_on_and_says_so(start_service: StartService) -> None:
    shelf = Shelf()
    patience = replace(Patience(), tick=0.05, switch=0.05)
    async with start_service(
        toolboxes=shelf.toolboxes, voice_connections_per_minute=1, patience=patience, **NEW
    ) as service:
        phone = await service.ready()
        await phone.send(type="text", content="hello")
        await answered(phone)
        mark = len(phone.got)
        await phone.send(type="text", content=bring("marcus"))
        refusal = await phone.of("error", mark)
        assert refusal["message"].startswith("Not switched. ")
        reply = await phone.of("transcription", mark, speaker="assistant", status="complete")
        assert reply["agent_id"] == "elena"
        await phone.send(type="text", content="still there?")
        await phone.of("transcription", mark, text="You said: still there?.", agent_id="elena")


async def test_a_tool_that_works_at_the_change_is_given_up_and_the_next_agent_answers(
    start_service: StartService,
) -> None:
    shelf = Shelf()
    shelf.gate.clear()
    async with start_service(toolboxes=shelf.toolboxes, patience=NO_FILLER, **NEW) as service:
        phone = await service.ready()
        await phone.send(type="text", content="hello")
        await answered(phone)
        mark = len(phone.got)
        await phone.send(type="text", content=LOOK)
        await asyncio.wait_for(shelf.begun.wait(), 10)
        await phone.send(type="agent", agent_id="marcus")
        await asyncio.wait_for(shelf.cancelled.wait(), 10)
        change = await switched(phone, "marcus", mark)
        shelf.gate.set()
        reply = await phone.of(
            "transcription", phone.got.index(change), speaker="assistant", status="complete", agent_id="marcus"
        )
        assert reply["text"]


async def test_another_voice_than_was_asked_for_is_told(service: Service) -> None:
    phone = await service.ready()
    call = next(iter(service.switchboard._calls))
    leg = call._leg
    assert leg is not None
    answer = leg.asked | {"voice": {"type": "azure-standard", "name": "en-US-SomebodyElse"}}
    call._events._session_updated(leg, {"session": answer})
    told = await phone.of("error")
    assert told["code"] == "voice_substituted"
    assert told["message"].startswith("Elena speaks with another voice than usual")
    await phone.send(type="text", content="hello")
    await answered(phone)


async def test_where_what_sounded_at_the_change_was_no_words_the_answer_that_is_due_still_comes(
    service: Service,
) -> None:
    phone = await service.ready()
    call = next(iter(service.switchboard._calls))
    leg = call._leg
    assert leg is not None
    leg.due = "Marcus has just handed this conversation over to you."
    call._events._speech_started(leg, {"item_id": "item_noise"})
    call._events._user_final(leg, {"item_id": "item_noise", "transcript": ""})
    await phone.of("transcription", speaker="assistant", text="I have taken over from Marcus.")
    assert leg.due is None
