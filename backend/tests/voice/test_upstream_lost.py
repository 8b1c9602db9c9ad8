"""VoiceLive goes away in mid-call and the call goes on: nothing lost, doubled or out of order."""

import asyncio
import itertools
import struct
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pybase64
import pytest

from backend.core.context import Turn
from backend.tests.voice.conftest import FRAME_MS, RATE, UTTERANCE, Phone, Service, StartService, silence, tone
from backend.tests.voice.relay import Event, Leg, Relay
from backend.tests.voice.test_call import answered
from backend.voice.patience import Patience

PATIENCE = replace(Patience(), connect=2.0, confirm=2.0, words=0.5, tick=0.05)


@pytest.fixture
async def relay(stand_in: str) -> AsyncIterator[Relay]:
    async with Relay(stand_in).running() as running:
        yield running


@pytest.fixture
async def service(start_service: StartService, relay: Relay) -> AsyncIterator[Service]:
    """A service whose VoiceLive is behind the relay."""
    async with start_service(endpoint=relay.url, patience=PATIENCE) as running:
        yield running


def stored(service: Service, session_id: str) -> list[Turn]:
    return [turn for turn in service.memory.transcript if turn.session_id == session_id]


def once(service: Service, session_id: str) -> list[tuple[str, str]]:
    """Return the stored turns of a call as (role, content), having made sure that each was stored once and in order."""
    written = [service.memory.stored[turn_id] for turn_id in service.memory.order]
    withdrawn = {turn.id for turn in written if not turn.content}
    ids = [turn.id for turn in written if turn.session_id == session_id and turn.id not in withdrawn]
    turns = stored(service, session_id)
    assert ids == [turn.id for turn in turns], "stored in order"
    assert len(set(ids)) == len(ids)
    assert all(service.memory.stored[turn_id].role == "assistant" for turn_id in withdrawn)
    return [(turn.role, turn.content) for turn in turns]


async def said(phone: Phone, text: str, after: int) -> dict[str, Any]:
    return await phone.of("transcription", after, speaker="assistant", status="complete", text=text)


BREAKS = ("response.created", "response.audio_transcript.delta", "response.audio.delta", "response.audio.done")


async def test_a_reset_anywhere_in_an_answer_loses_doubles_and_reorders_nothing_in_50_calls(
    service: Service, relay: Relay
) -> None:
    broken: set[str] = set()

    def breaks(leg: Leg, event: Event) -> bool:
        number = int(leg.call)
        kind, count = BREAKS[number % len(BREAKS)], 1 + number // len(BREAKS) % 3
        if kind in ("response.created", "response.audio.done"):
            count = 1
        if leg.call in broken or event["type"] != kind or leg.count(kind) < count:
            return False
        broken.add(leg.call)
        return True

    relay.breaks = breaks

    async def call(number: int) -> None:
        kind = BREAKS[number % len(BREAKS)]
        phone = await service.ready(str(number))
        await phone.send(type="text", content=f"hello {number}")
        await phone.of("state", state="reconnecting")
        mark = len(phone.got)
        if kind != "response.audio.done":
            await said(phone, answers(number)[-1], mark)
        await phone.wait(lambda m: m["type"] == "state" and m["state"] in ("ready", "thinking", "speaking"), mark)
        mark = len(phone.got)
        await phone.send(type="text", content="again")
        await said(phone, "You said: again.", mark)
        await phone.hang_up()
        assert not phone.all("error")
        assert not phone.all("interrupted"), "what was sent keeps playing"

    def answers(number: int) -> list[str]:
        whole = f"You said: hello {number}."
        return [whole, "And so on."] if BREAKS[number % len(BREAKS)] == "response.audio.delta" else [whole]

    for batch in range(0, 50, 10):
        await asyncio.gather(*(call(number) for number in range(batch, batch + 10)))
    await service.idle()
    assert len(broken) == 50
    for number in range(50):
        turns = once(service, str(number))
        expected = answers(number)
        if len(expected) == 2:  # what had been spoken, and what it went on with
            assert expected[0].startswith(turns[1][1])
            assert turns[1][1] != expected[0]
            expected[0] = turns[1][1]
        assert turns == [
            ("user", f"hello {number}"),
            *(("assistant", answer) for answer in expected),
            ("user", "again"),
            ("assistant", "You said: again."),
        ]


def first_of(kind: str) -> Any:
    """Return a condition that is met once: by the first event of this type in the first connection of a call."""
    met: set[str] = set()

    def is_met(leg: Leg, event: Event) -> bool:
        if event["type"] != kind or leg.call in met:
            return False
        met.add(leg.call)
        return True

    return is_met


