"""A connection that is lost and comes back to its running call: nothing is lost, doubled or out of order."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pybase64
import pytest

from backend.tests.fault_proxy import FaultProxy
from backend.tests.voice.conftest import SOON, UTTERANCE, Phone, Service, StartService, silence, tone
from backend.tests.voice.test_call import answered
from backend.voice.browser import resend
from backend.voice.call.session import VoiceSession
from backend.voice.patience import Patience

CALL = {"call_id": "c1"}
PATIENCE = replace(Patience(), tick=0.05)


async def begin(service: Service, session_id: str = "s1", port: int = 0, **hello: Any) -> Phone:
    """Begin a call that may be come back to, through another port where that is given."""
    door = Service(port or service.port, service.settings, service.memory, service.switchboard)
    phone = await door.call(session_id, "?resumable=true")
    service.phones.append(phone)
    await phone.send(type="hello", **(CALL | {"resume_after": 0} | hello))
    return phone


async def come_back(service: Service, earlier: Sequence[Phone], port: int = 0, **hello: Any) -> Phone:
    """Come back to the call, with what the earlier connections brought."""
    return await begin(service, port=port, resume_after=earlier[-1].got[-1]["seq"], **hello)


def everything(phones: Sequence[Phone]) -> list[dict[str, Any]]:
    """All messages of a call's connections; fails when one is lacking, doubled or out of order."""
    got = [message for phone in phones for message in phone.got]
    assert [message["seq"] for message in got] == list(range(1, len(got) + 1))
    return got


async def ended(phones: Sequence[Phone], answers: int = 1) -> None:
    """Wait until so many answers have ended, whichever connection brought the end, and report the last as heard."""
    before = sum(len(phone.all("audio_end")) for phone in phones[:-1])
    last = phones[-1]
    await last.wait(lambda message: before + len(last.all("audio_end")) >= answers)
    ends = [end for phone in phones for end in phone.all("audio_end")]
    await last.send(type="played", item_id=ends[-1]["item_id"], ms=3_600_000)


