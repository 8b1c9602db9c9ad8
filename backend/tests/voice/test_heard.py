"""Heard is history: 10,000 random interruptions, with a browser that plays and a clock that is turned by hand.

What is under test is all between VoiceLive's frames and the browser's messages: `Events`, `Floor`, `Caller`,
`Transcript`, the ledger. The browser below knows to the sample what came out of its loudspeaker, and the service what
was said at which moment of its sound; what is stored has to agree with both.

Over 500 lines: the two ends and what is checked between them are one model, and make sense together only.
"""

import asyncio
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import orjson
import pybase64
import pytest

from backend.agents.profiles import AgentDirectory
from backend.core.context import SecurityLayer, Turn
from backend.voice.browser.caller import Browser, Caller
from backend.voice.call.errands import Errands
from backend.voice.call.events import Events
from backend.voice.call.stopwatch import Stopwatch
from backend.voice.patience import Patience
from backend.voice.pulse import Pulse, Watch
from backend.voice.voicelive.leg import Leg
from backend.voice.voicelive.link import Link
from backend.voice.voicelive.queue import Quota
from backend.voice.voicelive.upstream import Endpoint
from backend.voice.words.keeper import Keeper
from backend.voice.words.transcript import Transcript

INTERRUPTIONS = 10_000
ANSWERS_A_CALL = 20
FRAME_MS = 250
LONGEST_MS = 30_000
CHARACTERS_A_MS = 64