@pytest.mark.parametrize("moment", ["input_audio_buffer.speech_started", "input_audio_buffer.committed"])
async def test_what_somebody_was_saying_is_heard_again_by_the_next_session(
    service: Service, relay: Relay, moment: str
) -> None:
    relay.breaks = first_of(moment)
    phone = await service.ready()
    await phone.speak(UTTERANCE, pace=0.005)
    await phone.of("state", state="reconnecting")
    await answered(phone)
    await phone.speak(silence(400))
    mark = len(phone.got)
    await phone.speak(UTTERANCE)
    await answered(phone, mark)
    await phone.hang_up()
    await service.idle()
    assert once(service, "s1") == [
        ("user", "utterance 1"),
        ("assistant", "You said: utterance 1."),
        ("user", "utterance 2"),
        ("assistant", "You said: utterance 2."),
    ]
    items = {m["item_id"] for m in phone.all("transcription") if m["speaker"] == "user"}
    assert len(items) == 2, "what is heard again stands where it was first said"
    assert not phone.all("error")


async def test_sound_that_comes_while_there_is_no_session_is_heard_by_the_next_one(
    service: Service, relay: Relay
) -> None:
    phone = await service.ready()
    relay.refuse = 503
    relay.break_all()
    await phone.of("state", state="reconnecting")
    await phone.speak(UTTERANCE)
    relay.refuse = None
    await answered(phone)
    await phone.hang_up()
    await service.idle()
    assert once(service, "s1") == [("user", "utterance 1"), ("assistant", "You said: utterance 1.")]


async def test_a_session_that_falls_silent_is_replaced_and_the_question_asked_again(
    start_service: StartService, relay: Relay
) -> None:
    relay.stalls = first_of("response.created")
    async with start_service(endpoint=relay.url, patience=replace(PATIENCE, answer=1.0)) as service:
        phone = await service.ready()
        await phone.send(type="text", content="are you there?")
        await phone.of("state", state="reconnecting")
        await said(phone, "You said: are you there?.", 0)
        await phone.hang_up()
        await service.idle()
        assert once(service, "s1") == [("user", "are you there?"), ("assistant", "You said: are you there?.")]


async def test_what_was_said_before_is_known_after_a_reset(service: Service, relay: Relay) -> None:
    phone = await service.ready()
    await phone.send(type="text", content="My name is Ada")
    await answered(phone)
    relay.break_all()
    await phone.of("state", state="reconnecting")
    await phone.of("state", phone.got.index(await phone.of("state", state="reconnecting")), state="ready")
    await phone.send(type="text", content="What is my name?")
    await said(phone, "Your name is Ada.", 0)


async def test_somebody_can_type_and_change_the_assistant_while_there_is_no_session(
    service: Service, relay: Relay
) -> None:
    phone = await service.ready()
    relay.refuse = 503
    relay.break_all()
    await phone.of("state", state="reconnecting")
    await phone.send(type="text", content="hello")
    await phone.send(type="agent", agent_id="marcus")
    relay.refuse = None
    await phone.of("agent_switched", agent_id="marcus")
    await phone.of("transcription", speaker="assistant", status="complete", text="You said: hello.")
    assert not phone.all("error")


async def test_the_call_ends_with_the_reason_when_no_session_is_to_be_had_in_time(
    start_service: StartService, relay: Relay
) -> None:
    async with start_service(endpoint=relay.url, patience=replace(PATIENCE, lost=1.0)) as service:
        phone = await service.ready()
        await phone.send(type="text", content="hello")
        await answered(phone)
        relay.refuse = 503
        relay.break_all()
        await phone.of("state", state="reconnecting")
        await phone.of("error", code="voicelive_unavailable", retryable=True)
        assert await phone.closed() == 4503
        await service.idle()
        assert once(service, "s1") == [("user", "hello"), ("assistant", "You said: hello.")]


async def test_a_credential_that_is_refused_meanwhile_ends_the_call_at_once_with_the_remedy(
    service: Service, relay: Relay
) -> None:
    phone = await service.ready()
    relay.refuse = 401
    relay.break_all()
    error = await phone.of("error", code="voicelive_unauthorised", retryable=False)
    assert "Assign Cognitive Services Speech User" in error["message"]
    assert await phone.closed() == 4503
    assert error["_at"] - (await_at(phone, "reconnecting")) < 2.0


def await_at(phone: Phone, state: str) -> float:
    """Return when the phone was told this state."""
    return float(next(m["_at"] for m in phone.all("state") if m["state"] == state))


async def test_a_session_that_every_question_breaks_is_not_tried_for_ever(
    start_service: StartService, relay: Relay
) -> None:
    relay.breaks = lambda leg, event: event["type"] == "response.created"
    async with start_service(endpoint=relay.url, patience=replace(PATIENCE, lost=2.0)) as service:
        phone = await service.ready()
        await phone.send(type="text", content="hello")
        await phone.of("error", code="voicelive_connection_lost", retryable=True)
        assert await phone.closed() == 4503
        assert 2 <= len(relay.legs) <= 7


