"""Whether an interruption was one.

Sound stops the moment the service hears a voice. Then it turns out: words make the interruption real; a cough, a door
or an "mhm" do not, and the answer goes on where it stopped. Until then the sound of the answer is kept, and that of
what the service answers meanwhile is held.
"""

import math
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from backend.voice.browser.caller import Caller
from backend.voice.browser.playback import milliseconds
from backend.voice.call.stopwatch import Stopwatch
from backend.voice.counters import INTERRUPTIONS, RESUMED
from backend.voice.voicelive import configuration
from backend.voice.voicelive.leg import Leg
from backend.voice.words.transcript import Transcript

WORDS_S = 2.0
"""An interruption after which no words came for this long was none, once nobody speaks any more."""
WORDS_AFTER_SPEECH_S = 1.0
"""How long words may take after the end of what was said."""
TALKS_ON_S = 8.0
"""Somebody who speaks for this long has the floor, whatever the words."""
HELD_ANSWER_S = 0.5
"""How long the sound of an answer waits for the words that it answers, which native models may tell later."""
ANSWERS_AFTER_MS = 1000.0
"""With less than this of the answer left, an "okay" is a reply to it and no sign of listening."""
UNWANTED_S = 3.0
"""How long after an "mhm" the service may begin an answer to it that nobody wants."""

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")


def only_backchannel(text: str, backchannels: Collection[str]) -> bool:
    """Tell whether the text holds nothing but signs of listening such as "mhm" or "I see"; also true of no words."""
    words = [word.casefold() for word in _WORD.findall(text.replace("\u2019", "'"))]
    longest = max((phrase.count(" ") + 1 for phrase in backchannels), default=1)
    while words:
        for length in range(min(longest, len(words)), 0, -1):
            if " ".join(words[:length]) in backchannels:
                del words[:length]
                break
        else:
            return False
    return True


@dataclass(slots=True)
class _Doubt:
    """An interruption that is not decided yet.

    items: what it cut; responses: those whose sound it dropped; rest_ms: how much of the answer was left.
    utterances: what was said since, and whether it is known to be nothing; speaking: one that has not ended.
    answers: items of answers to it; held: their sound in order, where None stands for the end of an item's sound.
    """

    leg: Leg
    items: list[str]
    responses: set[str]
    rest_ms: float
    utterances: dict[str, bool] = field(default_factory=dict)
    speaking: str | None = None
    started: float = 0.0
    deadline: float = 0.0
    answers: list[str] = field(default_factory=list)
    held: list[tuple[str | None, str, bytes | None]] = field(default_factory=list)

    def is_nothing(self, text: str) -> bool:
        """Tell whether these words leave the floor to the answer."""
        known = self.leg.profile.turn_detection.backchannels if self.rest_ms >= ANSWERS_AFTER_MS else ()
        return only_backchannel(text, known)


