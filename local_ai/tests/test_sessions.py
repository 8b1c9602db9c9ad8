"""Voice sessions in process, with a brain whose every move the test makes: what depends on the order of things."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from local_ai.brains import Final, HeardEvent, Hearing, Partial, ReplyDelta, ReplyEnd, SpeechStarted, SpeechStopped
from local_ai.outbox import HIGH_WATER, Outbox
from local_ai.voicelive import VoiceSession

from .caller import BOUND_S, fits_sdk

Event = dict[str, Any]


class Puppet:
    """A brain and its listener in one. `heard` takes what it shall hear; `speaks` lets one piece of sound go."""

    name = "puppet"

    def __init__(self) -> None:
        self.heard: asyncio.Queue[HeardEvent | None] = asyncio.Queue()
        self.speaks = asyncio.Semaphore(0)
        self.pieces = 0
        self.asked: list[list[dict[str, Any]]] = []
        self.warmed: list[list[dict[str, Any]]] = []
        self.silenced = asyncio.Event()
        self.stop_on: asyncio.Event | None = None
        self.failure: Exception | None = None

    async def prepare(self) -> None:
        """Ready."""

    def listen(self, sample_rate: int) -> "Puppet":
        """Itself."""
        return self

    def follow(self, hearing: Hearing) -> None:
        """Hears what the test says, whatever the session asks for."""

    def feed(self, pcm16: bytes) -> None:
        """Deaf to sound."""

    async def events(self) -> AsyncIterator[HeardEvent]:
        """What the test says."""
        while (event := await self.heard.get()) is not None:
            yield event

    async def commit(self) -> None:
        """The test says what follows."""

    def clear(self) -> None:
        """Nothing to forget."""

    async def close(self) -> None:
        """Ends the events."""
        self.heard.put_nowait(None)

    async def reply(self, messages: Any, *, stop_on: Any = None, **_: Any) -> AsyncIterator[ReplyDelta | ReplyEnd]:
        """Two clauses."""
        self.asked.append(messages)
        self.stop_on = stop_on
        if self.failure is not None:
            raise self.failure
        yield ReplyDelta("First this. ")
        yield ReplyDelta("Then that.")
        yield ReplyEnd(10, 4, 6, "stop")

    async def speak(self, text: str, voice: str, rate: float) -> AsyncIterator[bytes]:
        """Quarter seconds, each when the test lets it."""
        try:
            while True:
                await self.speaks.acquire()
                self.pieces += 1
                yield bytes(12000)
        finally:
            self.silenced.set()

    async def warm(self, messages: list[dict[str, Any]]) -> None:
        """Noted."""
        self.warmed.append(messages)


class Talk:
    """One session: frames in, events out."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[str | None] = asyncio.Queue()
        self.sent: asyncio.Queue[Event] = asyncio.Queue()
        self.blocked = asyncio.Event()
        self.blocked.set()

    async def send(self, message: dict[str, Any]) -> None:
        """The transport: blocks while the client does not read."""
        await self.blocked.wait()
        event = orjson.loads(message["text"])
        fits_sdk(event)
        self.sent.put_nowait(event)

    def say(self, kind: str, **fields: Any) -> None:
        """A client event."""
        self.frames.put_nowait(orjson.dumps({"type": kind, **fields}).decode())

    async def until(self, kind: str) -> Event:
        """The next event of a kind."""
        while True:
            event = await asyncio.wait_for(self.sent.get(), BOUND_S)
            if event["type"] == kind:
                return event

    async def nothing_more(self) -> None:
        """Fails if an event comes before the answer to a wrong one."""
        self.say("nonsense")
        assert (await asyncio.wait_for(self.sent.get(), BOUND_S))["type"] == "error"


@asynccontextmanager
async def talking(brain: Any, model: str = "gpt-4.1") -> AsyncIterator[Talk]:
    """A running session."""
    talk = Talk()
    outbox = Outbox(talk.send, lambda: None)
    session = VoiceSession(brain, model, {}, outbox, faults=False)
    tasks = [asyncio.create_task(outbox.run()), asyncio.create_task(session.run(talk.frames.get))]
    await talk.until("session.created")
    yield talk
    talk.frames.put_nowait(None)
    await asyncio.wait_for(tasks[1], BOUND_S)
    await session.close()
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def hears(brain: Puppet, *said: HeardEvent) -> None:
    """The puppet hears all this at once."""
    for event in said:
        brain.heard.put_nowait(event)


@pytest.mark.asyncio(loop_scope="function")  # a loop of its own: in the shared one other tests' servers go on working
@pytest.mark.parametrize("steps", range(8))
async def test_a_session_that_is_broken_off_leaves_no_task_behind(steps: int) -> None:
    talk = Talk()
    brain: Any = Puppet()
    session = VoiceSession(brain, "gpt-4.1", {}, Outbox(talk.send, lambda: None), faults=False)
    talk.say("response.create")
    running = asyncio.create_task(session.run(talk.frames.get))
    for _ in range(steps):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await session.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_response_asked_for_before_the_words_are_there_is_made_with_them() -> None:
    brain = Puppet()
    async with talking(brain) as talk:
        talk.say("session.update", session={"turn_detection": None})
        talk.say("input_audio_buffer.append", audio="AAAA" * 2000)
        talk.say("input_audio_buffer.commit")
        talk.say("response.create", response={"modalities": ["text"]})
        await talk.until("input_audio_buffer.committed")
        await talk.nothing_more()
        assert brain.asked == []
        hears(brain, Final("my words"))
        await talk.until("response.done")
    assert brain.asked[0][-1] == {"role": "user", "content": "my words"}