def sound_of(got: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(pybase64.b64decode(message["data"]) for message in got if message["type"] == "audio")


def running(service: Service) -> VoiceSession:
    [call] = service.switchboard._calls
    return call


async def test_a_connection_that_comes_back_gets_exactly_what_it_missed(service: Service) -> None:
    whole = await service.ready("whole")
    await whole.speak(UTTERANCE)
    await answered(whole)
    await whole.hang_up()
    first = await begin(service)
    await first.of("state", state="ready")
    await first.speak(UTTERANCE)
    await first.of("audio")
    first.socket.transport.abort()
    await first.closed()
    second = await come_back(service, [first])
    await ended([first, second])
    resumed = await second.of("resumed")
    assert resumed["complete"] is True
    got = everything([first, second])
    assert sound_of(got) == sound_of(whole.got), "the answer's sound is whole, and nothing of it came twice"
    await second.hang_up()
    await service.idle()
    assert [turn.content for turn in service.memory.transcript if turn.session_id == "s1"] == [
        "utterance 1",
        "You said: utterance 1.",
    ]


async def test_a_call_goes_on_through_any_number_of_resets_and_stalls(service: Service) -> None:
    dice = random.Random(4)
    async with FaultProxy("127.0.0.1", service.port) as line:
        phones = [await begin(service, port=line.port)]
        await phones[0].of("state", state="ready")
        for number in range(1, 13):
            talking = asyncio.create_task(phones[-1].speak(tone(400) + silence(600), pace=0.005))
            await asyncio.sleep(dice.uniform(0.0, 0.35))
            if dice.random() < 0.5:
                line.reset()
            else:
                line.cut()  # nobody is told; the browser gives up and comes back another way
                phones[-1].socket.transport.abort()
            await phones[-1].closed()
            await talking
            line.mend()
            phones.append(await come_back(service, phones, port=line.port))
            await phones[-1].of("resumed", complete=True)
            if number % 4 == 0:
                await phones[-1].send(type="text", content=f"so far {number}")
        await phones[-1].send(type="text", content="the end")
        last = await phones[-1].of("transcription", text="You said: the end.", status="complete")
        await phones[-1].of("audio_end", item_id=last["item_id"])
        await phones[-1].send(type="played", item_id=last["item_id"], ms=3_600_000)
        everything(phones)
        await phones[-1].hang_up()
    await service.idle()
    assert len(service.memory.order) == len(set(service.memory.order))
    said = [turn.content for turn in service.memory.transcript if turn.role == "user"]
    assert [words for words in said if not words.startswith("utterance")] == [
        "so far 4",
        "so far 8",
        "so far 12",
        "the end",
    ]
    assert service.memory.transcript[-1].content == "You said: the end."


async def test_what_the_person_has_not_heard_waits_for_them_however_long_they_are_away(service: Service) -> None:
    first = await begin(service)
    await first.of("state", state="ready")
    await first.send(type="text", content="one two three four five six seven eight nine ten")
    item = (await first.of("audio"))["item_id"]
    first.socket.transport.abort()
    async with asyncio.timeout(SOON):
        while len(service.memory.order) < 2:  # noqa: ASYNC110 - the answer is complete, and its sound is over in real time
            await asyncio.sleep(0.02)
    second = await come_back(service, [first], playing={"item_id": item, "ms": 250})
    await second.of("audio_end", item_id=item)
    milliseconds = len(sound_of(everything([first, second]))) / 48
    assert milliseconds >= 60 * len("You said: one two three four five six seven eight nine ten.")
    await second.send(type="played", item_id=item, ms=500)
    await second.send(type="cancel")
    cut = await second.of("interrupted", item_id=item)
    assert 500 <= cut["heard_ms"] < 1500, "playback goes on from where it stopped, not from where the clock is"


async def test_a_call_without_a_browser_ends_after_a_while_and_keeps_its_turns(start_service: StartService) -> None:
    async with start_service(patience=replace(PATIENCE, away=0.3)) as service:
        phone = await begin(service)
        await phone.of("state", state="ready")
        await phone.speak(UTTERANCE)
        await answered(phone)
        phone.socket.transport.abort()
        await service.idle()
        assert len(service.memory.order) == 2


async def test_hanging_up_ends_the_call_at_once(service: Service) -> None:
    phone = await begin(service)
    await phone.of("state", state="ready")
    await phone.hang_up()
    async with asyncio.timeout(2):
        await service.idle()


async def test_a_sentence_that_the_lost_connection_cut_off_ends_and_is_answered(service: Service) -> None:
    first = await begin(service)
    await first.of("state", state="ready")
    await first.speak(silence(200) + tone(600))
    await first.of("state", state="listening")
    first.socket.transport.abort()
    async with asyncio.timeout(SOON):
        while running(service)._caller.state == "listening":  # noqa: ASYNC110 - it has no event for it
            await asyncio.sleep(0.02)
    second = await come_back(service, [first])
    await answered(second)
    said = await second.of("transcription", speaker="user", status="complete")
    assert said["text"] == "utterance 1"


async def test_a_gap_is_told_and_the_answer_ends_where_the_person_stopped_hearing_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resend, "KEPT_BYTES", 20_000)
    first = await begin(service)
    await first.of("state", state="ready")
    await first.send(type="text", content="one two three four five six seven eight nine ten")
    item = (await first.of("audio"))["item_id"]
    await first.of("audio_end", item_id=item)
    first.socket.transport.abort()
    second = await begin(service, resume_after=4, playing={"item_id": item, "ms": 600})
    assert (await second.of("resumed"))["complete"] is False
    cut = await second.of("interrupted", item_id=item)
    assert 600 <= cut["heard_ms"] <= 1200
    await second.hang_up()
    await service.idle()
    answer = service.memory.transcript[-1]
    assert answer.interrupted
    assert "You said: one two three four five six seven eight nine ten.".startswith(answer.content)


async def test_who_comes_back_to_a_call_that_another_window_took_is_told_so(service: Service) -> None:
    mine = await begin(service)
    await mine.of("state", state="ready")
    mine.socket.transport.abort()
    await mine.closed()
    other = await begin(service, call_id="c2")
    await other.of("state", state="ready")
    assert other.got[0]["type"] == "agent_switched"
    returned = await come_back(service, [mine])
    assert await returned.closed() == 4409
    assert other.close_code is None


async def test_a_connection_of_which_nothing_is_heard_is_let_go_and_the_call_waits(start_service: StartService) -> None:
    async with start_service(patience=replace(PATIENCE, silent=0.3)) as service:
        first = await begin(service)
        await first.of("state", state="ready")
        await first.send(type="ping", seen=2)
        await first.of("pong")
        assert await first.closed() == 4408
        second = await come_back(service, [first])
        assert (await second.of("resumed"))["complete"] is True


async def test_captions_go_before_sound_on_a_narrow_line(service: Service) -> None:
    words = "a rather long sentence that takes its time to be spoken, and then some more of it, " * 2
    async with FaultProxy("127.0.0.1", service.port) as line:
        phone = await begin(service, port=line.port)
        await phone.of("state", state="ready")
        line.down.rate = 60_000
        await phone.send(type="text", content=words)
        caption = await phone.of("transcription", speaker="assistant", status="complete")
        assert caption["text"].endswith("some more of it, .")
        heard_by_then = len(sound_of(phone.got)) / 48
        line.down.rate = 50_000_000
        await phone.of("audio_end")
        assert heard_by_then < len(sound_of(phone.got)) / 48 / 2, "the caption was not behind all of the sound"
        everything([phone])
