"""The user's side of a voice session: audio in, turns with their words out, as items of the conversation.

A turn is committed when it ends and gets its words a little later. Native models announce the item before its words,
cascades after.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import pybase64

from . import events
from .audio_formats import bytes_per_ms, decode_input, input_rate
from .brains import Final, HeardEvent, Listener, Partial, SpeechStarted, SpeechStopped, TranscriptionFailed
from .conversation import set_text
from .events import Event
from .requests import RequestRejected
from .responding import Stage
from .session_settings import SessionSettings
from .turn_taking import StableWords, TurnRules, only_fillers

log = logging.getLogger("local_ai.voice")

LARGEST_APPEND = 15 * 1024 * 1024
"""Bytes of audio in one append."""
SHORTEST_COMMIT_MS = 100
_AUDIO_TOKENS_PER_S = 10


@dataclass(slots=True)
class Turn:
    """Something the user said that still waits for its words.

    finals_due: transcripts that make it up. over_answer: it was said while an answer was heard.
    """

    item_id: str
    answered: bool
    partials: StableWords
    finals_due: int = 1
    words: list[str] = field(default_factory=list)
    over_answer: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A finished turn. answered: it asks for an answer by itself. told: events that tell its words, not sent yet."""

    answered: bool
    told: list[Event]


