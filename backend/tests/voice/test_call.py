"""A call at the door: real server, real client, the real SDK to the scripted stand-in."""

import itertools

import orjson
import pybase64
import pytest

from backend.tests.voice.conftest import UTTERANCE, Phone, Service, silence, tone

pytestmark = pytest.mark.usefixtures("each_path")


async def answered(phone: Phone, after: int = 0) -> str:
    """Wait for a whole answer, report it as heard to its end, and return its item id."""
    last = await phone.of("transcription", after, speaker="assistant", status="complete")
    item_id = str(last["item_id"])
    await phone.of("audio_end", after, item_id=item_id)
    await phone.send(type="played", item_id=item_id, ms=3_600_000)
    return item_id


async def test_speech_becomes_captions_an_answer_that_sounds_and_two_turns_in_order(service: Service) -> None:
    phone = await service.ready()
    await phone.speak(UTTERANCE)
    item_id = await answered(phone)
    assert phone.got[0]["type"] == "agent_switched"
    assert phone.got[0]["agent_id"] == "elena"
    question = await phone.of("transcription", speaker="user", status="complete")
    assert question["text"] == "utterance 1"
    statuses = [m["status"] for m in phone.all("transcription") if m["speaker"] == "user"]
    assert [status for status, _ in itertools.groupby(statuses)] == ["listening", "processing", "complete"]
    reply = await phone.of("transcription", speaker="assistant", status="complete")
    assert reply["text"] == "You said: utterance 1."
    said = [m for m in phone.all("transcription") if m["speaker"] == "assistant" and m["status"] == "complete"]
    assert len(said) == 1, "a caption that is complete is told once"
    sound = b"".join(pybase64.b64decode(m["data"]) for m in phone.all("audio"))
    assert {(m["format"], m["item_id"]) for m in phone.all("audio")} == {("audio/pcm16", item_id)}
    assert len(sound) >= 48_000, "an answer lasts a second at least"
    assert max(abs(sample) for sample in memoryview(sound).cast("h")) > 1000, "an answer is not silence"
    assert [m["seq"] for m in phone.got] == list(range(1, len(phone.got) + 1))
    await phone.hang_up()
    await service.idle()
    assert [(t.role, t.content, t.agent_id, t.channel) for t in service.memory.transcript] == [
        ("user", "utterance 1", "elena", "voice"),
        ("assistant", "You said: utterance 1.", "elena", "voice"),
    ]
    assert service.memory.order == [t.id for t in service.memory.transcript]
    assert all(t.item_id == t.id and t.session_id == "s1" for t in service.memory.transcript)


async def test_sound_as_json_is_heard_as_well(service: Service) -> None:
    phone = await service.ready()
    for start in range(0, len(UTTERANCE), 4800):
        piece = pybase64.b64encode_as_string(UTTERANCE[start : start + 4800])
        await phone.socket.send(orjson.dumps({"type": "audio", "data": piece}).decode())
    await answered(phone)


async def test_several_utterances_are_stored_in_order_and_once(service: Service) -> None:
    phone = await service.ready()
    for _ in range(3):
        mark = len(phone.got)
        await phone.speak(UTTERANCE)
        await answered(phone, mark)
    await phone.hang_up()
    await service.idle()
    assert [t.content for t in service.memory.transcript] == [
        word for n in (1, 2, 3) for word in (f"utterance {n}", f"You said: utterance {n}.")
    ]
    assert len(service.memory.order) == 6


async def test_sound_sent_before_the_upstream_stands_is_not_lost(service: Service) -> None:
    phone = await service.call()
    await phone.speak(silence(200) + tone(600) + silence(1500))
    await answered(phone)


async def test_something_typed_in_the_call_is_answered_aloud_and_remembered(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="text", content="My name is Ada")
    await answered(phone)
    mark = len(phone.got)
    await phone.send(type="text", content="What is my name?")
    reply = await phone.of("transcription", mark, speaker="assistant", status="complete")
    assert reply["text"] == "Your name is Ada."
    await phone.of("audio", mark)
    await phone.hang_up()
    await service.idle()
    assert service.memory.transcript[0].content == "My name is Ada"
    assert [t.role for t in service.memory.transcript] == ["user", "assistant"] * 2


async def test_two_things_typed_at_once_are_answered_one_after_the_other(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="text", content="first thing")
    await phone.send(type="text", content="second thing")
    one = await phone.of("transcription", speaker="assistant", status="complete")
    await phone.wait(
        lambda m: m.get("speaker") == "assistant" and m["status"] == "complete" and m["item_id"] != one["item_id"]
    )
    assert not phone.all("error")
