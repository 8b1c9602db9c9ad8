"""The ear: from a stream of audio to utterances and their words. No threads, no clock: audio in, events out.

Time is counted in samples, so the same audio gives the same events however fast it comes. The rules, as `Hearing` has
them unless the session asks for others: speech starts with three voiced frames of four (about 100 ms); at each pause of
380 ms Smart Turn says whether the turn is over, at 770 ms where the words are left hanging, and 1.2 s of silence end it
whatever it says. The words are looked up already 130 ms into a pause, so they are there by then.
"""

import math
import time
from collections import deque
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from local_ai.brains import Final, HeardEvent, Hearing, Partial, SpeechStarted, SpeechStopped, TranscriptionFailed
from local_ai.recognition import RecognitionFailed
from local_ai.speech_detection import FRAME, RATE, TURN_SECONDS

Floats = npt.NDArray[np.float32]

WITHIN = 0.15
"""How much lower Silero's probability may be within an utterance than at its start, as in Silero's own iterator."""
LEAST_VOICED = 0.05
LOOK_UP_FRAMES = 4
HANGING = 2
"""A pause after words that go on, such as "my name is Ada,", must be this many times as long. The melody alone does not
tell. Smart Turn may be asked after 200 ms, but takes half of the commas of fluent speech for an end (measured: pauses
of 160-350 ms at 0.5-0.99); being cut off in mid-sentence is worse than 0.2 s of waiting, so it is 384 ms by default."""
FIRST_PARTIAL = 0.7
"""Seconds of an utterance below which a partial would be a guess."""
PARTIAL_EVERY = 0.5
LONG_SEGMENT, LONGEST_SEGMENT = 8.0, 20.0
"""Seconds after which an utterance's text is settled at the next pause, and at the latest: recognising it all again
for each partial would cost more and more."""

_GOING_ON = frozenset("and but or so because the a an my our to of for with in on at if that which is are".split())
_FRAME_SECONDS = FRAME / RATE
_KEPT = int(2.0 / _FRAME_SECONDS)


class Voice(Protocol):
    """Tells whether a frame is speech."""

    def probability(self, frame: Floats) -> float:
        """0 to 1, for the next 512 samples."""
        ...


class Turn(Protocol):
    """Tells whether the speaker has finished."""

    def probability(self, utterance: Floats) -> float:
        """0 to 1, for the turn so far."""
        ...


class Words(Protocol):
    """Tells what was said. Both raise RecognitionFailed."""

    def transcribe(self, audio: Floats) -> str:
        """The words."""
        ...

    def glimpse(self, audio: Floats) -> str | None:
        """The words, or None when it is not the moment."""
        ...


