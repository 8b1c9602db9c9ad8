"""When speech starts and ends, what is told meanwhile, and the arithmetic below it. No models here."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pytest

from local_ai.brains import Final, HeardEvent, Hearing, Partial, SpeechStarted, SpeechStopped, TranscriptionFailed
from local_ai.ear import Ear
from local_ai.recognition import RecognitionFailed, without_loop
from local_ai.speech_detection import FRAME, Resampler, log_mel
from local_ai.turn_taking import TurnRules

Floats = npt.NDArray[np.float32]


class Loudness:
    """A voice detector for tests: loud is speech."""

    def probability(self, frame: Floats) -> float:
        return 1.0 if np.abs(frame).max() > 0.1 else 0.0


class Verdict:
    """Says of each pause what the test wants."""

    def __init__(self, finished: bool) -> None:
        self.finished, self.asked = finished, 0

    def probability(self, utterance: Floats) -> float:
        self.asked += 1
        return 1.0 if self.finished else 0.0


class Counter:
    """A recogniser that says how many loud frames it was given."""

    def __init__(self) -> None:
        self.failing = False
        self.longest = 0

    def transcribe(self, audio: Floats) -> str:
        if self.failing:
            raise RecognitionFailed("out of order")
        self.longest = max(self.longest, len(audio))
        return f"{int(np.count_nonzero(np.abs(audio) > 0.1) / FRAME)} loud"

    def glimpse(self, audio: Floats) -> str | None:
        return self.transcribe(audio)


def speech(frames: int) -> Floats:
    return np.full(frames * FRAME, 0.5, np.float32)


def silence(frames: int) -> Floats:
    return np.zeros(frames * FRAME, np.float32)


def seconds(value: float) -> int:
    return round(value * 16_000 / FRAME)


def an_ear(finished: bool = True, words: Counter | None = None) -> Ear:
    return Ear(Loudness(), Verdict(finished), words or Counter())


def heard(ear: Ear, *audio: Floats, hurried: bool = True) -> list[HeardEvent]:
    return [event for part in audio for event in ear.hear(part, hurried=hurried)]


def kinds(events: Iterable[HeardEvent]) -> list[type]:
    return [type(event) for event in events]


def test_an_utterance_is_started_stopped_and_told() -> None:
    events = heard(an_ear(), silence(20), speech(20), silence(14))
    assert kinds(events) == [SpeechStarted, Partial, SpeechStopped, Final]
    assert events[0] == SpeechStarted(20 * 32)
    assert events[2] == SpeechStopped(40 * 32)
    assert events[3] == Final("20 loud")


def test_a_click_is_not_speech() -> None:
    assert heard(an_ear(), silence(10), speech(2), silence(40)) == []


def test_speech_is_reported_within_a_tenth_of_a_second() -> None:
    ear = an_ear()
    heard(ear, silence(10), speech(2))
    assert kinds(heard(ear, speech(1))) == [SpeechStarted]


def test_events_do_not_depend_on_how_the_audio_is_cut() -> None:
    audio = np.concatenate([silence(20), speech(30), silence(10), speech(15), silence(10)])
    whole = heard(an_ear(), audio)
    pieces = heard(an_ear(), *[audio[at : at + 321] for at in range(0, len(audio), 321)])
    assert whole == pieces


def test_an_unfinished_sentence_is_waited_for_but_not_for_ever() -> None:
    ear = an_ear(finished=False)
    assert SpeechStopped not in kinds(heard(ear, speech(20), silence(seconds(1.2) - 2)))
    assert kinds(heard(ear, silence(4))) == [SpeechStopped, Final]


class Certainty:
    """Says of each frame how loud it is, and of each pause always the same."""

    def __init__(self, certain: float = 1.0) -> None:
        self.certain = certain

    def probability(self, audio: Floats) -> float:
        return float(np.abs(audio).max()) if len(audio) == FRAME else self.certain


def asked_for(certain: float = 1.0, **turn_detection: object) -> Ear:
    """An ear that follows a session's `turn_detection`, whose Smart Turn is always as certain as said."""
    ear = Ear(Certainty(), Certainty(certain), Counter())
    ear.follow(TurnRules.of({"type": "azure_semantic_vad"} | turn_detection).hearing)
    return ear


def ended_after(ear: Ear) -> int:
    """Return how many silent frames after speech end the turn."""
    heard(ear, speech(20))
    return next(count for count in range(1, 200) if SpeechStopped in kinds(heard(ear, silence(1))))


def test_a_session_that_asks_for_nothing_gets_the_usual_ear() -> None:
    assert TurnRules.of({"type": "azure_semantic_vad"}).hearing == Hearing()


