"""Barge-in: the sound stops at once, what comes late is dropped, and memory keeps what was heard."""

import asyncio
import logging

import pytest

from backend.tests.voice.conftest import UTTERANCE, Phone, Service, silence, tone

LONG = "Please tell me everything that you know about the migration of the customer data, in every detail there is"


async def long_answer(phone: Phone) -> str:
    """Have a long answer begin; return its item id once it sounds."""
    await phone.send(type="text", content=LONG)
    return str((await phone.of("audio"))["item_id"])


async def test_speech_stops_the_sound_and_the_stored_answer_says_what_was_heard(service: Service) -> None:
    phone = await service.ready()
    item_id = await long_answer(phone)
    await phone.of("audio_end", item_id=item_id)
    await phone.send(type="played", item_id=item_id, ms=1000)
    await phone.speak(UTTERANCE)
    cut = await phone.of("interrupted", item_id=item_id)
    assert 1000 <= cut["heard_ms"] <= 1600
    place = phone.got.index(cut)
    await phone.of("transcription", place, speaker="assistant", status="complete", text="You said: utterance 1.")
    assert not [m for m in phone.got[place:] if m["type"] == "audio" and m["item_id"] == item_id]
    shortened = [m for m in phone.all("transcription") if m["item_id"] == item_id][-1]
    assert shortened["interrupted"]
    await phone.hang_up()
    await service.idle()
    stored = service.memory.stored[item_id]
    whole = f"You said: {LONG}."
    assert stored.interrupted
    assert stored.content == shortened["text"]
    assert f"{stored.content} {stored.unheard}" == whole
    assert 0 < len(stored.content) < len(whole) / 2


async def test_the_interruption_reaches_the_browser_within_150_ms_of_the_speech_started_event(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    phone = await service.ready()
    item_id = await long_answer(phone)
    await phone.of("audio_end", item_id=item_id)
    with caplog.at_level(logging.DEBUG, "backend.voice"):
        await phone.speak(tone(400) + silence(800))
        cut = await phone.of("interrupted", item_id=item_id)
    began = await phone.of("transcription", speaker="user", status="listening")
    assert cut["_at"] - began["_at"] < 0.150
    assert phone.got.index(cut) < phone.got.index(began), "the sound is stopped before anything else is told"


async def test_cancel_stops_the_answer_and_the_call_goes_on(service: Service) -> None:
    phone = await service.ready()
    item_id = await long_answer(phone)
    await phone.send(type="cancel")
    cut = await phone.of("interrupted", item_id=item_id)
    place = phone.got.index(cut)
    await phone.send(type="text", content="short")
    await phone.of("transcription", place, speaker="assistant", status="complete", text="You said: short.")
    assert not [m for m in phone.got[place:] if m["type"] == "audio" and m["item_id"] == item_id]
    assert not phone.all("error")


async def test_cancel_when_nothing_is_said_is_harmless(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="cancel")
    await phone.send(type="text", content="hello")
    await phone.of("transcription", speaker="assistant", status="complete", text="You said: hello.")
    assert not phone.all("error")


async def test_sound_of_a_cancelled_answer_that_comes_late_is_not_played(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="text", content=f"[fault:late-deltas] {LONG}")
    item_id = (await phone.of("audio"))["item_id"]
    await phone.send(type="cancel")
    place = phone.got.index(await phone.of("interrupted", item_id=item_id))
    await phone.send(type="text", content="and now")
    await phone.of("transcription", place, speaker="assistant", status="complete", text="You said: and now.")
    assert not [m for m in phone.got[place:] if m["type"] == "audio" and m["item_id"] == item_id]


async def test_an_answer_heard_to_its_end_is_not_interrupted(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="text", content="hi")
    end = await phone.of("audio_end")
    await phone.send(type="played", item_id=end["item_id"], ms=86_000_000)
    await phone.of("state", phone.got.index(end), state="ready")
    await phone.speak(UTTERANCE)
    await phone.of("transcription", speaker="assistant", status="complete", text="You said: utterance 1.")
    assert not phone.all("interrupted")
    await phone.hang_up()
    await service.idle()
    assert not any(turn.interrupted for turn in service.memory.transcript)


async def test_a_browser_that_is_slow_to_read_still_learns_of_the_interruption_first(service: Service) -> None:
    phone = await service.call(max_queue=1, write_limit=1)
    await phone.of("state", state="ready")
    await asyncio.gather(long_answer(phone), asyncio.sleep(0))
    await phone.speak(tone(400) + silence(800))
    cut = await phone.of("interrupted")
    assert not [m for m in phone.got[phone.got.index(cut) :] if m["type"] == "audio" and m["item_id"] == cut["item_id"]]