# A second endpoint


async def test_a_second_endpoint_takes_the_calls_that_the_first_one_refuses(
    start_service: StartService, relay: Relay, stand_in: str
) -> None:
    async with Relay(stand_in).running("localhost") as second:
        relay.refuse = 401
        async with start_service(
            endpoint=relay.url, azure_voicelive_endpoints=[relay.url, second.url], patience=PATIENCE
        ) as service:
            for session in ("one", "two"):
                phone = await service.ready(session)
                await phone.send(type="text", content="hello")
                await said(phone, "You said: hello.", 0)
                assert not phone.all("error")
            assert len(second.legs) == 2
            status = await service.status()
            assert status["endpoint"] == "localhost"
            assert status["endpoints"] == [
                {"host": "127.0.0.1", "state": "open", "problem": "voicelive_unauthorised"},
                {"host": "localhost", "state": "closed", "problem": None},
            ]


async def test_a_call_goes_on_at_the_second_endpoint_when_the_first_one_is_gone(
    start_service: StartService, relay: Relay, stand_in: str
) -> None:
    async with (
        Relay(stand_in).running("localhost") as second,
        start_service(endpoint=relay.url, azure_voicelive_endpoints=[second.url], patience=PATIENCE) as service,
    ):
        phone = await service.ready()
        await phone.send(type="text", content="My name is Ada")
        await answered(phone)
        assert not second.legs
        relay.refuse = 401
        relay.break_all()
        mark = phone.got.index(await phone.of("state", state="reconnecting"))
        await phone.of("state", mark, state="ready")
        await phone.send(type="text", content="What is my name?")
        await said(phone, "Your name is Ada.", mark)
        assert len(second.legs) == 1
        assert not phone.all("error")


async def test_an_endpoint_without_one_agents_model_is_passed_over_for_that_agent_alone(
    start_service: StartService, relay: Relay, stand_in: str
) -> None:
    async with (
        Relay(stand_in).running("localhost") as second,
        start_service(endpoint=relay.url, azure_voicelive_endpoints=[second.url], patience=PATIENCE) as service,
    ):
        relay.refuse = 404
        await service.ready("marcus")
        assert len(second.legs) == 1
        relay.refuse = None
        await service.ready("elena")
        assert (len(relay.legs), len(second.legs)) == (1, 1)


# The queue


def minutes_later(service: Service, minutes: int) -> None:
    """Turn the clock of the queue: so many minutes since the call began."""
    upstream, clock = service.switchboard.upstream, asyncio.get_running_loop().time
    upstream._now = lambda: clock() + 60 * minutes  # type: ignore[method-assign]
    upstream._move()


async def test_a_call_beyond_the_quota_waits_and_sees_its_place(start_service: StartService, relay: Relay) -> None:
    async with start_service(endpoint=relay.url, voice_connections_per_minute=2, patience=PATIENCE) as service:
        await service.ready("one")
        await service.ready("two")
        third = await service.call("three")
        told = await third.of("state", state="waiting")
        assert (told["place"], 1 <= told["seconds"] <= 60) == (1, True)
        fourth = await service.call("four")
        assert (await fourth.of("state", state="waiting"))["place"] == 2
        fifth = await service.call("five")
        assert (await fifth.of("state", state="waiting"))["place"] == 3
        await third.hang_up()
        await fourth.of("state", state="waiting", place=1)
        await fifth.of("state", state="waiting", place=2)
        minutes_later(service, 1)
        await fourth.of("state", state="ready")
        await fifth.of("state", state="ready")
        assert [leg.call for leg in relay.legs] == ["one", "two", "four", "five"]
        assert not fourth.all("error")


async def test_a_full_queue_refuses_and_says_when_to_come_back(start_service: StartService, relay: Relay) -> None:
    async with start_service(
        endpoint=relay.url, voice_connections_per_minute=1, voice_waiting_calls=1, patience=PATIENCE
    ) as service:
        await service.ready("one")
        waiting = await service.call("two")
        await waiting.of("state", state="waiting", place=1)
        refused = await service.call("three")
        error = await refused.of("error", code="too_many_connections", retryable=True)
        assert "Try again in" in error["message"]
        assert await refused.closed() == 4429


async def test_a_call_that_lost_its_session_goes_before_those_that_wait(
    start_service: StartService, relay: Relay
) -> None:
    async with start_service(endpoint=relay.url, voice_connections_per_minute=1, patience=PATIENCE) as service:
        first = await service.ready("first")
        second = await service.call("second")
        await second.of("state", state="waiting", place=1)
        relay.break_all()
        await second.of("state", state="waiting", place=2)
        mark = first.got.index(await first.of("state", state="reconnecting"))
        minutes_later(service, 1)
        await first.of("state", mark, state="ready")
        assert not [m for m in second.all("state") if m["state"] == "ready"]
        minutes_later(service, 2)
        await second.of("state", state="ready")


