"""What the events about items mean: captions for the browser now, turns for memory once they are final."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from backend.core.context import Turn
from backend.voice.browser import messages
from backend.voice.browser.messages import Outgoing
from backend.voice.words.keeper import Keeper
from backend.voice.words.turns import MS_PER_CHARACTER, Ledger, Speech
from backend.voice.words.unworded import Unworded


@dataclass(slots=True)
class _Answer:
    agent_id: str
    streamed: str = ""
    final: str = ""
    speech: Speech = field(default_factory=Speech)
    heard_ms: float | None = None
    over: bool = False
    caption: messages.Message | None = None
    held: bool = False
    sound_over: bool = False

    @property
    def spoken(self) -> bool:
        """Whether all of it has been made into sound: told, or all of its words lie in the sound there is."""
        return self.sound_over or (bool(self.final) and self.speech.said(self.final).strip() == self.final.strip())

    @property
    def text(self) -> str:
        # A cut answer's final text may be shortened by the service already; what was streamed is all there was.
        cut = self.heard_ms is not None or self.speech.short
        return max(self.final, self.streamed, key=len) if cut else self.final or self.streamed


@dataclass(frozen=True, slots=True)
class _Drafted:
    """What memory was last given of an unfinished answer. next_at: the earliest time for more; pause: s after that."""

    item_id: str
    characters: int = 0
    next_at: float = 0.0
    pause: float = 0.25


WORD_SLACK = 16
"""Characters that may lie between two words whose places in the sound are told."""

PACE_FROM_CHARACTERS = 40
"""A shorter answer says little about the pace of its voice."""


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """What was left when a leg was lost.

    unworded: what the person said that has no words yet. answered: how much of the answer to what they said last there
    is: "nothing" to be heard, its beginning ("part"), or "all". silent: items whose sound ended and nothing told so.
    """

    unworded: list[str]
    answered: Literal["nothing", "part", "all"]
    silent: list[str]


class Transcript:
    """The words of one call. `say` sends a message to the browser; `keeper` stores turns.

    sound: what the person said that has no words yet.
    """

    def __init__(self, session_id: str, keeper: Keeper, say: Callable[[Outgoing], None]) -> None:
        self._ledger = Ledger(session_id)
        self._keeper = keeper
        self._say = say
        self._answers: dict[str, _Answer] = {}
        self._user_text: dict[str, str] = {}
        self._stopped: set[str] = set()
        self._ms_per_character: dict[str, float] = {}
        self._marked: set[str] = set()
        self.sound = Unworded()
        self._last_answer: str | None = None
        self._again: list[str] = []
        self._fillers: set[str] = set()
        self._said_before: dict[str, str] = {}
        self._clock = asyncio.get_running_loop().time
        self._recalled: tuple[str, ...] = ()
        self.last_item = ""
        """The item in which the person spoke last, '' before they have."""
        self._drafted = _Drafted("")
        self._settled = asyncio.Event()
        self._settled.set()

    # What the person says

    def speech_started(self, item_id: str, agent_id: str) -> None:
        """The person begins to speak."""
        item_id = self._same(item_id)
        self.sound.started(item_id)
        self._begin_user(item_id, agent_id)
        self._say(messages.transcription("listening", "", "user", item_id, agent_id))

    def speech_stopped(self, item_id: str, agent_id: str) -> None:
        """The person has stopped; the words are worked out."""
        item_id = self._said_before.get(item_id, item_id)
        self._ledger.over(item_id, self._clock())
        self._stopped.add(item_id)
        self.sound.stopped(item_id)
        text = self._user_text.get(item_id, "")
        self._say(messages.transcription("processing", text, "user", item_id, agent_id))

    def committed(self, item_id: str, previous_id: str | None, agent_id: str) -> None:
        """What was said is part of the conversation, after `previous_id`."""
        item_id = self._said_before.get(item_id, item_id)
        self._begin_user(item_id, agent_id)
        self._ledger.follows(item_id, previous_id)
        self._ledger.over(item_id, self._clock())

    def placed(self, item_id: str, previous_id: str | None) -> None:
        """The service tells where an item stands."""
        self._ledger.follows(item_id, previous_id)

    def user_partial(self, item_id: str, delta: str, agent_id: str) -> str:
        """Some words of the person, while the rest is worked out; return all so far."""
        item_id = self._said_before.get(item_id, item_id)
        text = self._user_text[item_id] = self._user_text.get(item_id, "") + delta
        status: messages.Status = "processing" if item_id in self._stopped else "listening"
        self._say(messages.transcription(status, text, "user", item_id, agent_id))
        return text

    def user_final(self, item_id: str, text: str, agent_id: str) -> None:
        """All the words of the person."""
        item_id = self._said_before.get(item_id, item_id)
        self._begin_user(item_id, agent_id)
        self._ledger.finish(item_id, text)
        self.sound.worded(item_id)
        self._say(messages.transcription("complete", text.strip(), "user", item_id, agent_id))
        self.settle()

    def user_failed(self, item_id: str, agent_id: str) -> None:
        """The words could not be made out, or there were none that count."""
        item_id = self._said_before.get(item_id, item_id)
        self._ledger.fail(item_id)
        self.sound.worded(item_id)
        self._say(messages.transcription("complete", "", "user", item_id, agent_id))
        self.settle()

    def typed(self, item_id: str, content: str, agent_id: str) -> None:
        """The person typed during the call."""
        self._begin_user(item_id, agent_id)
        self.user_final(item_id, content, agent_id)

    async def words(self, timeout: float) -> None:
        """Wait until everything the person said has its words, at most `timeout` seconds."""
        waiter = asyncio.ensure_future(self._settled.wait())
        await asyncio.wait({waiter}, timeout=timeout)
        waiter.cancel()

    # What the assistant says

    def recalled(self, sources: tuple[str, ...]) -> None:
        """The next answer is given from these facts and turns."""
        self._recalled = sources

    def answer_begins(self, item_id: str, agent_id: str, *, held: bool = False, filler: bool = False) -> None:
        """An answer has begun. held: it is not shown, and not heard, until `answer_restored`.

        filler: a few words while a tool takes its time; they are shown and heard, and are no turn.
        """
        if item_id in self._answers:
            return
        answer = self._answers[item_id] = _Answer(agent_id, held=held)
        answer.speech.marked = agent_id in self._marked
        answer.speech.ms_per_character = self._ms_per_character.get(agent_id, MS_PER_CHARACTER)
        if filler:
            self._fillers.add(item_id)
        else:
            self._is_turn(item_id, answer)

    def is_filler(self, item_id: str) -> bool:
        """Tell whether these are words that fill a pause."""
        return item_id in self._fillers

    def was_no_filler(self) -> None:
        """What was taken for the last filler is an answer."""
        for item_id in [item_id for item_id in self._fillers if not self._answers[item_id].over]:
            self._fillers.discard(item_id)
            self._is_turn(item_id, self._answers[item_id])

    def _is_turn(self, item_id: str, answer: _Answer) -> None:
        self._last_answer = item_id
        recalled, self._recalled = self._recalled, ()
        self._ledger.begin(item_id, "assistant", answer.agent_id, datetime.now(UTC), self._clock(), recalled)
        self._ledger.heard_part(item_id, answer.streamed, answer.speech)
        if answer.held:
            self._cut(item_id, answer, 0)

    def adopt(self, turn: Turn, received_ms: float, *, ended: bool) -> None:
        """Take an answer that another process began and stored.

        received_ms: how much of its sound the browser has; ended: whether that is all of it. What it has not is cut.
        """
        text = f"{turn.content} {turn.unheard}".strip()
        speech = Speech(received_ms, short=not ended)
        self._answers[turn.id] = _Answer(turn.agent_id, text, text, speech, over=True, sound_over=ended)
        if ended and turn.interrupted:  # it was left while it was heard, and nothing is lacking
            turn = turn._replace(content=text, unheard="", interrupted=False)
            self._keeper.amend(turn)
        self._ledger.adopt(turn, text, speech)
        if not ended:
            self.answer_cut(turn.id, received_ms)

    def continues_after(self, said_at: datetime) -> None:
        """What comes here was said after this."""
        self._ledger.continues_after(said_at)

    def answer_text(self, item_id: str, delta: str, *, silenced: bool) -> None:
        """More words of an answer. Those of a silenced one are kept and not shown: nobody hears them."""
        answer = self._answers.get(item_id)
        if answer is None:
            return
        answer.streamed += delta
        self._ledger.heard_part(item_id, answer.streamed)
        if not silenced and answer.heard_ms is None:
            self._say(messages.transcription("processing", answer.streamed, "assistant", item_id, answer.agent_id))

    def answer_audio(self, item_id: str, ms: float) -> None:
        """More sound of an answer, `ms` long, whether it is played or not."""
        answer = self._answers.get(item_id)
        if answer is not None:
            answer.speech.audio_ms += ms

    def speech(self, item_id: str) -> Speech | None:
        """Return what is known of an answer's sound; None for an answer that has not begun."""
        answer = self._answers.get(item_id)
        return None if answer is None else answer.speech

    def answer_sound_over(self, item_id: str) -> None:
        """No more sound of an answer comes."""
        answer = self._answers.get(item_id)
        if answer is not None:
            answer.sound_over = True

    def answer_word(self, item_id: str, word: str, ends_ms: float) -> None:
        """The service tells where in its sound a word of the answer ends."""
        answer = self._answers.get(item_id)
        if answer is not None and (word := word.strip()):
            self._marked.add(answer.agent_id)
            marks = answer.speech.marks
            ended_ms, characters = marks[-1] if marks else (0.0, 0)
            place = answer.text.find(word, characters, characters + len(word) + WORD_SLACK)
            if place >= 0 and ends_ms >= ended_ms:
                marks.append((ends_ms, place + len(word)))

    def answer_final(self, item_id: str, text: str) -> None:
        """All the words of an answer. The first source counts: text, the transcript of its sound, or the item."""
        answer = self._answers.get(item_id)
        if answer is None or answer.final or not text:
            return
        answer.final = text
        self._ledger.heard_part(item_id, text)
        if answer.heard_ms is None:
            self._caption(item_id, answer)

    def answer_over(self, item_id: str, text: str, *, complete: bool = True) -> None:
        """The answer is complete, cut or not; `text` is the item's own, used where no event brought one.

        complete: the service has said all of it.
        """
        answer = self._answers.get(item_id)
        if answer is None or answer.over:
            return
        answer.over = True
        self.answer_final(item_id, text)
        if complete:
            answer.speech.short = False
            if answer.speech.audio_ms > 0 and len(answer.text) >= PACE_FROM_CHARACTERS:
                self._ms_per_character[answer.agent_id] = answer.speech.audio_ms / len(answer.text)
        if answer.text.strip():
            self._ledger.finish(item_id, answer.text, answer.speech)
        else:
            self._ledger.fail(item_id)
        self._caption(item_id, answer)
        self.settle()

    def answer_cut(self, item_id: str, heard_ms: float) -> None:
        """The person interrupted the answer after `heard_ms`; told again, the last time counts."""
        answer = self._answers.get(item_id)
        if answer is None or answer.held:
            return
        speech = answer.speech
        if answer.over and not speech.short and heard_ms > speech.audio_ms - 1:
            if answer.heard_ms is not None:
                self.answer_restored(item_id)  # it was told too late: all had been heard by then
        elif answer.heard_ms != heard_ms:
            answer.speech.short = not answer.over or answer.speech.short
            if self._cut(item_id, answer, heard_ms) or answer.over:
                self._caption(item_id, answer)
            self.settle()

    def cut_unheard(self) -> list[str]:
        """Cut the answers that are still being made and of which nothing has sounded; return their items."""
        items = [
            item_id
            for item_id, answer in self._answers.items()
            if not answer.over and answer.heard_ms is None and answer.speech.audio_ms <= 0
        ]
        for item_id in items:
            self.answer_cut(item_id, 0)
        return items

    def answer_restored(self, item_id: str) -> str:
        """The answer goes on: it was not cut after all, or is no longer held. Return its words, so far as spoken."""
        answer = self._answers.get(item_id)
        if answer is None:
            return ""
        answer.heard_ms, answer.held, answer.caption = None, False, None
        corrected = self._ledger.restore(item_id)
        if corrected is not None:
            self._keeper.amend(corrected)
        self._caption(item_id, answer)
        self.settle()
        return answer.speech.said(answer.text).strip() if answer.over else answer.text.strip()

    def heard(self, item_id: str) -> str:
        """Return what was heard of an answer that is cut."""
        answer = self._answers[item_id]
        return answer.speech.split(answer.text.strip(), answer.heard_ms or 0)[0].strip()

    def _cut(self, item_id: str, answer: _Answer, heard_ms: float) -> bool:
        """Note how much was heard; tell whether memory had the turn already."""
        answer.heard_ms = heard_ms
        corrected = self._ledger.interrupt(item_id, heard_ms)
        if corrected is not None:
            self._keeper.amend(corrected)
        return corrected is not None

    # What is left when a leg is lost

    def break_off(self) -> BrokenOff:
        """No more comes of what is under way: settle answers with what was sent of them.

        What the person said and has no words yet is waited for: the next leg is to hear it again.
        """
        silent = []
        for item_id, answer in self._answers.items():
            if not answer.over:
                if not answer.sound_over and answer.speech.audio_ms and answer.heard_ms is None:
                    silent.append(item_id)
                # Words run ahead of their sound: those that were not spoken were not said.
                answer.speech.short = not answer.sound_over
                self.answer_over(item_id, "", complete=False)
        self.settle()
        self._again = self._ledger.without_text("user")
        for item_id in self._again:
            self._ledger.again(item_id, self._clock())
            self._user_text.pop(item_id, None)
            self._stopped.discard(item_id)
        last = self._answers.get(self._last_answer or "")
        if last is None or last.speech.audio_ms <= 0:
            return BrokenOff(list(self._again), "nothing", silent)
        return BrokenOff(list(self._again), "all" if last.spoken else "part", silent)

    def listened_again(self) -> None:
        """The next leg has the sound: from here on the wait for its words is short."""
        for item_id in self._again:
            self._ledger.over(item_id, self._clock())

    @property
    def worded(self) -> bool:
        """Whether everything the person said has its words."""
        return self._settled.is_set()

    def _same(self, item_id: str) -> str:
        """Return the item that this one is: the first one still without words, when a new leg hears it again."""
        while self._again and item_id not in self._said_before:
            before = self._again.pop(0)
            if self._ledger.again(before, self._clock()):
                self._said_before[item_id] = before
        return self._said_before.get(item_id, item_id)

    # What memory gets

    def settle(self) -> None:
        """Hand over to memory what is final and in order."""
        self._keeper.keep(self._ledger.settle(self._clock()))
        if not self._ledger.waiting("user"):
            self._settled.set()
            self.sound.settle()

    def tend(self) -> float:
        """Hand over what has been waited for long enough, and drafts; return when to ask again, if nothing happens."""
        again = self._draft()
        deadline = self._ledger.next_deadline()
        if deadline is not None and deadline <= self._clock():
            self.settle()
            deadline = self._ledger.next_deadline()
        return again if deadline is None else min(again, deadline)

    def _draft(self) -> float:
        """Let memory have the answer that sounds as far as it is known: this process may not live to its end.

        Text comes much faster than it is heard, so each draft may wait twice as long as the one before it. Returns when
        the next one is due.
        """
        turn = self._ledger.draft()
        if turn is None:
            return math.inf
        drafted = self._drafted if self._drafted.item_id == turn.id else _Drafted(turn.id)
        if len(turn.content) <= drafted.characters:
            return math.inf
        if self._clock() >= drafted.next_at and self._answers[turn.id].speech.audio_ms > 0:
            self._keeper.keep([turn])
            self._drafted = _Drafted(turn.id, len(turn.content), self._clock() + drafted.pause, 2 * drafted.pause)
            return math.inf
        return drafted.next_at

    def close(self) -> None:
        """The call is over: hand over everything that has words."""
        self._keeper.keep(self._ledger.close(self._clock()))

    def _begin_user(self, item_id: str, agent_id: str) -> None:
        if item_id not in self._ledger:
            self._last_answer = None
        self._ledger.begin(item_id, "user", agent_id, datetime.now(UTC), self._clock())
        self.last_item = item_id
        if self._ledger.waiting("user"):
            self._settled.clear()

    def _caption(self, item_id: str, answer: _Answer) -> None:
        if answer.held:
            return
        text = answer.text.strip()
        if answer.heard_ms is None and answer.over:
            text = answer.speech.said(text).strip()
        status: messages.Status = "complete" if answer.over or answer.final else "processing"
        caption: dict[str, Any] = messages.transcription(status, text, "assistant", item_id, answer.agent_id)
        if answer.heard_ms is not None:
            heard, unheard = answer.speech.split(text, answer.heard_ms)
            caption |= {"status": "complete", "text": heard.strip(), "unheard": unheard.strip(), "interrupted": True}
        if caption != answer.caption:
            answer.caption = dict(caption)  # a copy: what is said gets a number
            self._say(caption)
