"""Barge-in: the sound stops at once, what comes late is dropped, and memory keeps what was heard."""

import asyncio
import logging

import pybase64
import pytest

from backend.tests.voice.conftest import UTTERANCE, Phone, Service, StartService, silence, tone

pytestmark = pytest.mark.usefixtures("each_path")

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


async def test_an_answer_that_is_stored_early_and_stopped_before_a_word_was_heard_is_withdrawn(
    service: Service,
) -> None:
    phone = await service.ready()
    item_id = await long_answer(phone)
    assert (await service.memory.has(item_id)).content, "stored while it sounds"
    await phone.send(type="cancel")
    place = phone.got.index(await phone.of("interrupted", item_id=item_id))
    await phone.send(type="played", item_id=item_id, ms=0)
    await phone.send(type="text", content="short")
    await phone.of("transcription", place, speaker="assistant", status="complete", text="You said: short.")
    await phone.hang_up()
    await service.idle()
    assert service.memory.stored[item_id].content == ""
    assert [turn.content for turn in service.memory.transcript] == [LONG, "short", "You said: short."]


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


def played_back(phone: Phone, item_id: str) -> tuple[int, list[float]]:
    """Play what was sent for an item as a browser does: return its length in ms, and where it was taken up again."""
    at, taken_up = 0.0, []
    for message in phone.got:
        if message.get("item_id") == item_id and message["type"] == "resumed_speech":
            taken_up.append(at := message["from_ms"])
        elif message.get("item_id") == item_id and message["type"] == "audio":
            at += len(pybase64.b64decode(message["data"])) / 48
    return round(at), taken_up


async def test_after_a_cough_the_answer_goes_on_where_it_stopped_and_is_stored_whole(service: Service) -> None:
    phone = await service.ready()
    item_id = await long_answer(phone)
    await phone.of("audio_end", item_id=item_id)
    whole_ms, _ = played_back(phone, item_id)
    await phone.send(type="played", item_id=item_id, ms=900)
    await phone.speak(tone(120))
    cut = await phone.of("interrupted", item_id=item_id)
    await phone.send(type="played", item_id=item_id, ms=1000)
    await phone.speak(silence(800))
    resumed = await phone.of("resumed_speech", item_id=item_id)
    place = phone.got.index(resumed)
    assert phone.got.index(cut) < place
    assert resumed["from_ms"] == 1000, "the browser has said where exactly it stopped"
    await phone.of("audio_end", place, item_id=item_id)
    whole = f"You said: {LONG}."
    assert played_back(phone, item_id) == (whole_ms, [1000])
    await phone.send(type="played", item_id=item_id, ms=whole_ms)
    await phone.of("state", phone.got.index(resumed), state="ready")
    # The service has the answer whole again, and no memory of the cough.
    await phone.send(type="text", content="What is the capital of France?")
    await phone.of(
        "transcription", place, speaker="assistant", status="complete", text="The capital of France is Paris."
    )
    assert not phone.all("error")
    await phone.hang_up()
    await service.idle()
    assert [(turn.role, turn.content, turn.interrupted) for turn in service.memory.transcript][:2] == [
        ("user", LONG, False),
        ("assistant", whole, False),
    ]
    assert len(service.memory.transcript) == 4


async def test_a_cough_while_the_answer_is_still_made_leaves_what_was_made_of_it(
    start_service: StartService, stand_in: str
) -> None:
    async with start_service(f"{stand_in}?pace=1") as service:  # made no faster than it is played
        phone = await service.ready()
        item_id = await long_answer(phone)
        await phone.speak(tone(100) + silence(800), pace=0.03)
        resumed = await phone.of("resumed_speech", item_id=item_id)
        await phone.of("audio_end", phone.got.index(resumed), item_id=item_id)
        made_ms, (taken_up,) = played_back(phone, item_id)
        assert 0 < taken_up < made_ms < 5000
        await phone.send(type="played", item_id=item_id, ms=made_ms)
        await phone.hang_up()
        await service.idle()
        stored = service.memory.stored[item_id]
        assert not stored.interrupted
        assert f"You said: {LONG}.".startswith(stored.content)
        assert abs(len(stored.content) * 60 - made_ms) < 900, "to within a word or so of what there is sound for"


async def test_a_cough_before_the_first_sound_costs_the_person_no_answer(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="text", content="[fault:stall] How are you?")
    await phone.of("state", state="thinking")
    await phone.speak(tone(100) + silence(800))
    await phone.of("transcription", speaker="assistant", status="complete", text="You said: How are you?.")
    await phone.of("audio_end")
    assert not phone.all("error")


async def test_hanging_up_in_the_middle_of_an_answer_leaves_the_rest_unheard(service: Service) -> None:
    phone = await service.ready()
    item_id = await long_answer(phone)
    await phone.of("audio_end", item_id=item_id)
    await phone.send(type="played", item_id=item_id, ms=1500)
    await phone.hang_up()
    await service.idle()
    stored = service.memory.stored[item_id]
    assert stored.interrupted
    assert f"{stored.content} {stored.unheard}" == f"You said: {LONG}."
    assert 1500 / 60 - 15 < len(stored.content) < 2100 / 60 + 15
