"""Tools in a call, over a real WebSocket and the real SDK: `[call:NAME {…}]` makes the scripted model ask for one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from backend.agents import own_tools
from backend.agents.profiles import AgentDirectory
from backend.agents.tools import Asking, Result, Tool, Toolboxes, ToolFailed
from backend.tests.voice.conftest import UTTERANCE, Phone, Service, StartService
from backend.voice.call.errands import MOST_ROUNDS
from backend.voice.patience import Patience
from backend.voice.voicelive.queue import Quota
from backend.voice.voicelive.upstream import Endpoint

ANY = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
NEW = {"azure_voicelive_api_version": "2026-07-15"}
"""The stand-in says prepared words, as the service does since 2026-04-10."""
NO_FILLER = replace(Patience(), tick=0.05, filler=60)
"""For tests of something else: on a loaded machine a tool takes its time."""
LOOK = '[call:search_memory {"query": "dentist"}]'
NOTE = '[call:remember {"query": "tea"}]'


class Shelf:
    """Two tools of a test: `search_memory` reads, `remember` writes. Each waits for `gate`."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.asked: list[tuple[str, Asking]] = []
        self.noted: list[str] = []
        self.answer = "Dr. Khan"
        agents = AgentDirectory.load()
        look = Tool("search_memory", "Looks.", ANY, self.look)
        note = Tool("remember", "Notes.", ANY, self.note, read_only=False)
        self.toolboxes = Toolboxes(
            {
                "search_memory": lambda profile: look,
                "remember": lambda profile: note,
                "hand_off": own_tools.hand_off(agents),
                "get_time": own_tools.get_time(),
            }
        )

    async def look(self, arguments: dict[str, Any], asking: Asking) -> Result:
        self.asked.append((arguments["query"], asking))
        self.begun.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        if self.answer == "fail":
            raise ToolFailed("The shelf is empty. Ask the person.")
        return Result(self.answer)

    async def note(self, arguments: dict[str, Any], asking: Asking) -> Result:
        self.begun.set()
        await self.gate.wait()
        self.noted.append(arguments["query"])
        return Result("Noted.")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def service(start_service: StartService, shelf: Shelf) -> AsyncIterator[Service]:
    async with start_service(toolboxes=shelf.toolboxes, patience=NO_FILLER, **NEW) as running:
        yield running
        shelf.gate.set()


async def said(phone: Phone, mark: int = 0) -> str:
    """Return the first answer from `mark` on that is complete."""
    reply = await phone.of("transcription", mark, speaker="assistant", status="complete")
    return str(reply["text"])


def statuses(phone: Phone) -> list[tuple[str, str]]:
    return [(message["name"], message["status"]) for message in phone.all("tool")]


async def test_what_a_tool_gives_is_answered_with_and_the_page_is_told(service: Service, shelf: Shelf) -> None:
    phone = await service.ready("s-tool")
    await phone.send(type="text", content=LOOK)
    assert await said(phone) == "The result is Dr. Khan."
    assert statuses(phone) == [("search_memory", "started"), ("search_memory", "done")]
    query, asking = shelf.asked[0]
    assert (query, asking.session_id, asking.agent_id, asking.channel) == ("dentist", "s-tool", "elena", "voice")
    assert asking.who.user_id
    await phone.of("state", phone.got.index(phone.all("tool")[-1]), state="ready")
    await phone.hang_up()
    await service.idle()
    assert [turn.role for turn in service.memory.transcript] == ["user", "assistant"]
    assert asking.turn_id == service.memory.transcript[0].id


async def test_two_calls_of_one_response_are_answered_once_when_both_are_done(service: Service, shelf: Shelf) -> None:
    shelf.gate.clear()
    phone = await service.ready()
    await phone.send(type="text", content=f"[call:get_time {{}}]{LOOK}")
    await phone.of("tool", name="get_time", status="done")
    assert not phone.all("audio")
    shelf.gate.set()
    reply = await said(phone)
    assert reply.startswith("The result is ")
    assert "UTC" in reply
    assert "Dr. Khan" in reply
    await phone.heard_out()
    assert len({message["item_id"] for message in phone.all("audio")}) == 1


@pytest.mark.parametrize(
    ("call", "told", "status"),
    [
        ("[call:open_doors {}]", "There is no tool 'open_doors'", "failed"),
        ("[call:search_memory {broken}]", "are not valid JSON", "failed"),
        ('[call:search_memory {"query": 7}]', "do not fit its schema", "failed"),
    ],
)
async def test_a_call_that_cannot_be_carried_out_is_told_to_the_model(
    service: Service, call: str, told: str, status: str
) -> None:
    phone = await service.ready()
    await phone.send(type="text", content=call)
    assert told in await said(phone)
    assert [message["status"] for message in phone.all("tool")] == ["started", status]
    assert not phone.all("error")


async def test_a_tool_that_fails_says_so_with_its_remedy(service: Service, shelf: Shelf) -> None:
    shelf.answer = "fail"
    phone = await service.ready()
    await phone.send(type="text", content=LOOK)
    assert await said(phone) == "The result is The shelf is empty. Ask the person.."


async def test_a_result_that_is_too_long_is_cut_with_a_note(service: Service, shelf: Shelf) -> None:
    shelf.answer = "x" * 15_000
    phone = await service.ready()
    await phone.send(type="text", content=LOOK)
    note = "[Cut here: these are 6,000 of 15,000 characters."
    await phone.wait(lambda message: message["type"] == "transcription" and note in message["text"])


async def test_a_call_that_is_the_last_thing_in_a_response_with_words_is_made(service: Service, shelf: Shelf) -> None:
    phone = await service.ready()
    await phone.send(type="text", content=f"[say:Let me see.]{LOOK}")
    assert await said(phone) == "Let me see."
    mark = phone.got.index(await phone.of("tool", status="done"))
    await phone.of("transcription", mark, speaker="assistant", status="complete", text="The result is Dr. Khan.")