async def test_the_service_at_its_limit_makes_calls_wait_for_as_long_as_it_says(
    start_service: StartService, relay: Relay
) -> None:
    relay.refuse, relay.retry_after = 429, 2
    async with start_service(endpoint=relay.url, patience=PATIENCE) as service:
        phone = await service.call()
        waiting = await phone.of("state", state="waiting", place=1)
        relay.refuse = None
        ready = await phone.of("state", state="ready")
        assert ready["_at"] - waiting["_at"] > 1.5
        assert not phone.all("error")


# A session that expires


def numbered(number: int) -> bytes:
    """Return a frame of 40 ms that is silence to a listener and carries a number."""
    return struct.pack("<hh", number % 128, number // 128) + bytes(2 * RATE * FRAME_MS // 1000 - 4)


async def test_a_session_is_rolled_over_before_it_expires_and_nobody_hears_it(
    start_service: StartService, relay: Relay
) -> None:
    patience = replace(PATIENCE, rollover=60.0)
    relay.expires_in = 3
    async with start_service(endpoint=relay.url, patience=patience) as service:
        phone = await service.ready()
        await phone.send(type="text", content="My name is Ada")
        await answered(phone)
        sent = []
        for number in range(85):  # 3.4 s
            sent.append(asyncio.get_running_loop().time())
            await phone.socket.send(numbered(number))
            await asyncio.sleep(FRAME_MS / 1000)
        mark = len(phone.got)
        await phone.send(type="text", content="What is my name?")
        await said(phone, "Your name is Ada.", mark)
        assert not phone.all("error")
        assert not [m for m in phone.all("state") if m["state"] == "reconnecting"]
    legs = [leg for leg in relay.legs if any(event["type"] == "input_audio_buffer.append" for _, event in leg.sent)]
    assert len(legs) >= 2, "rolled over at least once"
    assert all(event.get("error", {}).get("code") != "session_expired" for leg in relay.legs for event in leg.answered)
    first_seen: dict[int, float] = {}
    for leg in relay.legs:
        for at, event in leg.sent:
            if event["type"] == "input_audio_buffer.append":
                pcm = pybase64.b64decode(event["audio"])
                for start in range(0, len(pcm), len(numbered(0))):
                    low, high = struct.unpack_from("<hh", pcm, start)
                    number = low + 128 * high
                    first_seen[number] = min(at, first_seen.get(number, at))
    assert sorted(first_seen) == list(range(85)), "no frame is lost"
    # What a busy machine adds to the pauses between sending is not the service's.
    late = [first_seen[number] - sent[number] for number in range(85)]
    gap = FRAME_MS / 1000 + max(later - earlier for earlier, later in itertools.pairwise(late))
    assert gap <= 0.2, f"{gap * 1000:.0f} ms without sound"


async def test_somebody_who_talks_until_the_session_expires_is_heard_whole_by_the_next_one(
    start_service: StartService, relay: Relay
) -> None:
    patience = replace(PATIENCE, rollover=60.0)
    relay.expires_in = 3
    async with start_service(endpoint=relay.url, patience=patience) as service:
        phone = await service.ready()
        for _ in range(90):  # 3.6 s
            await phone.socket.send(tone(FRAME_MS))
            await asyncio.sleep(FRAME_MS / 1000)
        assert len(relay.legs) >= 2, "no pause came, so it was rolled over while somebody spoke"
        await phone.speak(silence(1500))
        await answered(phone)
        await phone.hang_up()
        await service.idle()
        assert once(service, "s1") == [("user", "utterance 1"), ("assistant", "You said: utterance 1.")]
        assert not phone.all("error")
        assert not [m for m in phone.all("state") if m["state"] == "reconnecting"]


async def test_an_answer_under_way_is_not_cut_by_a_rollover_and_the_rest_is_played(
    start_service: StartService, relay: Relay
) -> None:
    patience = replace(PATIENCE, rollover=60.0)
    relay.expires_in = 4
    async with start_service(endpoint=relay.url, patience=patience) as service:
        phone = await service.ready()
        text = "Tell me something that takes a while to say, please, until this session is over and the next has begun."
        await phone.send(type="text", content=text)
        last = await phone.of("transcription", speaker="assistant", status="complete")
        await phone.of("audio_end", item_id=last["item_id"])
        async with asyncio.timeout(10):
            await relay.legs[0].closed.wait()
        assert relay.legs[0].count("error") == 0, "replaced before it expired"
        assert not phone.all("interrupted")
        assert not [m for m in phone.all("state") if m["state"] == "reconnecting"]
        mark = len(phone.got)
        await phone.send(type="text", content="again")
        await said(phone, "You said: again.", mark)
