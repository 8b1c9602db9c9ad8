"""The ear's thread: what is heard arrives in order, and what was cleared does not. The ear itself is a fake."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from local_ai.brains import Final, HeardEvent, Partial, SpeechStarted, SpeechStopped, TranscriptionFailed
from local_ai.brains.models import BACKLOG_SECONDS, ModelsListener
from local_ai.ear import Ear

RATE = 16_000
BLOCK = bytes(RATE // 50 * 2)


class FakeEar:
    """Gives one prepared list of events for each block, when it may."""

    def __init__(self) -> None:
        self.script: list[list[HeardEvent | Exception]] = []
        self.may = threading.Event()
        self.may.set()
        self.samples = 0
        self.hurried: list[bool] = []
        self.cleared = 0

    def hear(self, samples: npt.NDArray[np.float32], *, hurried: bool = False) -> Iterator[HeardEvent]:
        self.samples += len(samples)
        self.hurried.append(hurried)
        for event in self.script.pop(0) if self.script else []:
            assert self.may.wait(10)
            if isinstance(event, Exception):
                raise event
            yield event

    def commit(self) -> Iterator[HeardEvent]:
        yield Final("committed")

    def clear(self) -> None:
        self.cleared += 1


@pytest.fixture
def ear() -> FakeEar:
    return FakeEar()


@pytest.fixture
async def listener(ear: FakeEar) -> AsyncIterator[ModelsListener]:
    made = ModelsListener(cast(Ear, ear), RATE)
    yield made
    await made.close()


async def take(events: AsyncIterator[HeardEvent], count: int) -> list[HeardEvent]:
    async with asyncio.timeout(10):
        return [await anext(events) for _ in range(count)]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for the thread, which tells nobody when it has done nothing."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


async def test_what_is_heard_arrives_in_order(listener: ModelsListener, ear: FakeEar) -> None:
    wanted: list[Any] = [SpeechStarted(10), Partial("a"), Partial("a b"), SpeechStopped(900), Final("a b c")]
    ear.script = [wanted[:2], [], wanted[2:]]
    for _ in range(3):
        listener.feed(BLOCK)
    assert await take(listener.events(), 5) == wanted


async def test_feeding_does_not_wait_for_the_models(listener: ModelsListener, ear: FakeEar) -> None:
    ear.may.clear()
    ear.script = [[SpeechStarted(0)]]
    start = asyncio.get_running_loop().time()
    for _ in range(500):
        listener.feed(BLOCK)
    assert asyncio.get_running_loop().time() - start < 1
    ear.may.set()
    assert await take(listener.events(), 1) == [SpeechStarted(0)]
    await until(lambda: ear.samples == 500 * len(BLOCK) // 2)
    # It was ten seconds behind, so no partials meanwhile; at the end it had caught up.
    assert ear.hurried[1]
    assert not ear.hurried[-1]


async def test_a_sample_cut_in_two_is_put_together(listener: ModelsListener, ear: FakeEar) -> None:
    for _ in range(3):
        listener.feed(bytes(101))
    listener.feed(b"\0")
    await until(lambda: ear.samples == 152)


async def test_cleared_speech_gives_no_further_event(listener: ModelsListener, ear: FakeEar) -> None:
    ear.may.clear()
    ear.script = [[SpeechStarted(0), Partial("secret")], [SpeechStarted(500), Final("after")]]
    listener.feed(BLOCK)
    await until(lambda: len(ear.hurried) == 1)
    listener.clear()
    listener.feed(BLOCK)
    ear.may.set()
    assert await take(listener.events(), 2) == [SpeechStarted(500), Final("after")]
    assert ear.cleared == 1


async def test_events_that_nobody_has_read_are_cleared_too_but_not_a_finished_utterance(
    listener: ModelsListener, ear: FakeEar
) -> None:
    ear.script = [[SpeechStarted(0), SpeechStopped(9), Final("kept"), SpeechStarted(20), Partial("gone")]]
    listener.feed(BLOCK)
    await until(lambda: len(listener._events) == 5)
    listener.clear()
    listener.feed(BLOCK)
    await listener.commit()
    events = await take(listener.events(), 4)
    assert events == [SpeechStarted(0), SpeechStopped(9), Final("kept"), Final("committed")]


async def test_a_transcript_that_was_promised_comes_in_spite_of_a_clear(listener: ModelsListener, ear: FakeEar) -> None:
    ear.script = [[SpeechStarted(0), SpeechStopped(9)], [Final("promised")]]
    listener.feed(BLOCK)
    events = listener.events()
    assert await take(events, 2) == [SpeechStarted(0), SpeechStopped(9)]
    ear.may.clear()
    listener.feed(BLOCK)
    await until(lambda: len(ear.hurried) == 2)
    listener.clear()
    ear.may.set()
    assert await take(events, 1) == [Final("promised")]


async def test_commit_gives_the_words(listener: ModelsListener) -> None:
    await listener.commit()
    assert await take(listener.events(), 1) == [Final("committed")]


async def test_a_failure_ends_the_utterance_and_not_the_call(listener: ModelsListener, ear: FakeEar) -> None:
    ear.script = [[ValueError("model broke")], [SpeechStarted(40)]]
    listener.feed(BLOCK)
    listener.feed(BLOCK)
    failed, started = await take(listener.events(), 2)
    assert failed == TranscriptionFailed("Hearing failed: ValueError.")
    assert started == SpeechStarted(40)


async def test_audio_past_the_bound_is_lost_and_the_transcript_says_so(listener: ModelsListener, ear: FakeEar) -> None:
    ear.may.clear()
    ear.script = [[SpeechStarted(0), SpeechStopped(1), Final("half of it")]]
    listener.feed(BLOCK)
    second = bytes(RATE * 2)
    for _ in range(BACKLOG_SECONDS + 11):
        listener.feed(second)
    ear.may.set()
    *_, last = await take(listener.events(), 3)
    assert isinstance(last, TranscriptionFailed)
    assert "s were lost" in last.message


async def test_close_ends_the_events_at_once_and_may_come_twice(listener: ModelsListener, ear: FakeEar) -> None:
    ear.may.clear()
    ear.script = [[SpeechStarted(0)]]
    listener.feed(BLOCK)
    reading = asyncio.ensure_future(anext(listener.events(), None))
    await listener.close()
    await listener.close()
    async with asyncio.timeout(5):
        assert await reading is None
    ear.may.set()
    listener.feed(BLOCK)  # too late, and harmless