class Ear:
    """Hears one stream of 16 kHz mono audio."""

    def __init__(self, voice: Voice, turn: Turn, words: Words) -> None:
        self._voice, self._turn, self._words = voice, turn, words
        self._loose = np.zeros(0, np.float32)
        self._heard = 0  # frames since the beginning: the clock
        self._before: deque[tuple[Floats, bool]] = deque(
            maxlen=_KEPT
        )  # what came since the last utterance, and voiced?
        self._reset()
        self.follow(Hearing())

    def follow(self, hearing: Hearing) -> None:
        """Find utterances in this way from here on."""
        self._voiced = hearing.threshold
        self._still_voiced = max(LEAST_VOICED, hearing.threshold - WITHIN)
        self._onset_frames = max(1, _frames(hearing.speech_ms))
        self._prefix_frames = int(hearing.prefix_ms / 1000 / _FRAME_SECONDS)
        self._pause_frames = max(1, _frames(hearing.silence_ms))
        self._finished = hearing.finished
        self._longest_frames = max(self._pause_frames, _frames(hearing.longest_silence_ms))

    def hear(self, samples: Floats, *, hurried: bool = False) -> Iterator[HeardEvent]:
        """Take the next audio, any length. hurried: audio waits already, so leave partials out."""
        self._loose = np.concatenate([self._loose, samples])
        while len(self._loose) >= FRAME:
            frame, self._loose = self._loose[:FRAME], self._loose[FRAME:]
            probability = self._voice.probability(frame)
            self._heard += 1
            if self._speaking:
                yield from self._continue(frame, probability, hurried)
            else:
                yield from self._wait(frame, probability)

    def commit(self) -> Iterator[HeardEvent]:
        """The utterance ends here. Without one: the words of what was heard since the last, if a voice was in it."""
        if self._speaking:
            yield from self._finish()
            return
        voiced = any(voiced for _, voiced in self._before)
        self._segment.extend(frame for frame, _ in self._before)
        yield self._final() if voiced else Final("")
        self.clear()

    def clear(self) -> None:
        """Forget the unfinished utterance. The clock goes on."""
        self._before.clear()
        self._reset()

    def _reset(self) -> None:
        self._speaking = False
        self._segment: list[Floats] = []  # audio whose text is not settled
        self._levels: list[float] = []  # of the segment's frames
        self._recent: deque[Floats] = deque(maxlen=int(TURN_SECONDS / _FRAME_SECONDS))
        self._settled: list[str] = []
        self._silent = 0  # frames since the last voiced one
        self._looked_up: str | None = None  # the segment's text, while nothing voiced came after it
        self._told = ""
        self._glimpsed_at = 0.0
        self._every = PARTIAL_EVERY

    def _wait(self, frame: Floats, probability: float) -> Iterator[HeardEvent]:
        self._before.append((frame, probability >= self._voiced))
        onset = [voiced for _, voiced in list(self._before)[-self._onset_frames - 1 :]]
        if sum(onset) < self._onset_frames:
            return
        first = self._heard - len(onset) + onset.index(True)
        kept = self._heard - first + self._prefix_frames
        self._segment = [frame for frame, _ in self._before][-kept:]
        self._levels = [1.0] * len(self._segment)
        self._recent.extend(self._segment)
        self._before.clear()
        self._speaking = True
        yield SpeechStarted(_ms(first))

    def _continue(self, frame: Floats, probability: float, hurried: bool) -> Iterator[HeardEvent]:
        self._segment.append(frame)
        self._levels.append(probability)
        self._recent.append(frame)
        if probability >= self._still_voiced:
            self._silent, self._looked_up = 0, None
            yield from self._glimpse(hurried)
            return
        self._silent += 1
        if self._silent == LOOK_UP_FRAMES:
            yield from self._look_up()
        if self._silent == self._asked_after():
            if self._is_finished():
                yield from self._finish()
            elif self._seconds() >= LONG_SEGMENT and self._looked_up is not None:
                self._settle(len(self._segment), self._looked_up)
                self._looked_up = ""
        elif self._silent >= self._longest_frames:
            yield from self._finish()

    def _asked_after(self) -> int:
        """Return after how many silent frames the turn may be over."""
        hangs = self._finished is not None and self._hangs()
        return min(self._pause_frames * HANGING, self._longest_frames) if hangs else self._pause_frames

    def _is_finished(self) -> bool:
        if self._finished is None or self._silent >= self._longest_frames:
            return True
        return self._turn.probability(np.concatenate(list(self._recent))) >= self._finished

    def _glimpse(self, hurried: bool) -> Iterator[HeardEvent]:
        seconds = self._seconds()
        if seconds >= LONGEST_SEGMENT:
            self._cut()
            return
        if hurried or seconds < FIRST_PARTIAL or seconds - self._glimpsed_at < self._every:
            return
        self._glimpsed_at = seconds
        begun = time.perf_counter()
        try:
            text = self._words.glimpse(np.concatenate(self._segment))
        except RecognitionFailed:
            return  # the next look may succeed, and the final one tells
        # A third of one core at most, however long the segment and however busy the machine.
        self._every = max(PARTIAL_EVERY, 3 * (time.perf_counter() - begun))
        yield from self._tell(text)

    def _look_up(self) -> Iterator[HeardEvent]:
        try:
            self._looked_up = self._words.transcribe(np.concatenate(self._segment)) if self._segment else ""
        except RecognitionFailed:
            return
        yield from self._tell(self._looked_up)

    def _hangs(self) -> bool:
        """Tell whether the words so far ask to be continued."""
        text = (self._looked_up or "").rstrip()
        return text.endswith(",") or text.rpartition(" ")[2].casefold() in _GOING_ON

    def _tell(self, text: str | None) -> Iterator[HeardEvent]:
        whole = " ".join(filter(None, [*self._settled, text or ""]))
        if text and whole != self._told:
            self._told = whole
            yield Partial(whole)

    def _finish(self) -> Iterator[HeardEvent]:
        yield SpeechStopped(_ms(self._heard - self._silent))
        yield self._final()
        self.clear()

    def _final(self) -> HeardEvent:
        try:
            if self._looked_up is None:
                self._looked_up = self._words.transcribe(np.concatenate(self._segment)) if self._segment else ""
        except RecognitionFailed as failure:
            return TranscriptionFailed(f"The utterance could not be turned into words: {failure}")
        return Final(" ".join(filter(None, [*self._settled, self._looked_up])))

    def _cut(self) -> None:
        """Settle a segment that goes on without a pause, at the quietest moment of its last two seconds."""
        start = len(self._levels) - _KEPT
        quietest = start + int(np.argmin(self._levels[start:]))
        try:
            text = self._words.transcribe(np.concatenate(self._segment[:quietest]))
        except RecognitionFailed:
            text = ""
        self._settle(quietest, text)

    def _settle(self, frames: int, text: str) -> None:
        self._settled.append(text)
        del self._segment[:frames]
        del self._levels[:frames]
        self._glimpsed_at = 0.0

    def _seconds(self) -> float:
        return len(self._segment) * _FRAME_SECONDS


def _ms(frames: int) -> int:
    return round(frames * _FRAME_SECONDS * 1000)


def _frames(ms: int) -> int:
    return math.ceil(ms / 1000 / _FRAME_SECONDS)