class UserTurns:
    """One listener at a time and the turns it finds.

    on_speech: the user began to speak; tells whether an answer was heard. on_committed: a turn ended. on_said: a turn
    has its words. All are called between two awaits.
    """

    def __init__(
        self,
        stage: Stage,
        settings: SessionSettings,
        *,
        on_speech: Callable[[], bool],
        on_committed: Callable[[], None],
        on_said: Callable[[Said], None],
    ) -> None:
        self._stage = stage
        self._settings = settings
        self._on_speech = on_speech
        self._on_committed = on_committed
        self._on_said = on_said
        self.speaking: str | None = None
        """Id that the item of the running utterance will have."""
        self.settled = asyncio.Event()
        """Set while no turn waits for its words."""
        self.settled.set()
        self.audio_tokens = 0
        """Of all committed turns."""
        self._over_answer = False
        self._partials = StableWords()
        self._turns: deque[Turn] = deque()
        self._unfinished = 0  # utterances the listener ended by itself and has not put into words yet
        self._loose_words: list[str] = []  # of such utterances in manual mode, before the client commits
        self._odd = b""
        self._fed_bytes = 0
        self._clock_base_ms = 0
        self._uncommitted_ms = 0.0
        self._rate = 0
        self._listener = self._listen()

    @property
    def rules(self) -> TurnRules:
        """Of the turn detection in force."""
        return TurnRules.of(self._settings.values["turn_detection"])

    async def close(self) -> None:
        """Stop listening."""
        await self._listener.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def follow_settings(self) -> None:
        """After an update: a new input rate takes a new listener; the clock goes on."""
        values = self._settings.values
        if input_rate(values["input_audio_format"], values["input_audio_sampling_rate"]) != self._rate:
            self._clock_base_ms += self._fed_bytes * 500 // self._rate
            self._fed_bytes = 0
            self._odd = b""
            self._unfinished = 0
            await self.close()
            self._listener = self._listen()
        else:
            self._listener.follow(self.rules.hearing)

    def append(self, event: Event) -> None:
        """`input_audio_buffer.append`: no answer. Raises RequestRejected."""
        audio = event.get("audio")
        if not isinstance(audio, str):
            raise RequestRejected("missing_required_parameter", "Missing required parameter: 'audio'.", "audio")
        try:
            data = pybase64.b64decode(audio, validate=True)
        except ValueError:
            message = "Invalid 'audio'. Expected base64-encoded audio bytes."
            raise RequestRejected("invalid_value", message, "audio") from None
        if len(data) > LARGEST_APPEND:
            raise RequestRejected("invalid_value", "Audio of one append must not exceed 15 MiB.", "audio")
        values = self._settings.values
        audio_format = values["input_audio_format"]
        self._uncommitted_ms += len(data) / bytes_per_ms(audio_format, values["input_audio_sampling_rate"])
        if audio_format == "pcm16" and (self._odd or len(data) % 2):
            data = self._odd + data
            even = len(data) // 2 * 2
            data, self._odd = data[:even], data[even:]
        pcm = decode_input(data, audio_format)
        self._fed_bytes += len(pcm)
        self._listener.feed(pcm)

    async def commit(self) -> None:
        """`input_audio_buffer.commit`: ends a running turn now, or makes one of all that was appended.

        Raises RequestRejected when there is nothing to commit.
        """
        if self.rules.detects and self.speaking is not None:
            await self._listener.commit()  # the turn ends now, and goes the way of all detected turns
            return
        if self.rules.detects or self._uncommitted_ms < SHORTEST_COMMIT_MS:
            has = 0.0 if self.rules.detects else self._uncommitted_ms
            raise RequestRejected(
                "input_audio_buffer_commit_empty",
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{SHORTEST_COMMIT_MS}ms of audio, but buffer only has {has:.2f}ms of audio.",
            )
        item_id = self.speaking or events.new_id("item_")
        self.speaking = None
        self._commit(Turn(item_id, answered=False, partials=self._partials, finals_due=self._unfinished + 1))
        self._partials = StableWords()
        await self._listener.commit()

    def clear(self) -> None:
        """`input_audio_buffer.clear`: the running utterance is forgotten."""
        self._listener.clear()
        self.speaking = None
        self._loose_words.clear()
        self._uncommitted_ms = 0.0
        self._stage.emit(events.cleared())

    def _listen(self) -> Listener:
        values = self._settings.values
        self._rate = input_rate(values["input_audio_format"], values["input_audio_sampling_rate"])
        listener = self._stage.brain.listen(self._rate)
        listener.follow(self.rules.hearing)
        self._task = asyncio.create_task(self._hear(listener))
        return listener

    async def _hear(self, listener: Listener) -> None:
        async for event in listener.events():
            try:
                self._on_heard(event)
            except Exception:  # one bad turn must not deafen the session
                log.exception("turn failed")

    def _on_heard(self, event: HeardEvent) -> None:
        match event:
            case SpeechStarted(at_ms):
                self._on_started(at_ms + self._clock_base_ms)
            case Partial(text):
                self._on_partial(text)
            case SpeechStopped(at_ms):
                self._unfinished += 1
                self._on_stopped(at_ms + self._clock_base_ms)
            case Final(text):
                self._unfinished = max(0, self._unfinished - 1)
                self._on_words(text, "")
            case TranscriptionFailed(message):
                self._unfinished = max(0, self._unfinished - 1)
                self._on_words(None, message)

    def _on_started(self, at_ms: int) -> None:
        if not self.rules.detects:
            return
        self.speaking = events.new_id("item_")
        self._partials = StableWords()
        self._stage.emit(events.speech_started(self.speaking, max(0, at_ms - self.rules.prefix_ms)))
        self._over_answer = self._on_speech()

    def _on_partial(self, text: str) -> None:
        if self.speaking is not None:
            delta = self._partials.partial(text)
            if delta and self._transcribes:
                self._stage.emit(events.transcription_delta(self.speaking, delta))

    def _on_stopped(self, at_ms: int) -> None:
        if not self.rules.detects or self.speaking is None:
            return
        self._stage.emit(events.speech_stopped(self.speaking, at_ms))
        turn = Turn(self.speaking, answered=self.rules.answers, partials=self._partials, over_answer=self._over_answer)
        self.speaking = None
        self._commit(turn)

    def _commit(self, turn: Turn) -> None:
        stage = self._stage
        previous_id = self._turns[-1].item_id if self._turns else stage.conversation.last_id
        self._turns.append(turn)
        self.settled.clear()
        self.audio_tokens += round(self._uncommitted_ms * _AUDIO_TOKENS_PER_S / 1000)
        self._uncommitted_ms = 0.0
        previous = stage.family.previous(previous_id)
        stage.emit(events.committed(turn.item_id, previous))
        if not stage.family.item_waits_for_words:
            item = _user_item(turn.item_id, None)
            stage.conversation.add(item)
            stage.emit(events.item_created(item, previous))
            stage.emit(events.item_done(item, previous))
        self._on_committed()

    def _on_words(self, text: str | None, failure: str) -> None:
        if not self._turns:
            if text and not self.rules.detects:
                self._loose_words.append(text)
            return
        turn = self._turns[0]
        if text is not None:
            turn.words.append(text)
        turn.finals_due -= 1
        if turn.finals_due > 0:
            return
        self._turns.popleft()
        if not self._turns:
            self.settled.set()
        words = " ".join(word for word in [*self._loose_words, *turn.words] if word)
        self._loose_words.clear()
        if turn.over_answer and self.rules.ignores_fillers and only_fillers(words):
            text = words = ""
        self._stage.faults.read_text(turn.item_id, words)
        if (text is None and not words) or self._stage.faults.take("transcription-failed"):
            self._on_no_words(turn, failure or "The audio could not be transcribed.")
        else:
            self._on_turn(turn, words)

    def _on_no_words(self, turn: Turn, message: str) -> None:
        if self._transcribes:
            self._stage.emit(events.transcription_failed(turn.item_id, message))
        if self._stage.family.item_waits_for_words:
            self._join(turn, None)
        self._on_said(Said(False, []))

    def _on_turn(self, turn: Turn, words: str) -> None:
        family = self._stage.family
        told: list[Event] = []
        if self._transcribes:
            rest = "" if family.item_waits_for_words else turn.partials.final(words)
            if rest:
                told.append(events.transcription_delta(turn.item_id, rest))
            told.append(events.transcription_completed(turn.item_id, words, family.transcript_language))
        if family.item_waits_for_words:
            for event in told:
                self._stage.emit(event)
            told = []
            self._join(turn, words)
        elif (item := self._stage.conversation.get(turn.item_id)) is not None:
            set_text(item, words)
        # Noise that came to no words asks for no answer.
        self._on_said(Said(turn.answered and bool(words), told))

    def _join(self, turn: Turn, words: str | None) -> None:
        item = _user_item(turn.item_id, words)
        previous = self._stage.conversation.add(item)
        self._stage.emit(events.item_created(item, self._stage.family.previous(previous)))

    @property
    def _transcribes(self) -> bool:
        return self._settings.values["input_audio_transcription"] is not None


def _user_item(item_id: str, transcript: str | None) -> Event:
    return events.message_item(item_id, "user", "completed", [{"type": "input_audio", "transcript": transcript}])