class Floor:
    """Who has the floor: the answer that sounds, or the person. Unless `decided`, an interruption is looked into."""

    def __init__(
        self,
        caller: Caller,
        transcript: Transcript,
        stopwatch: Stopwatch,
        clock: Callable[[], float],
        current: Callable[[], Leg | None],
    ) -> None:
        self._caller = caller
        self._transcript = transcript
        self._stopwatch = stopwatch
        self._clock = clock
        self._current = current
        self._doubt: _Doubt | None = None
        self._unwanted_until = 0.0
        self._withdrawn: set[str] = set()
        self.decided = True

    # What the person does

    def interrupt(self, leg: Leg) -> None:
        """The person takes the floor for certain: by a button, by typing, by asking for somebody else."""
        self._cut(leg)
        self._settle()

    def speech_started(self, leg: Leg, item_id: str) -> None:
        """A voice is heard: stop the sound first, and find out later."""
        self._unwanted_until = 0.0
        doubt, now = self._doubt, self._clock()
        if doubt is not None:
            doubt.answers.clear()  # an answer to what was said before is overtaken
            doubt.held.clear()
            leg.silence()
        elif configuration.interrupts(leg.profile):
            doubt = self._cut(leg)
        if doubt is not None:
            self._doubt, self.decided = doubt, False
            doubt.utterances[item_id] = False
            doubt.speaking, doubt.started, doubt.deadline = item_id, now, now + TALKS_ON_S

    def speech_stopped(self, item_id: str) -> None:
        """The voice has ended; its words may still come."""
        doubt = self._doubt
        if doubt is not None and item_id == doubt.speaking:
            doubt.speaking = None
            doubt.deadline = max(doubt.started + WORDS_S, self._clock() + WORDS_AFTER_SPEECH_S)

    def partial(self, item_id: str, text: str) -> None:
        """The words so far."""
        doubt = self._doubt
        if doubt is not None and item_id in doubt.utterances and not doubt.is_nothing(text):
            self._it_was_one(doubt)

    def left_by(self, item_id: str, text: str) -> bool:
        """All words of an utterance; tell whether they leave the floor to the answer, and are no turn."""
        doubt = self._doubt
        if doubt is None or item_id not in doubt.utterances:
            return False
        if not doubt.is_nothing(text):
            self._it_was_one(doubt)
            return False
        self._transcript.user_failed(item_id, doubt.leg.profile.id)
        doubt.utterances[item_id] = True
        if all(doubt.utterances.values()):
            self._it_was_none(doubt)
        return True

    def taken_by(self, item_id: str) -> None:
        """Something was said, and nobody will know what."""
        if self._doubt is not None and item_id in self._doubt.utterances:
            self._it_was_one(self._doubt)

    def stopped_at(self, item_id: str, ms: float) -> None:
        """The browser reports the position it plays or, after an interruption, where exactly it stopped."""
        stopped_ms = self._caller.played(item_id, ms)
        if stopped_ms is not None:
            self._transcript.answer_cut(item_id, stopped_ms)

    def decide(self) -> float:
        """Decide about an interruption whose words have been waited for long enough; return when to ask again."""
        doubt = self._doubt
        if doubt is not None and self._clock() >= doubt.deadline:
            if doubt.held or doubt.speaking is not None:  # the service answers it, or somebody talks on
                self._it_was_one(doubt)
            else:
                self._it_was_none(doubt)
        return math.inf if self._doubt is None else self._doubt.deadline

    def hung_up(self) -> None:
        """The call is over: nobody hears the rest."""
        for cut in self._caller.left_unheard():
            self._transcript.answer_cut(cut.item_id, cut.heard_ms)

    def leg_lost(self) -> None:
        """The session that was to tell is gone: what was cut stays cut."""
        self._settle()

    # What the service does meanwhile

    def refuses(self, leg: Leg, response_id: str) -> bool:
        """The service answers by itself; refuse it when what it answers was no more than a sign of listening."""
        if self._clock() >= self._unwanted_until:
            return False
        self._withdrawn.add(response_id)
        leg.cancel()
        leg.awaiting = False
        return True

    def withdraw(self, response_id: str) -> None:
        """Nobody is to hear or see what this response says."""
        self._withdrawn.add(response_id)

    def answer_begins(self, leg: Leg, item_id: str, response_id: str | None) -> None:
        """An answer begins: it may be cut already, or held until it is known whether it is wanted."""
        doubt = self._doubt
        cut = doubt is not None and response_id in doubt.responses
        held = response_id in self._withdrawn or (doubt is not None and not cut)
        if doubt is not None and held and response_id not in leg.silenced:
            doubt.answers.append(item_id)
        filler = response_id is not None and response_id == leg.filler
        self._transcript.answer_begins(item_id, leg.profile.id, held=held, filler=filler)
        if response_id in leg.silenced:
            self._transcript.answer_cut(item_id, 0)
        if doubt is not None and cut:
            doubt.items.append(item_id)

    def hold(self, response_id: str | None, item_id: str, sound: bytes) -> float:
        """Keep the sound of an answer to what is not understood yet, but not for long; return its playing time, ms."""
        assert self._doubt is not None
        if not self._doubt.held:
            self._doubt.deadline = min(self._doubt.deadline, self._clock() + HELD_ANSWER_S)
        self._doubt.held.append((response_id, item_id, sound))
        return milliseconds(sound)

    def hold_end(self, item_id: str) -> None:
        """No more sound comes for it."""
        assert self._doubt is not None
        self._doubt.held.append((None, item_id, None))

    def late(self, response_id: str | None, item_id: str, sound: bytes) -> float:
        """Sound of an answer that is cut: keep it in case the answer goes on; return its playing time in ms."""
        if self._doubt is not None and response_id in self._doubt.responses:
            return self._caller.put_aside(sound, item_id)
        return milliseconds(sound)

    def late_end(self, response_id: str | None, item_id: str) -> None:
        """No more sound comes for it."""
        if self._doubt is not None and response_id in self._doubt.responses:
            self._caller.put_aside_end(item_id)

    # What follows

    def _cut(self, leg: Leg) -> _Doubt | None:
        """Silence the answer; return what was cut, or None when there was nothing."""
        responses = {leg.response_id} if leg.response_id is not None else set[str]()
        leg.silence()
        cuts = self._caller.hush()
        rest_ms = float("inf") if responses else sum(cut.sent_ms - cut.heard_ms for cut in cuts)
        for cut in cuts:
            INTERRUPTIONS.inc()
            self._stopwatch.cut(cut.item_id)
            self._transcript.answer_cut(cut.item_id, cut.heard_ms)
            if leg.is_retold(cut.item_id):
                leg.retell(cut.item_id, self._transcript.heard(cut.item_id))
            elif cut.item_id in leg.spoken and not configuration.truncates_itself(leg.profile):
                leg.truncate(cut.item_id, cut.heard_ms)
        items = [cut.item_id for cut in cuts] + self._transcript.cut_unheard()
        return _Doubt(leg, items, responses, rest_ms) if items or responses else None

    def _settle(self) -> None:
        self._doubt, self.decided = None, True
        self._caller.give_up()

    def _it_was_one(self, doubt: _Doubt) -> None:
        """The interruption is real: what was cut stays cut, and the answer to it may sound."""
        self._settle()
        for item_id in doubt.items:
            self._stopwatch.came_in(item_id)
        for item_id in doubt.answers:
            self._transcript.answer_restored(item_id)
        if doubt.held:
            self._caller.set_state("speaking")
        for response_id, item_id, sound in doubt.held:
            if item_id not in doubt.leg.spoken:
                doubt.leg.spoken.add(item_id)
                doubt.leg.voiced = response_id or doubt.leg.voiced
                self._stopwatch.sound(response_id, item_id)
            if sound is None:
                self._caller.audio_end(item_id)
            else:
                self._caller.audio(sound, item_id)

    def _it_was_none(self, doubt: _Doubt) -> None:
        """The interruption was none: the answer goes on where it stopped, and the service forgets that it was cut."""
        leg = doubt.leg
        unsaid = not leg.spoken.intersection(doubt.items)
        if leg is not self._current() or not (unsaid or self._caller.resumable):
            self._it_was_one(doubt)
            return
        if leg.response_id is not None and leg.response_id not in doubt.responses:
            self._withdrawn.add(leg.response_id)
            leg.cancel()
        for item_id in doubt.utterances:
            leg.forget(item_id)
        if unsaid:
            self._ask_again(doubt)
            return
        self._unwanted_until = self._clock() + UNWANTED_S
        leg.silenced -= doubt.responses
        leg.awaiting = leg.responding
        self._caller.resume()
        self._settle()
        for item_id in doubt.items:
            self._stopwatch.resumed(item_id)
            words = self._transcript.answer_restored(item_id)
            known = item_id in leg.spoken and not self._transcript.is_filler(item_id)
            if known and leg.response_id not in doubt.responses:
                leg.retell(item_id, words)
        RESUMED.inc()
        self._caller.set_state("speaking")

    def _ask_again(self, doubt: _Doubt) -> None:
        """The service gave up an answer before its first sound: nothing to go on with, and still a question."""
        self._settle()
        for item_id in doubt.items:
            doubt.leg.forget(item_id)
        doubt.leg.ask_response()
        self._caller.set_state("thinking")