def _numbered_sound() -> bytes:
    """Half a minute of sound that tells its own position: of each three samples (0.125 ms) the number of the three."""
    number = np.arange(LONGEST_MS * 8)
    return pybase64.b64encode(np.stack([number // 30_000, number % 30_000, 0 * number], axis=1).astype("<i2").tobytes())


SOUND = _numbered_sound()


def position_ms(base64: str) -> float:
    thousands, rest, _ = np.frombuffer(pybase64.b64decode(base64[:8]), "<i2")
    return (int(thousands) * 30_000 + int(rest)) / 8


class Time:
    """A clock that moves when the next thing happens."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def __call__(self) -> float:
        return self.now

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._due, (self.now + seconds, self._count, do))

    def run(self) -> None:
        while self._due:
            self.now, _, do = heapq.heappop(self._due)
            do()


class Failure:
    """Takes what a look raises."""

    def done(self) -> bool:
        return False

    def set_exception(self, failure: Exception) -> None:
        raise failure


class Memory:
    """In the keeper's place: what was stored, in which order, and how often, drafts apart."""

    def __init__(self, unfinished: Callable[[], Turn | None]) -> None:
        """unfinished: the answer that is being given; of it a draft is stored."""
        self._unfinished = unfinished
        self.turns: dict[str, Turn] = {}
        self.times_kept: dict[str, int] = {}
        self.drafts = 0

    def keep(self, turns: list[Turn]) -> None:
        for turn in turns:
            self.turns[turn.id] = turn
            draft = self._unfinished()
            if draft is not None and draft.id == turn.id:
                self.drafts += 1
            else:
                self.times_kept[turn.id] = self.times_kept.get(turn.id, 0) + 1

    def amend(self, turn: Turn) -> None:
        assert turn.id in self.turns
        self.turns[turn.id] = turn


class Loudspeaker:
    """A browser: gets the messages a little late, plays in real time, stops when told, reports where it is."""

    def __init__(self, time: Time, rng: random.Random) -> None:
        self.time = time
        self.down_s, self.up_s = rng.uniform(0.002, 0.09), rng.uniform(0.002, 0.09)
        self.report: Callable[[str, float], None] = lambda item_id, ms: None
        self.heard: dict[str, float] = {}
        self.wrong: list[str] = []
        self.stopped_items: set[str] = set()
        self._queue: list[tuple[str, float, float]] = []
        self._ended: set[str] = set()
        self._since = 0.0
        self._dropped: set[str] = set()
        self._starts_at = 0.0
        self._ticking = False

    async def send(self, frame: dict[str, Any]) -> None:
        message = orjson.loads(frame["text"])
        kind, item_id = message["type"], message.get("item_id", "")
        if kind == "interrupted":
            self.stopped_items.add(item_id)
        elif kind == "resumed_speech":
            self.stopped_items.discard(item_id)
        elif kind == "audio" and item_id in self.stopped_items:
            self.wrong.append(f"sound of {item_id} after it was stopped")
        self.time.after(self.down_s, lambda: self._arrives(message))

    def _arrives(self, message: dict[str, Any]) -> None:
        self._play()
        kind, item_id = message["type"], message.get("item_id", "")
        if kind == "audio" and item_id not in self._dropped:
            if not self._queue:
                self._starts_at = self.time.now + 0.06
            self._queue.append((item_id, position_ms(message["data"]), len(message["data"]) / CHARACTERS_A_MS))
            self._tick()
        elif kind == "audio_end":
            self._ended.add(item_id)
        elif kind == "interrupted":
            self._queue.clear()
            self._dropped.add(item_id)
            self._tell(item_id)
        elif kind == "resumed_speech":
            self._dropped.discard(item_id)
            self._ended.discard(item_id)
            stopped = self.heard.get(item_id, 0.0)
            if abs(message["from_ms"] - stopped) > 1:
                self.wrong.append(f"{item_id} goes on at {message['from_ms']}, it had stopped at {stopped}")
            self.heard[item_id] = message["from_ms"]

    def _play(self) -> None:
        left = (self.time.now - max(self._since, self._starts_at)) * 1000
        self._since = self.time.now
        while left > 1e-6 and self._queue:
            item_id, start, length = self._queue[0]
            if abs(start - self.heard.get(item_id, 0.0)) > 0.2:
                self.wrong.append(f"{item_id} jumps from {self.heard.get(item_id)} to {start}")
            step = min(left, length)
            left -= step
            self.heard[item_id] = start + step
            if step < length:
                self._queue[0] = (item_id, start + step, length - step)
            else:
                del self._queue[0]
                if not any(queued == item_id for queued, _, _ in self._queue):
                    self._tell(item_id)

    def _tell(self, item_id: str) -> None:
        ms = round(self.heard.get(item_id, 0.0))
        self.time.after(self.up_s, lambda: self.report(item_id, ms))

    def _tick(self) -> None:
        if not self._ticking:
            self._ticking = True
            self.time.after(0.1, self._ticked)

    def _ticked(self) -> None:
        self._ticking = False
        self._play()
        if self._queue:
            self._tell(self._queue[0][0])
            self._tick()


@dataclass
class Said:
    """An answer of the service. ends: the ms of its sound at which each word ends; made_ms: sound made so far."""

    number: int
    words: list[str]
    ends: list[float]
    made_ms: float = 0.0
    open: bool = True
    wanted: bool = True
    stopped: bool = False

    @property
    def item_id(self) -> str:
        return f"a{self.number}"

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def words_by(self, ms: float) -> int:
        return sum(end <= ms + 0.5 for end in self.ends)


@dataclass
class _NoLink:
    """VoiceLive as the leg sees it: takes everything."""

    sent: list[dict[str, Any]] = field(default_factory=list)

    hears: Callable[[str], None] = lambda kind: None

    async def send(self, event: dict[str, Any]) -> None:
        self.sent.append(event)
        self.hears(event["type"])

    def splice(self, take: object) -> None: ...


class Call:
    """A service that says long things, a person who comes in at random moments, and the room between them."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.time = Time()
        self.marks = self.rng.random() < 0.6
        self.native = self.rng.random() < 0.5
        self.ms_per_character = self.rng.uniform(45, 75)
        self.browser = Loudspeaker(self.time, self.rng)
        self.memory = Memory(lambda: self.transcript._ledger.draft())
        self.link = _NoLink()
        self.said: dict[str, Said] = {}
        self.running: Said | None = None
        self.latest: Said | None = None
        self.order: list[str] = []
        self.turns_left = ANSWERS_A_CALL
        self.utterances = self.interruptions = self.false_ones = 0
        self.speaking = self.due = False

        async def receive() -> dict[str, Any]:
            raise AssertionError("nobody reads here")

        profile = AgentDirectory.load().default
        self.caller = Caller()
        self.caller.connect(Browser(receive, self.browser.send))
        self.caller._outlet.go_on()
        self.transcript = Transcript("s", cast("Keeper", self.memory), self.caller.say)
        self.leg = Leg(cast("Link", self.link), Endpoint("", Quota(30)), profile, {}, 50)
        stopwatch = Stopwatch(self.time, lambda turn: None)
        errands = Errands(
            "s",
            SecurityLayer("t", "u", "", frozenset()),
            self.caller,
            stopwatch,
            Patience(),
            as_written=True,
            asked_by=lambda: "",
            current=lambda: self.leg,
            recalled=lambda sources: None,
            bring_in=lambda hand_over: None,
        )
        self.pulse = Watch(self.look)
        self.events = Events(
            "s", self.caller, self.transcript, stopwatch, self.time, lambda: self.leg, errands, self.pulse.stir
        )
        self.caller._clock = self.transcript._clock = self.time
        self.browser.report = self.events.floor.stopped_at
        self.over_at = 0.0
        self.link.hears = self.is_asked

    def run(self) -> None:
        self.asks()
        self.watch()
        self.time.run()
        self.transcript.close()

    def tell(self, kind: str, **fields: Any) -> None:
        assert self.events._take(self.leg, orjson.dumps({"type": kind} | fields))

    def look(self) -> float:
        due = min(self.events.floor.decide(), self.transcript.tend())
        rests = self.caller.rest(self.leg.responding)
        return min(due, self.time.now + self.caller.speaking_for()) if rests else due

    def watch(self) -> None:
        loop: Any = SimpleNamespace(time=self.time, call_later=self._later, create_future=Failure)
        Pulse(0.25, loop).add(self.pulse)

    def _later(self, seconds: float, beat: Callable[[], None]) -> None:
        if self.turns_left > 0 or self.time.now < self.over_at:
            self.time.after(seconds, beat)

    # The person

    def asks(self) -> None:
        """A question, an answer, and somebody who comes in while it sounds or is made, or a little after."""
        self.turns_left -= 1
        self.speech("words", then_answer=True)

    def speech(self, kind: str, *, then_answer: bool) -> None:
        """Speech, as the service reports it. kind: words, noise (no words), silence (nothing follows), mhm."""
        rng, number = self.rng, self.utterances
        self.utterances += 1
        item_id = f"u{number}"
        if self.running is not None and self.running.open:
            self.service_cancels(self.running)
        sounding = self.latest
        self.speaking = True
        if then_answer:
            self.order.append(item_id)
        self.tell("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=0)
        words = {"words": f"And what is number {number}?", "mhm": rng.choice(["Mhm.", "Okay, I see", "uh-huh"])}.get(
            kind, ""
        )
        length = rng.uniform(0.3, 0.7) if kind != "words" else rng.uniform(0.4, 4.0)
        if words and not self.native and rng.random() < 0.7:
            self.time.after(
                rng.uniform(0.1, length),
                lambda: self.tell(
                    "conversation.item.input_audio_transcription.delta", item_id=item_id, delta=words.split()[0]
                ),
            )
        self.time.after(length, lambda: self.stops(item_id, kind, words, then_answer, sounding))

    def stops(self, item_id: str, kind: str, words: str, then_answer: bool, sounding: Said | None) -> None:
        self.speaking = False
        self.tell("input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=0)
        self.tell("input_audio_buffer.committed", item_id=item_id, previous_item_id=None)
        hears_s = self.rng.uniform(0.05, 0.4)
        answer_s = self.rng.uniform(0.05, 0.4) + (0.0 if self.native else hears_s)
        if kind != "silence":
            self.time.after(
                hears_s,
                lambda: self.tell(
                    "conversation.item.input_audio_transcription.completed", item_id=item_id, transcript=words
                ),
            )
        if then_answer:
            self.time.after(answer_s, lambda: self.answers(wanted=True))
            return
        self.false_ones += 1
        if kind == "mhm":  # the service answers a "mhm", too
            self.time.after(answer_s, lambda: self.answers(wanted=False))
        if sounding is not None:
            self.comes_in_later(sounding, self.rng.uniform(2.6, 6.0))

    def comes_in_later(self, answer: Said, seconds: float) -> None:
        self.over_at = max(self.over_at, self.time.now + seconds + 40)
        self.time.after(seconds, lambda: self.comes_in(answer))

    def comes_in(self, answer: Said) -> None:
        """Interrupt, for real or not; a call that has had its turns is heard to the end."""
        kind = self.rng.choice(["words", "words", "noise", "silence", "mhm"])
        if self.turns_left <= 0 or answer is not self.latest or answer.stopped:
            return
        if self.speaking:
            self.comes_in_later(answer, 1.0)
            return
        heard_ms = self.browser.heard.get(answer.item_id, 0.0)
        if kind == "mhm" and not (heard_ms > 0 and (answer.open or answer.made_ms - heard_ms > 2000)):
            kind = "words"  # with nothing heard, or so little left, it is no sign of listening
        if answer.item_id in self.browser.heard or answer.open:
            self.interruptions += 1
        if kind == "words":
            self.turns_left -= 1
            answer.stopped = True
        self.speech(kind, then_answer=kind == "words")

    # The service

    def is_asked(self, kind: str) -> None:
        running = self.running
        if kind == "response.create":
            self.time.after(0.1, lambda: self.answers(wanted=True))
        elif kind == "response.cancel" and running is not None and running.open:
            self.service_cancels(running)

    def answers_now(self) -> None:
        self.due = False
        self.answers(wanted=True)

    def answers(self, *, wanted: bool) -> None:
        if self.speaking or (self.running is not None and self.running.open):
            if wanted and not self.due:  # one answer, to all that was said
                self.due = True
                self.time.after(0.1, self.answers_now)
            return
        rng = self.rng
        words = [rng.choice(["so", "then", "memory", "a", "conversation,", "it.", "considered"]) for _ in range(18)]
        ends, at, characters = [], 0.0, 0
        for word in words:
            characters += len(word) + 1
            # With marks the pace is free; without, sound is taken to be spread evenly over the text.
            at = at + rng.uniform(90, 700) if self.marks else characters * self.ms_per_character
            ends.append(at)
        answer = Said(len(self.said), words, ends, wanted=wanted)
        self.said[answer.item_id] = self.running = answer
        if wanted:
            self.latest = answer
            self.order.append(answer.item_id)
        response_id = f"r{answer.number}"
        self.tell("response.created", response={"id": response_id})
        if not answer.open:
            return
        item = {"id": answer.item_id, "type": "message", "role": "assistant"}
        self.tell("response.output_item.added", response_id=response_id, item=item)
        for first in range(0, len(words), 7):
            delta = "".join(f"{word} " for word in words[first : first + 7])
            self.tell("response.audio_transcript.delta", response_id=response_id, item_id=answer.item_id, delta=delta)
        if not self.marks and answer.number == 0:  # the pace of a voice is known once it has said something
            self.comes_in_later(answer, ends[-1] / 1000)
        elif wanted:
            length = ends[-1] / 1000
            self.comes_in_later(answer, rng.uniform(0, min(length * 1.1, 12)))
        self.time.after(rng.uniform(0.01, 0.3), lambda: self.speaks(answer, rng.uniform(2, 16)))

    def speaks(self, answer: Said, pace: float) -> None:
        if not answer.open:
            return
        self.makes(answer)
        if answer.made_ms >= answer.ends[-1]:
            self.done(answer, "completed")
        else:
            self.time.after(FRAME_MS / 1000 / pace, lambda: self.speaks(answer, pace))

    def makes(self, answer: Said) -> None:
        start, end = int(answer.made_ms), int(min(answer.made_ms + FRAME_MS, answer.ends[-1]))
        if start >= end:
            answer.made_ms = answer.ends[-1]
            return
        place = {"response_id": f"r{answer.number}", "item_id": answer.item_id}
        sound = SOUND[start * CHARACTERS_A_MS : end * CHARACTERS_A_MS].decode()
        self.tell("response.audio.delta", **place, delta=sound)
        if self.marks:
            for word, end_ms in zip(answer.words, answer.ends, strict=True):
                if start < end_ms <= end:
                    self.tell(
                        "response.audio_timestamp.delta", **place,
                        audio_offset_ms=int(end_ms) - 50, audio_duration_ms=50, text=word.strip(",."),
                    )  # fmt: skip
        answer.made_ms = float(end) if end < int(answer.ends[-1]) else answer.ends[-1]

    def service_cancels(self, answer: Said) -> None:
        """The service stops an answer when speech begins; what it had made still comes."""
        for _ in range(self.rng.choice([0, 0, 1, 3])):
            if answer.made_ms:
                self.time.after(0.002, lambda: self.makes(answer) if answer.made_ms < answer.ends[-1] else None)
        answer.open = False
        self.time.after(0.01, lambda: self.done(answer, "cancelled"))

    def done(self, answer: Said, status: str) -> None:
        answer.open = False
        place = {"response_id": f"r{answer.number}", "item_id": answer.item_id}
        item = {
            "id": answer.item_id, "type": "message", "role": "assistant",
            "status": "completed" if status == "completed" else "incomplete",
            "content": [{"type": "audio", "transcript": answer.text}],
        }  # fmt: skip
        self.tell("response.audio.done", **place)
        self.tell("response.audio_transcript.done", **place, transcript=answer.text)
        self.tell("response.output_item.done", response_id=f"r{answer.number}", item=item)
        self.tell("response.done", response={"id": f"r{answer.number}", "status": status, "output": [item]})

    # What must be true

    def check(self) -> int:
        """Compare what is stored with what was heard; return how many answers were compared."""
        assert not self.browser.wrong, self.browser.wrong[:5]
        assert set(self.memory.times_kept.values()) <= {1}, "a turn was stored twice"
        stored = sorted(self.memory.turns.values(), key=lambda turn: turn.said_at)
        known = [turn.id for turn in stored]
        assert known == [item_id for item_id in self.order if item_id in self.memory.turns], "out of order"
        for item_id in self.order:
            if item_id.startswith("u"):
                assert item_id in self.memory.turns, f"{item_id} was said and is not stored"
        for answer in self.said.values():
            heard_ms = self.browser.heard.get(answer.item_id, 0.0)
            heard = answer.words_by(heard_ms)
            turn = self.memory.turns.get(answer.item_id)
            if not answer.wanted:
                assert turn is None, f"{answer.item_id} answers a sign of listening"
                assert heard_ms == 0
                continue
            words = turn.content.split() if turn is not None else []
            assert words == answer.words[: len(words)]
            what = f"{answer.item_id}: heard {heard} words, {heard_ms:.0f} ms of {answer.made_ms:.0f}"
            assert abs(len(words) - heard) <= 1, f"{what}, stored {len(words)}"
            if turn is not None and turn.interrupted:
                assert heard_ms < answer.ends[-1], f"{what}, stored as interrupted"
            elif turn is not None:
                assert heard_ms >= min(answer.made_ms, answer.ends[-1]) - 1, f"{what}, stored as heard to its end"
        return len(self.said)


async def test_after_10_000_random_interruptions_what_is_stored_is_what_was_heard_to_within_a_word(
    record_property: Callable[[str, object], None],
) -> None:
    interruptions = false_ones = answers = drafts = seed = 0
    while interruptions < INTERRUPTIONS:
        call = Call(seed)
        call.run()
        try:
            answers += call.check()
        except AssertionError as wrong:
            pytest.fail(f"call {seed}: {wrong}")
        interruptions += call.interruptions
        false_ones += call.false_ones
        drafts += call.memory.drafts
        seed += 1
        await asyncio.sleep(0)
    record_property("interruptions", interruptions)
    record_property("false interruptions", false_ones)
    record_property("answers", answers)
    assert drafts > answers / 2
    assert false_ones > INTERRUPTIONS / 10
