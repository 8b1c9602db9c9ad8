"""Both voices: two pitches, one loudness, and sound that starts early."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from local_ai.synthesis import LOUDNESS, PEAK, SAMPLE_RATE, Synthesis, clauses
from local_ai.tests.speech_measures import SENTENCES, median_pitch, samples

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
async def synthesis() -> AsyncIterator[Synthesis]:
    loaded = Synthesis()
    await loaded.load()
    yield loaded
    await loaded.close()


async def spoken(synthesis: Synthesis, text: str, voice: str = "heart", rate: float = 1.0) -> bytes:
    return b"".join([piece async for piece in synthesis.speak(text, voice, rate)])


async def test_the_two_voices_differ_in_pitch_by_a_fifth_at_least_in_every_sentence(synthesis: Synthesis) -> None:
    high = [median_pitch(samples(await spoken(synthesis, text, "heart"))) for text in SENTENCES]
    low = [median_pitch(samples(await spoken(synthesis, text, "heart-low"))) for text in SENTENCES]
    assert max(low) <= 0.8 * min(high), (high, low)
    assert 160 < np.median(high) < 240
    assert 85 < np.median(low) < 155


async def test_both_voices_are_equally_loud_and_never_clip(synthesis: Synthesis) -> None:
    for voice in ("heart", "heart-low"):
        for text in SENTENCES:
            sound = samples(await spoken(synthesis, text, voice))
            blocks = sound[: len(sound) // 480 * 480].reshape(-1, 480)
            power = (blocks**2).mean(axis=1)
            loudness = np.sqrt(power[power > 0.1 * power.max()].mean())
            assert 0.6 * LOUDNESS < loudness < 1.4 * LOUDNESS
            assert np.abs(sound).max() <= PEAK


async def test_sound_starts_within_a_tenth_of_a_second_of_the_first_sample(synthesis: Synthesis) -> None:
    sound = samples(await spoken(synthesis, "Shall we look at the migration?"))
    assert np.flatnonzero(np.abs(sound) > 0.02)[0] < 0.1 * SAMPLE_RATE


async def test_the_same_words_give_the_same_sound(synthesis: Synthesis) -> None:
    assert await spoken(synthesis, "Good morning.") == await spoken(synthesis, "Good morning.")


async def test_the_rate_changes_the_length(synthesis: Synthesis) -> None:
    slow, normal, fast = [len(await spoken(synthesis, SENTENCES[0], rate=rate)) for rate in (0.7, 1.0, 1.4)]
    assert slow > 1.2 * normal > 1.2 * 1.2 * fast


async def test_the_first_piece_is_the_first_clause(synthesis: Synthesis) -> None:
    pieces = [piece async for piece in synthesis.speak("Good morning, Ada. What is on your mind today?", "heart", 1.0)]
    assert len(pieces) == 3
    assert len(pieces[0]) < SAMPLE_RATE * 2 * 1.2


@pytest.mark.parametrize("text", ["", "   ", "…", "***", "🙂"])
async def test_text_without_a_word_gives_no_sound(synthesis: Synthesis, text: str) -> None:
    assert await spoken(synthesis, text) == b""


async def test_an_unknown_voice_is_refused_by_name(synthesis: Synthesis) -> None:
    with pytest.raises(ValueError, match=r"no voice 'soprano'; there are heart, heart-low"):
        await spoken(synthesis, "Hello.", "soprano")


def test_a_long_sentence_without_a_mark_is_cut_after_eight_words() -> None:
    text = " ".join(f"word{n}" for n in range(20))
    assert [len(piece.split()) for piece in clauses(text)] == [8, 12]


def test_titles_and_numbers_do_not_end_a_clause() -> None:
    assert clauses("Dr. Smith paid 3.50 at 10:30. Then he left.") == ["Dr. Smith paid 3.50 at 10:30.", "Then he left."]


def test_marks_of_formatting_are_not_spoken() -> None:
    text = "**Risks**\n- `scope` creep\n- [cost](https://example.com/x)\n\n---\nSee https://example.com"
    assert clauses(text) == ["Risks", "scope creep", "cost", "See"]