@pytest.mark.parametrize(("threshold", "speaks"), [(0.3, True), (0.5, True), (0.7, False)])
def test_the_threshold_of_the_session_says_what_is_speech(threshold: float, speaks: bool) -> None:
    ear = asked_for(threshold=threshold)
    assert bool(kinds(heard(ear, np.full(20 * FRAME, 0.55, np.float32)))) is speaks


@pytest.mark.parametrize(("ms", "started"), [(32, True), (96, True), (400, False)])
def test_speech_that_is_shorter_than_the_session_asks_for_begins_nothing(ms: int, started: bool) -> None:
    ear = asked_for(speech_duration_ms=ms)
    assert (SpeechStarted in kinds(heard(ear, silence(20), speech(5), silence(2)))) is started


@pytest.mark.parametrize("ms", [96, 416, 832])
def test_the_silence_of_the_session_ends_a_turn_that_sounds_finished(ms: int) -> None:
    assert ended_after(asked_for(silence_duration_ms=ms)) == ms / 32


@pytest.mark.parametrize(
    ("level", "certain", "waits"),
    [("low", 0.4, False), ("medium", 0.4, True), ("default", 0.6, False), ("high", 0.6, True)],
)
def test_the_level_of_the_session_says_how_sure_the_end_must_be(level: str, certain: float, waits: bool) -> None:
    end = {"model": "semantic_detection_v1", "threshold_level": level, "timeout_ms": 640}
    ear = asked_for(certain, silence_duration_ms=320, end_of_utterance_detection=end)
    assert ended_after(ear) == (30 if waits else 10), "10 frames of silence, and 20 more of waiting"


@pytest.mark.parametrize("ms", [320, 960])
def test_the_timeout_of_the_session_bounds_the_wait_for_more(ms: int) -> None:
    ear = asked_for(0.0, silence_duration_ms=320, end_of_utterance_detection={"timeout_ms": ms})
    assert ended_after(ear) == 10 + ms / 32


def test_server_vad_without_end_of_utterance_goes_by_silence_alone() -> None:
    assert ended_after(asked_for(0.0, type="server_vad", silence_duration_ms=640)) == 20


def test_the_padding_of_the_session_is_kept_before_the_first_voiced_sample() -> None:
    lengths = []
    for padding in (0, 320):
        words = Counter()
        ear = Ear(Loudness(), Verdict(True), words)
        ear.follow(TurnRules.of({"type": "azure_semantic_vad", "prefix_padding_ms": padding}).hearing)
        heard(ear, silence(40), speech(20), silence(20))
        lengths.append(words.longest)
    assert lengths[1] - lengths[0] == 10 * FRAME


def test_another_profile_takes_effect_within_a_call() -> None:
    ear = asked_for(silence_duration_ms=832)
    assert ended_after(ear) == 26
    ear.follow(Hearing(silence_ms=96))
    assert ended_after(ear) == 3


def test_a_breath_inside_a_sentence_does_not_end_it() -> None:
    ear = an_ear(finished=False)
    events = heard(ear, speech(20), silence(15), speech(10), silence(60))
    assert kinds(events).count(SpeechStopped) == 1
    assert events[-1] == Final("30 loud")


def test_a_comma_does_not_end_a_sentence_that_could_end_there() -> None:
    events = heard(an_ear(finished=True), speech(20), silence(11), speech(10), silence(14))
    assert events[-1] == Final("30 loud")
    assert kinds(events).count(SpeechStopped) == 1


@pytest.mark.parametrize("words", ["my name is Ada,", "I lead the"])
def test_words_that_ask_to_be_continued_are_given_a_longer_pause(words: str) -> None:
    class Says(Counter):
        def transcribe(self, audio: Floats) -> str:
            return words

    ear = an_ear(words=Says())
    assert SpeechStopped not in kinds(heard(ear, speech(20), silence(20)))
    events = heard(ear, speech(10), silence(26))
    assert kinds(events)[-2:] == [SpeechStopped, Final]


def test_each_pause_is_judged_once() -> None:
    verdict = Verdict(False)
    ear = Ear(Loudness(), verdict, Counter())
    heard(ear, speech(20), silence(20), speech(20), silence(20))
    assert verdict.asked == 2


def test_partials_grow_while_someone_speaks_and_stop_when_audio_waits() -> None:
    ear = an_ear()
    told = [event.text for event in heard(ear, *[speech(1)] * 60, hurried=False) if isinstance(event, Partial)]
    assert len(told) >= 3
    assert told == sorted(told, key=lambda text: int(text.split()[0]))
    assert Partial not in kinds(heard(an_ear(), *[speech(1)] * 60, hurried=True))


