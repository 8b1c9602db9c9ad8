"""A session is lost between a question and the end of its answer: nothing is answered twice, and nothing done twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from backend.tests.voice.conftest import UTTERANCE, Phone, Service, StartService, silence, tone
from backend.tests.voice.relay import Event, Leg, Relay
from backend.tests.voice.test_errands import LOOK, NEW, NOTE, Shelf
from backend.tests.voice.test_upstream_lost import PATIENCE, once, said
from backend.voice.words import turns

WORDS = "conversation.item.input_audio_transcription.completed"
QUIET = replace(PATIENCE, filler=60.0)
CALM = replace(QUIET, words=2.0)


@pytest.fixture
async def relay(stand_in: str) -> AsyncIterator[Relay]:
    async with Relay(stand_in).running() as running:
        yield running


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def service(start_service: StartService, relay: Relay, shelf: Shelf) -> AsyncIterator[Service]:
    async with start_service(endpoint=relay.url, patience=QUIET, toolboxes=shelf.toolboxes, **NEW) as running:
        yield running
        shelf.gate.set()


def on_the_first(relay: Relay, **wants: tuple[str, int]) -> None:
    """Let the first session withhold each event of a type, or break after so many of it: `breaks=(type, 2)`."""

    def breaks(leg: Leg, event: Event) -> bool:
        kind, count = wants["breaks"]
        return leg is relay.legs[0] and event["type"] == kind and leg.count(kind) == count

    relay.breaks = breaks
    if "withholds" in wants:
        kind, _ = wants["withholds"]
        relay.withholds = lambda leg, event: leg is relay.legs[0] and event["type"] == kind


def answers(phone: Phone) -> set[str]:
    """Return the items that sounded."""
    return {message["item_id"] for message in phone.all("audio")}


async def test_an_answer_that_broke_off_before_its_question_had_words_goes_on_and_is_not_given_again(
    service: Service, relay: Relay
) -> None:
    on_the_first(relay, withholds=(WORDS, 0), breaks=("response.audio.delta", 2))
    phone = await service.ready()
    await phone.speak(UTTERANCE, pace=0.005)
    mark = phone.got.index(await phone.of("state", state="reconnecting"))
    await said(phone, "And so on.", mark)
    assert not phone.all("interrupted"), "what was sent keeps playing"
    await phone.heard_out()
    mark = len(phone.got)
    await phone.speak(silence(400) + tone(600) + silence(1500))
    await said(phone, "You said: utterance 2.", mark)
    assert len(answers(phone)) == 3
    await phone.hang_up()
    await service.idle()
    kept = once(service, "s1")
    assert kept[0] == ("user", "utterance 1")
    assert "You said: utterance 1.".startswith(kept[1][1])
    assert kept[2:] == [("assistant", "And so on."), ("user", "utterance 2"), ("assistant", "You said: utterance 2.")]
    assert not phone.all("error")


async def test_an_answer_given_whole_before_its_question_had_words_is_not_given_again(
    service: Service, relay: Relay
) -> None:
    on_the_first(relay, withholds=(WORDS, 0), breaks=("response.audio.done", 1))
    phone = await service.ready()
    await phone.speak(UTTERANCE, pace=0.005)
    mark = phone.got.index(await phone.of("state", state="reconnecting"))
    await phone.of("transcription", mark, speaker="user", status="complete", text="utterance 1")
    await phone.heard_out()
    mark = len(phone.got)
    await phone.send(type="text", content="again")
    await said(phone, "You said: again.", mark)
    assert len(answers(phone)) == 2
    await phone.hang_up()
    await service.idle()
    assert once(service, "s1") == [
        ("user", "utterance 1"),
        ("assistant", "You said: utterance 1."),
        ("user", "again"),
        ("assistant", "You said: again."),
    ]


async def test_what_is_said_while_a_question_is_heard_again_is_answered(
    start_service: StartService, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TRANSCRIPT_PATIENCE_S", 1.5)
    on_the_first(relay, withholds=(WORDS, 0), breaks=("response.audio.done", 1))
    held = asyncio.Event()

    def withholds(leg: Leg, event: Event) -> bool:
        if event["type"] == WORDS and leg is not relay.legs[0] and leg.count(WORDS) == 2:
            held.set()
        return event["type"] == WORDS and (leg is relay.legs[0] or leg.count(WORDS) == 1)

    relay.withholds = withholds
    async with start_service(endpoint=relay.url, patience=CALM) as service:
        phone = await service.ready()
        await phone.speak(UTTERANCE, pace=0.005)
        mark = phone.got.index(await phone.of("state", state="reconnecting"))
        await phone.wait(lambda m: m["type"] == "state" and m["state"] in ("ready", "speaking"), mark)
        await phone.speak(tone(600) + silence(1500), pace=0.005)
        await asyncio.wait_for(held.wait(), 10)
        await said(phone, "You said: utterance 2.", mark)
        assert not phone.all("error")


# Tools


def told(leg: Leg) -> list[tuple[str, str]]:
    """Return what a session was told of tools: calls by name, and outputs."""
    items = [event["item"] for _, event in leg.sent if event["type"] == "conversation.item.create"]
    return [(item["type"], item.get("name") or item["output"]) for item in items if "call_id" in item]


async def lost_while_it_runs(phone: Phone, relay: Relay, shelf: Shelf, content: str) -> int:
    """Ask for a tool, lose the session while it runs, and wait for the next one; return where that begins."""
    shelf.gate.clear()
    await phone.send(type="text", content=content)
    await asyncio.wait_for(shelf.begun.wait(), 10)
    relay.break_all()
    mark = phone.got.index(await phone.of("state", state="reconnecting"))
    await phone.of("state", mark, state="thinking")
    return mark


@pytest.mark.parametrize(("content", "result"), [(NOTE, "Noted."), (LOOK, "Dr. Khan")])
async def test_a_tool_that_runs_when_the_session_is_lost_is_not_asked_for_again(
    service: Service, relay: Relay, shelf: Shelf, content: str, result: str
) -> None:
    phone = await service.ready()
    mark = await lost_while_it_runs(phone, relay, shelf, content)
    shelf.gate.set()
    await said(phone, f"The result is {result}.", mark)
    await phone.heard_out()
    assert shelf.noted == (["tea"] if content is NOTE else [])
    assert len(shelf.asked) == (0 if content is NOTE else 1)
    name = "remember" if content is NOTE else "search_memory"
    assert told(relay.legs[1]) == [("function_call", name), ("function_call_output", result)]
    assert [message["status"] for message in phone.all("tool")] == ["started", "done"]
    assert len(answers(phone)) == 1
    await phone.hang_up()
    await service.idle()
    assert [role for role, _ in once(service, "s1")] == ["user", "assistant"]


async def test_a_tool_that_ends_while_there_is_no_session_is_answered_with_by_the_next(
    service: Service, relay: Relay, shelf: Shelf
) -> None:
    phone = await service.ready()
    shelf.gate.clear()
    await phone.send(type="text", content=NOTE)
    await asyncio.wait_for(shelf.begun.wait(), 10)
    relay.refuse = 503
    relay.break_all()
    await phone.of("state", state="reconnecting")
    shelf.gate.set()
    await phone.of("tool", status="done")
    mark = len(phone.got)
    relay.refuse = None
    await said(phone, "The result is Noted..", mark)
    assert shelf.noted == ["tea"]
    assert told(relay.legs[-1]) == [("function_call", "remember"), ("function_call_output", "Noted.")]


async def test_a_model_that_asks_for_the_same_effect_again_after_a_loss_gets_what_it_came_to(
    service: Service, relay: Relay, shelf: Shelf
) -> None:
    relay.forgets = lambda leg, event: leg is not relay.legs[0] and "call_id" in event.get("item", {})
    phone = await service.ready()
    mark = await lost_while_it_runs(phone, relay, shelf, NOTE)
    shelf.gate.set()
    await phone.of("transcription", mark, speaker="assistant", status="complete")
    await phone.heard_out()
    assert shelf.noted == ["tea"]


async def test_an_agent_that_is_being_brought_in_when_the_session_is_lost_comes_once(
    service: Service, relay: Relay
) -> None:
    relay.breaks = lambda leg, event: leg is relay.legs[0] and event["type"] == "response.function_call_arguments.done"
    phone = await service.ready()
    await phone.send(type="text", content='[call:hand_off {"agent_id": "marcus", "reason": "numbers"}]')
    await phone.of("agent_switched", 1, agent_id="marcus")
    await phone.of("audio_end")
    await phone.heard_out()
    assert [message["agent_id"] for message in phone.all("agent_switched")] == ["elena", "marcus"]
    assert [message["status"] for message in phone.all("tool")] == ["started", "done"]
    assert len(answers(phone)) == 1, "nor does the first one answer as well"


# Words that fill a pause


async def test_words_that_fill_a_pause_are_heard_and_are_no_statement(
    start_service: StartService, relay: Relay, shelf: Shelf
) -> None:
    async with start_service(
        endpoint=relay.url, toolboxes=shelf.toolboxes, patience=replace(PATIENCE, filler=0.05), **NEW
    ) as service:
        shelf.gate.clear()
        phone = await service.ready()
        await phone.send(type="text", content=LOOK)
        filler = await said(phone, "Let me look.", 0)
        await phone.of("audio_end", item_id=filler["item_id"])
        mark = len(phone.got)
        shelf.gate.set()
        await said(phone, "The result is Dr. Khan.", mark)
        await phone.hang_up()
        await service.idle()
        assert once(service, "s1") == [("user", LOOK), ("assistant", "The result is Dr. Khan.")]
        deleted = [event["item_id"] for _, event in relay.legs[0].sent if event["type"] == "conversation.item.delete"]
        assert deleted == [filler["item_id"]], "nor does the model read it"


async def test_a_question_is_answered_though_a_filler_was_said_before_the_session_was_lost(
    start_service: StartService, relay: Relay, shelf: Shelf
) -> None:
    async with start_service(
        endpoint=relay.url, toolboxes=shelf.toolboxes, patience=replace(PATIENCE, filler=0.05), **NEW
    ) as service:
        shelf.gate.clear()
        phone = await service.ready()
        await phone.send(type="text", content=LOOK)
        filler = await said(phone, "Let me look.", 0)
        await phone.of("audio_end", item_id=filler["item_id"])
        relay.break_all()
        mark = phone.got.index(await phone.of("state", state="reconnecting"))
        await phone.of("state", mark, state="thinking")
        shelf.gate.set()
        await said(phone, "The result is Dr. Khan.", mark)


async def test_a_service_that_cannot_only_listen_answers_rather_than_never(service: Service, relay: Relay) -> None:
    on_the_first(relay, withholds=(WORDS, 0), breaks=("response.audio.done", 1))
    asked = 0

    def forgets(leg: Leg, event: Event) -> bool:
        nonlocal asked
        listens = str(event.get("event_id", "")).startswith("listen_")
        asked += listens
        if listens:
            event["session"]["turn_detection"] = {"type": "no_such_detection"}
        return False

    relay.forgets = forgets
    phone = await service.ready()
    await phone.speak(UTTERANCE, pace=0.005)
    mark = phone.got.index(await phone.of("state", state="reconnecting"))
    await phone.of("transcription", mark, speaker="user", status="complete", text="utterance 1")
    await phone.send(type="text", content="again")
    await said(phone, "You said: again.", mark)
    assert asked
    assert not phone.all("error")
