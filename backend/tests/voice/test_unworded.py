"""Sound is kept for as long as it has no words, and no longer."""

from backend.voice.words.unworded import LEAD_FRAMES, MOST_FRAMES, Unworded


def heard(unworded: Unworded, *numbers: int) -> None:
    for number in numbers:
        unworded.add(b"%d" % number)


def kept(unworded: Unworded) -> list[int]:
    return [int(frame) for frame in unworded.frames()]


def test_while_nobody_speaks_a_short_lead_is_kept() -> None:
    unworded = Unworded()
    heard(unworded, *range(100))
    assert kept(unworded) == list(range(100 - LEAD_FRAMES, 100))


def test_an_utterance_is_kept_with_its_lead_until_it_has_words() -> None:
    unworded = Unworded()
    heard(unworded, *range(50))
    unworded.started("a")
    heard(unworded, *range(50, 200))
    assert kept(unworded) == list(range(50 - LEAD_FRAMES, 200))
    unworded.stopped("a")
    heard(unworded, 200, 201)
    unworded.worded("a")
    assert kept(unworded) == [200, 201], "what comes behind its end may be the next one"


def test_the_next_utterance_stays_when_the_one_before_gets_its_words() -> None:
    unworded = Unworded()
    unworded.started("a")
    heard(unworded, *range(100))
    unworded.stopped("a")
    unworded.started("b")
    heard(unworded, *range(100, 200))
    unworded.worded("a")
    heard(unworded, *range(200, 230))
    assert kept(unworded) == list(range(100, 230))
    unworded.settle()
    heard(unworded, 230)
    assert len(kept(unworded)) == LEAD_FRAMES


def test_of_somebody_who_talks_on_and_on_the_last_half_minute_is_kept() -> None:
    unworded = Unworded()
    unworded.started("a")
    heard(unworded, *range(2000))
    assert kept(unworded) == list(range(2000 - MOST_FRAMES, 2000))