def test_commit_ends_a_running_utterance() -> None:
    ear = an_ear()
    heard(ear, speech(20))
    assert list(ear.commit()) == [SpeechStopped(20 * 32), Final("20 loud")]
    assert list(ear.commit()) == [Final("")]


def test_commit_without_an_utterance_tells_what_little_was_said() -> None:
    ear = an_ear()
    heard(ear, silence(10), speech(2), silence(3))
    assert list(ear.commit()) == [Final("2 loud")]


def test_commit_of_silence_is_empty_and_asks_no_model() -> None:
    words = Counter()
    words.failing = True
    ear = an_ear(words=words)
    heard(ear, silence(40))
    assert list(ear.commit()) == [Final("")]


def test_what_was_cleared_is_gone_and_the_clock_goes_on() -> None:
    ear = an_ear()
    heard(ear, speech(20))
    ear.clear()
    events = heard(ear, silence(30), speech(10), silence(14))
    assert events[0] == SpeechStarted(50 * 32)
    assert events[-1] == Final("10 loud")


def test_a_failing_recogniser_is_reported_in_place_of_words_and_the_next_utterance_is_heard() -> None:
    words = Counter()
    words.failing = True
    ear = an_ear(words=words)
    events = heard(ear, speech(20), silence(14))
    assert kinds(events) == [SpeechStarted, SpeechStopped, TranscriptionFailed]
    words.failing = False
    assert heard(ear, speech(12), silence(14))[-1] == Final("12 loud")


@pytest.mark.parametrize("pause", [0, 14], ids=["without a pause", "with pauses"])
def test_a_long_monologue_is_told_whole_and_recognised_in_pieces(pause: int) -> None:
    words = Counter()
    ear = an_ear(finished=False, words=words)
    audio = [part for _ in range(6) for part in (speech(seconds(9.6)), silence(pause))]
    final = heard(ear, *audio, silence(60))[-1]
    assert isinstance(final, Final)
    told = [int(number) for number in final.text.replace("loud", "").split()]
    assert sum(told) == 6 * seconds(9.6)
    assert len(told) >= 3
    assert words.longest < 24 * 16_000


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("the three three three three", "the three"),
        ("risks of the book of the book of the", "risks of the book"),
        ("Hello, Elina, hello, Elina", "Hello, Elina,"),
        ("That is very, very good.", "That is very, very good."),
        ("no loop here", "no loop here"),
        ("", ""),
    ],
)
def test_a_recogniser_that_runs_in_circles_is_cut_short(text: str, kept: str) -> None:
    assert without_loop(text) == kept


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 44_100, 48_000])
def test_resampling_keeps_a_tone_and_its_length_however_it_is_cut(rate: int) -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(rate) / rate).astype(np.float32)
    resampler = Resampler(rate)
    cut = np.concatenate([resampler.feed(tone[at : at + 441]) for at in range(0, rate, 441)])
    assert len(cut) == 16_000
    np.testing.assert_allclose(cut, Resampler(rate).feed(tone), atol=1e-6)
    steady = cut[400:-400]
    assert np.sqrt((steady**2).mean()) == pytest.approx(np.sqrt(0.5), rel=0.01)
    spectrum = np.abs(np.fft.rfft(cut))
    assert int(np.argmax(spectrum)) == 1000


def test_resampling_lets_nothing_fold_back_into_speech() -> None:
    above = np.sin(2 * np.pi * 9500 * np.arange(24_000) / 24_000).astype(np.float32)
    assert np.abs(Resampler(24_000).feed(above)[200:]).max() < 0.001


@pytest.mark.parametrize("rate", [0, 4_000, 200_000])
def test_an_impossible_rate_is_refused(rate: int) -> None:
    with pytest.raises(ValueError, match=f"{rate} Hz"):
        Resampler(rate)


# Slaney: 15 + 27 ln(4) / ln(6.4) = 35.2 mel at 4 kHz, 6.6 at 440 Hz, 0.5586 mel from band to band.
@pytest.mark.parametrize(("hertz", "band"), [(440, 11), (4000, 62)])
def test_a_tone_is_brightest_in_its_mel_band(hertz: int, band: int) -> None:
    tone = np.sin(2 * np.pi * hertz * np.arange(8 * 16_000) / 16_000).astype(np.float32)
    features = log_mel(tone)
    assert features.shape == (80, 800)
    assert features.dtype == np.float32
    assert int(np.argmax(features.mean(axis=1))) == band
    # Whisper's scale: all within 8 decades of the brightest, which is 2 after the division by 4.
    assert features.max() - features.min() == pytest.approx(2.0, abs=1e-3)


def test_short_audio_stands_at_the_end_of_the_features() -> None:
    noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    features = log_mel(noise)
    assert features[:, 710:790].mean() > features[:, :600].mean() + 1.0