async def test_while_a_tool_takes_its_time_the_agent_says_a_few_words(
    start_service: StartService, shelf: Shelf
) -> None:
    shelf.gate.clear()
    async with start_service(
        toolboxes=shelf.toolboxes, **NEW, patience=replace(Patience(), tick=0.05, filler=0.05)
    ) as service:
        phone = await service.ready()
        await phone.send(type="text", content=LOOK)
        assert await said(phone) == "Let me look."
        await phone.of("audio")
        mark = len(phone.got)
        shelf.gate.set()
        await phone.of("transcription", mark, speaker="assistant", status="complete", text="The result is Dr. Khan.")


async def test_who_has_said_something_already_does_not_fill_the_pause(
    start_service: StartService, shelf: Shelf
) -> None:
    shelf.gate.clear()
    async with start_service(
        toolboxes=shelf.toolboxes, **NEW, patience=replace(Patience(), tick=0.05, filler=0.0, tool=0.4)
    ) as service:
        phone = await service.ready()
        await phone.send(type="text", content=f"[say:One second.]{LOOK}")
        await phone.of("tool", status="failed")
        await phone.wait(lambda m: m["type"] == "transcription" and "did not answer within 0.4 s" in m["text"])
        assert "Let me look." not in {m["text"] for m in phone.all("transcription")}


async def test_who_speaks_gives_up_a_tool_that_only_reads_and_is_answered(service: Service, shelf: Shelf) -> None:
    shelf.gate.clear()
    phone = await service.ready()
    await phone.send(type="text", content=LOOK)
    await asyncio.wait_for(shelf.begun.wait(), 10)
    mark = len(phone.got)
    await phone.speak(UTTERANCE)
    await asyncio.wait_for(shelf.cancelled.wait(), 10)
    await phone.of("tool", mark, status="cancelled")
    assert (await said(phone, mark)).startswith("You said: utterance")


async def test_who_speaks_lets_a_note_be_finished_and_is_answered_once(service: Service, shelf: Shelf) -> None:
    shelf.gate.clear()
    phone = await service.ready()
    await phone.send(type="text", content=NOTE)
    await asyncio.wait_for(shelf.begun.wait(), 10)
    mark = len(phone.got)
    await phone.speak(UTTERANCE)
    assert (await said(phone, mark)).startswith("You said: utterance")
    shelf.gate.set()
    await phone.of("tool", mark, status="done")
    assert shelf.noted == ["tea"]
    await phone.of("audio_end", mark)
    await phone.of("state", phone.got.index(phone.all("audio_end")[-1]), state="ready")
    assert len({m["item_id"] for m in phone.all("audio")}) == 1


async def test_a_call_that_ends_while_a_note_is_written_waits_for_it(service: Service, shelf: Shelf) -> None:
    shelf.gate.clear()
    phone = await service.ready()
    await phone.send(type="text", content=NOTE)
    await asyncio.wait_for(shelf.begun.wait(), 10)
    await phone.hang_up()
    shelf.gate.set()
    await service.idle()
    assert shelf.noted == ["tea"]


async def test_speech_that_turns_out_to_be_none_does_not_lose_the_answer(service: Service, shelf: Shelf) -> None:
    shelf.gate.clear()
    phone = await service.ready()
    await phone.send(type="text", content=LOOK)
    await asyncio.wait_for(shelf.begun.wait(), 10)
    call = next(iter(service.switchboard._calls))
    leg = call._leg
    assert leg is not None
    shelf.gate.set()
    call._events._speech_started(leg, {"item_id": "item_noise"})
    mark = len(phone.got)
    call._events._user_final(leg, {"item_id": "item_noise", "transcript": ""})
    reply = await phone.of("transcription", mark, speaker="assistant", status="complete")
    assert reply["text"].startswith("The result is ")


async def test_an_agent_that_does_nothing_but_use_tools_is_stopped_and_the_person_told(
    service: Service, shelf: Shelf
) -> None:
    phone = await service.ready()
    await phone.send(type="text", content=LOOK.replace("[call:", "[always:"))
    told = await phone.of("error")
    assert (told["code"], told["retryable"]) == ("no_answer", True)
    assert len(shelf.asked) == MOST_ROUNDS
    await phone.send(type="text", content="Hello")
    await phone.of("transcription", phone.got.index(told), speaker="assistant", text="You said: Hello.")


async def test_tools_can_be_left_out_of_calls(start_service: StartService, shelf: Shelf) -> None:
    async with start_service(toolboxes=shelf.toolboxes, voice_tools=False) as service:
        phone = await service.ready()
        await phone.send(type="text", content=LOOK)
        assert (await said(phone)).startswith("You said: ")
        assert not phone.all("tool")


async def test_a_service_that_takes_no_prepared_words_is_asked_to_say_them(start_service: StartService) -> None:
    from backend.agents.profiles import AgentDirectory as Agents
    from backend.voice.voicelive.leg import Leg

    sent: list[dict[str, Any]] = []

    class Silent:
        async def send(self, event: dict[str, Any]) -> None:
            sent.append(event)

    for as_written in (True, False):
        leg = Leg(Silent(), Endpoint("", Quota(30)), Agents.load().default, {}, 10)  # type: ignore[arg-type]
        leg.speak("Let me look.", as_written=as_written)
    prepared, asked = (event["response"] for event in sent)
    assert prepared["pre_generated_assistant_message"]["content"] == [{"type": "text", "text": "Let me look."}]
    assert asked["instructions"] == 'Say exactly this and nothing else: "Let me look."'
    assert (asked["tools"], asked["tool_choice"]) == ([], "none")