async def test_a_user_who_goes_on_before_the_answer_gets_one_answer_to_all() -> None:
    brain = Puppet()
    async with talking(brain) as talk:
        talk.say("session.update", session={"modalities": ["text"]})
        hears(brain, SpeechStarted(0), SpeechStopped(500), SpeechStarted(700), Final("Wait,"))
        await talk.until("conversation.item.created")
        await talk.nothing_more()
        hears(brain, SpeechStopped(1500), Final("I meant this."))
        await talk.until("response.done")
        await talk.nothing_more()
    contents = [message["content"] for message in brain.asked[0] if message["role"] == "user"]
    assert contents == ["Wait,", "I meant this."]
    assert len(brain.asked) == 1


async def test_noise_after_a_turn_does_not_swallow_its_answer() -> None:
    brain = Puppet()
    async with talking(brain) as talk:
        talk.say("session.update", session={"modalities": ["text"]})
        hears(brain, SpeechStarted(0), SpeechStopped(500), SpeechStarted(700), Final("Tell me."))
        hears(brain, SpeechStopped(900), Final(""))
        done = await talk.until("response.done")
    assert done["response"]["status"] == "completed"
    assert brain.asked[0][-1]["content"] == "Tell me."


async def test_noise_alone_is_not_answered() -> None:
    brain = Puppet()
    async with talking(brain) as talk:
        hears(brain, SpeechStarted(0), SpeechStopped(100), Final(""))
        await talk.until("conversation.item.created")
        await talk.nothing_more()
    assert brain.asked == []


async def test_a_cancelled_response_stops_the_mind_and_the_voice() -> None:
    brain = Puppet()
    async with talking(brain) as talk:
        talk.say("response.create")
        brain.speaks.release()
        await talk.until("response.audio.delta")
        hears(brain, SpeechStarted(0))
        assert (await talk.until("response.done"))["response"]["status"] == "cancelled"
        await asyncio.wait_for(brain.silenced.wait(), BOUND_S)
    assert brain.stop_on is not None
    assert brain.stop_on.is_set()


async def test_a_client_that_leaves_stops_the_voice() -> None:
    brain = Puppet()
    async with talking(brain) as talk:
        talk.say("response.create")
        brain.speaks.release()
        await talk.until("response.audio.delta")
    assert brain.silenced.is_set()


async def test_the_voice_waits_for_a_client_that_does_not_read() -> None:
    brain = Puppet()
    async with talking(brain) as talk:
        talk.say("response.create")
        brain.speaks.release()
        await talk.until("response.audio.delta")
        talk.blocked.clear()
        for _ in range(2 * HIGH_WATER // 16000):
            brain.speaks.release()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        waiting = brain.pieces
        assert HIGH_WATER / 16500 < waiting < HIGH_WATER / 16000 + 3
        talk.blocked.set()
        while brain.pieces == waiting:
            await talk.until("response.audio.delta")


async def test_a_brain_that_fails_ends_the_response_and_not_the_session() -> None:
    brain = Puppet()
    async with talking(brain) as talk:
        brain.failure = RuntimeError("out of memory")
        talk.say("response.create")
        failed = (await talk.until("response.done"))["response"]
        brain.failure = None
        talk.say("response.create", response={"modalities": ["text"]})
        assert (await talk.until("response.done"))["response"]["status"] == "completed"
    assert failed["status"] == "failed"
    assert failed["status_details"]["error"]["message"] == "out of memory"


async def test_new_instructions_are_read_ahead_once() -> None:
    brain = Puppet()
    async with talking(brain) as talk:
        for _ in range(2):
            talk.say("session.update", session={"instructions": "You are Elena."})
            await talk.until("session.updated")
        await talk.nothing_more()
    assert brain.warmed == [[{"role": "system", "content": "You are Elena."}]]


async def test_partial_words_of_one_turn_are_not_told_with_the_next() -> None:
    brain = Puppet()
    async with talking(brain, "gpt-realtime") as talk:
        transcription = {"model": "whisper-1"}
        detection = {"type": "server_vad", "create_response": False}
        talk.say("session.update", session={"input_audio_transcription": transcription, "turn_detection": detection})
        hears(brain, SpeechStarted(0), Partial("one"), Partial("one two"), SpeechStopped(500))
        hears(brain, SpeechStarted(600), Final("one two three"))
        deltas = [(await talk.until("conversation.item.input_audio_transcription.delta"))["delta"] for _ in range(2)]
    assert deltas == ["one", " two three"]


async def test_usage_tells_what_the_brain_spent() -> None:
    brain = Puppet()
    async with talking(brain) as talk:
        talk.say("response.create", response={"modalities": ["text"]})
        usage = (await talk.until("response.done"))["response"]["usage"]
    assert usage["input_tokens"] == 10
    assert usage["input_token_details"]["cached_tokens"] == 4
    assert usage["output_tokens"] == 6
