"""The whole loop with real models: one voice speaks, the listener hears, the model answers, the other voice reads."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from local_ai.brains import Final, HeardEvent, Partial, ReplyDelta, ReplyEnd, SpeechStarted, SpeechStopped
from local_ai.brains.models import ModelsBrain, ModelsListener
from local_ai.tests.speech_measures import SENTENCES, word_errors, words

pytestmark = pytest.mark.models

RATE = 24_000
FRAME = RATE * 2 // 25
"""Bytes of 40 ms of PCM16."""


@pytest.fixture(scope="module")
async def brain() -> AsyncIterator[ModelsBrain]:
    loaded = ModelsBrain()
    await loaded.prepare()
    yield loaded
    await loaded.close()


def quiet(seconds: float) -> bytes:
    return bytes(int(RATE * seconds) * 2)


async def spoken(brain: ModelsBrain, text: str, voice: str = "heart") -> bytes:
    return b"".join([piece async for piece in brain.speak(text, voice, 1.0)])


async def heard(listener: ModelsListener, pcm16: bytes) -> list[HeardEvent]:
    """Feed in frames of 40 ms, as fast as it goes, and read until the utterance has been told."""
    for at in range(0, len(pcm16), FRAME):
        listener.feed(pcm16[at : at + FRAME])
    events: list[HeardEvent] = []
    async with asyncio.timeout(60):
        async for event in listener.events():
            events.append(event)
            if isinstance(event, Final):
                break
    return events


@pytest.mark.parametrize("voice", ["heart", "heart-low"])
async def test_what_one_voice_says_the_listener_hears(brain: ModelsBrain, voice: str) -> None:
    wrong = total = 0
    for text in SENTENCES:
        listener = brain.listen(RATE)
        pcm = await spoken(brain, text, voice)
        events = await heard(listener, quiet(0.5) + pcm + quiet(2))
        await listener.close()
        final = events[-1]
        assert isinstance(final, Final)
        assert [type(event) for event in events if not isinstance(event, Partial)] == [
            SpeechStarted,
            SpeechStopped,
            Final,
        ], f"{text!r} was cut: {events}"
        started, stopped = events[0], events[-2]
        assert isinstance(started, SpeechStarted)
        assert isinstance(stopped, SpeechStopped)
        assert abs(started.at_ms - 500) < 250
        assert abs(stopped.at_ms - (500 + len(pcm) / 2 / RATE * 1000)) < 450
        wrong += word_errors(text, final.text)
        total += len(words(text))
    assert wrong / total < 0.15, f"{wrong} of {total} words"


async def test_partials_come_while_the_sentence_is_still_being_said(brain: ModelsBrain) -> None:
    pcm = quiet(0.5) + await spoken(brain, SENTENCES[0])
    listener = brain.listen(RATE)
    events = listener.events()
    texts: list[str] = []
    async with asyncio.timeout(60):
        # No faster than it is heard: each block waits until the one before it has been taken.
        for at in range(0, len(pcm) * 4 // 5, FRAME):
            listener.feed(pcm[at : at + FRAME])
            while listener._taken < listener._fed:  # noqa: ASYNC110  the thread tells nobody of silence
                await asyncio.sleep(0.001)
        while not texts or len(texts[-1].split()) < 4:
            event = await anext(events)
            if isinstance(event, Partial):
                texts.append(event.text)
    await listener.close()
    assert word_errors("Hello Elena, my name is", " ".join(texts[-1].split()[:5])) <= 2


async def test_an_unfinished_sentence_is_given_time(brain: ModelsBrain) -> None:
    listener = brain.listen(RATE)
    unfinished = await spoken(brain, "I would like to talk about the budget, and then,")
    rest = await spoken(brain, "about the new people in your team.")
    events = await heard(listener, quiet(0.3) + unfinished + quiet(0.4) + rest + quiet(2))
    await listener.close()
    assert sum(isinstance(event, SpeechStopped) for event in events) == 1
    final = events[-1]
    assert isinstance(final, Final)
    assert "budget" in final.text
    assert "team" in final.text


async def test_noise_is_not_speech(brain: ModelsBrain) -> None:
    import numpy as np

    listener = brain.listen(RATE)
    noise = (np.random.default_rng(0).standard_normal(RATE * 3) * 300).astype("<i2").tobytes()
    listener.feed(noise)
    await listener.commit()
    events = listener.events()
    async with asyncio.timeout(30):
        assert await anext(events) == Final("")
    await listener.close()


async def test_a_spoken_question_gets_a_spoken_answer_in_the_other_voice(brain: ModelsBrain) -> None:
    listener = brain.listen(RATE)
    events = await heard(listener, quiet(0.3) + await spoken(brain, "What is the capital of France?") + quiet(2))
    await listener.close()
    question = events[-1]
    assert isinstance(question, Final)
    system = {"role": "system", "content": "You are Marcus. Answer in one short sentence."}
    pieces = [
        piece
        async for piece in brain.reply(
            [system, {"role": "user", "content": question.text}], max_tokens=40, temperature=0.0
        )
    ]
    assert isinstance(pieces[-1], ReplyEnd)
    answer = "".join(piece.text for piece in pieces if isinstance(piece, ReplyDelta))
    assert "Paris" in answer
    other = brain.listen(RATE)
    events = await heard(
        other, quiet(0.3) + await spoken(brain, answer, "en-US-Andrew:DragonHDLatestNeural") + quiet(2)
    )
    await other.close()
    final = events[-1]
    assert isinstance(final, Final)
    assert "Paris" in final.text


async def test_two_sessions_hear_their_own_words_at_the_same_time(brain: ModelsBrain) -> None:
    texts = SENTENCES[1], SENTENCES[2]
    sounds = [await spoken(brain, text) for text in texts]
    listeners = [brain.listen(RATE), brain.listen(RATE)]
    both = await asyncio.gather(
        *[heard(listener, quiet(0.3) + pcm + quiet(2)) for listener, pcm in zip(listeners, sounds, strict=True)]
    )
    for listener, text, events in zip(listeners, texts, both, strict=True):
        await listener.close()
        final = events[-1]
        assert isinstance(final, Final)
        assert word_errors(text, final.text) <= 2
