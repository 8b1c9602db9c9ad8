"""What the two protocols need of a brain: to hear, to think and to speak.

`scripted` is deterministic and for tests; `models` runs real speech and language models. Everything above this file
(`gateway`, `voicelive`) knows only these names, and nothing here knows HTTP or VoiceLive.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The user began to speak. at_ms: ms of audio fed since the listener was made, at the first voiced sample."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Partial:
    """What has been understood of the running utterance so far: the whole text, not the difference."""

    text: str


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The user ended the utterance (end of turn, not a breath). at_ms: as above, at the last voiced sample."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Final:
    """The transcript of the utterance that SpeechStopped ended, or of the audio that `commit` closed. May be empty."""

    text: str


@dataclass(frozen=True, slots=True)
class TranscriptionFailed:
    """In place of Final: the utterance could not be turned into words."""

    message: str


@dataclass(frozen=True, slots=True)
class Hearing:
    """How a listener tells where an utterance begins and ends. Milliseconds, and probabilities from 0 to 1.

    threshold: of speech. prefix_ms: audio kept from before the first voiced sample. speech_ms: voice shorter than this
    begins nothing. silence_ms: the pause after which the turn may be over. finished: how sure it has to be that the
    speaker has finished, None when silence alone decides. longest_silence_ms: the pause that ends it in any case.
    """

    threshold: float = 0.5
    prefix_ms: int = 400
    speech_ms: int = 96
    silence_ms: int = 384
    finished: float | None = 0.5
    longest_silence_ms: int = 1200


HeardEvent = SpeechStarted | Partial | SpeechStopped | Final | TranscriptionFailed


@dataclass(frozen=True, slots=True)
class ReplyDelta:
    """A piece of the reply, never empty, in order."""

    text: str


@dataclass(frozen=True, slots=True)
class ReplyEnd:
    """The last thing a reply yields. finish_reason: "stop" or "length"."""

    input_tokens: int
    cached_tokens: int
    output_tokens: int
    finish_reason: str


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """Tools that a brain asks for by itself. say: words before them, '' for none; calls: (name, arguments as text)."""

    say: str
    calls: tuple[tuple[str, str], ...]


class Busy(Exception):
    """The queue before the language model is full. retry_after: seconds after which it is worth asking again."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"Busy: the model's queue is full; try again in {retry_after:g} s.")
        self.retry_after = retry_after


class Unanswerable(Exception):
    """The request can never be answered as it stands; the message says why.

    code: OpenAI's error code, "context_length_exceeded" (the messages do not fit) or "invalid_json_schema".
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# Azure voices that are men; every other name is answered with Elena's voice.
_LOW_VOICES = ("andrew", "guy", "davis", "brian", "tony", "jason", "roger", "steffan", "christopher", "eric", "ryan")
_LOW_OPENAI = ("ash", "ballad", "echo", "verse", "cedar")


def local_voice(name: str) -> str:
    """The local voice that stands for an Azure, OpenAI or local voice name: "heart" (Elena) or "heart-low" (Marcus)."""
    if name in ("heart", "heart-low"):
        return name
    lowered = name.lower()
    low = lowered in _LOW_OPENAI or any(part in lowered for part in _LOW_VOICES)
    return "heart-low" if low else "heart"


class Listener(Protocol):
    """The ear of one voice session. One task feeds it, one task reads its events.

    By itself it finds utterances: SpeechStarted, Partial…, SpeechStopped, Final (or TranscriptionFailed). `commit`
    closes what was fed since the last utterance without waiting for silence: then Final (or TranscriptionFailed)
    follows, preceded by SpeechStopped if SpeechStarted was reported.
    """

    def follow(self, hearing: Hearing) -> None:
        """Find utterances in this way from here on."""
        ...

    def feed(self, pcm16: bytes) -> None:
        """Take little-endian mono PCM16 at the listener's rate, any length. Never blocks: work happens on a thread."""
        ...

    def events(self) -> AsyncIterator[HeardEvent]:
        """What is heard, in order; ends after `close`. Called once."""
        ...

    async def commit(self) -> None:
        """End the utterance now. Returns at once; the words come as an event."""
        ...

    def clear(self) -> None:
        """Forget the audio of the unfinished utterance; it gives no further event."""
        ...

    async def close(self) -> None:
        """Free what the listener holds; ends `events`. May be called twice."""
        ...


class Brain(Protocol):
    """Ears, mind and mouth behind both protocols. One per process; all methods are called on the event loop."""

    name: str

    async def prepare(self) -> None:
        """Load what is needed; may take seconds. Called once, before the first request is served."""
        ...

    def listen(self, sample_rate: int) -> Listener:
        """A new ear for one voice session. sample_rate: Hz of what will be fed."""
        ...

    def reply(
        self,
        messages: list[dict[str, Any]],
        *,
        max_tokens: int,
        temperature: float,
        schema: dict[str, Any] | None = None,
        stop_on: asyncio.Event | None = None,
    ) -> AsyncIterator[ReplyDelta | ReplyEnd]:
        """Think aloud: deltas, then one ReplyEnd.

        messages: OpenAI chat form, content always a string. schema: a JSON schema the whole text must satisfy.
        stop_on: when set, generation ends soon after (ReplyEnd still comes); closing the iterator does the same.
        Raises Busy before the first delta when the queue is full, Unanswerable when no wait would help.
        """
        ...

    def calls(self, messages: list[dict[str, Any]]) -> ToolCalls | None:
        """The tools that the last message makes it ask for, unchecked; None when it is to be asked by a schema."""
        ...

    def speak(self, text: str, voice: str, rate: float) -> AsyncIterator[bytes]:
        """Say one clause: little-endian mono PCM16 at 24 kHz, in pieces as they are made.

        voice: "heart" or "heart-low" (see `local_voice`). rate: 1.0 is normal, 0.5 to 1.5.
        """
        ...

    async def warm(self, messages: list[dict[str, Any]]) -> None:
        """Fill the prefix cache for these messages. Best effort: never raises, may do nothing."""
        ...

    async def close(self) -> None:
        """Stop threads and free models. May be called twice."""
        ...
