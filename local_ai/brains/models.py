"""The brain of real models: Silero and Smart Turn and Moonshine hear, Qwen thinks, hibari speaks. All on this machine.

Each listener has one thread; recognition, language and speech keep their own order among the sessions.
"""

import asyncio
import logging
import queue
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from local_ai.brains import (
    Final,
    HeardEvent,
    Hearing,
    Partial,
    ReplyDelta,
    ReplyEnd,
    SpeechStarted,
    SpeechStopped,
    TranscriptionFailed,
    local_voice,
)
from local_ai.ear import Ear
from local_ai.language import Language
from local_ai.model_files import ModelFiles, choose_tier, open_folder
from local_ai.model_progress import open_progress
from local_ai.recognition import Recognition
from local_ai.speech_detection import EndOfTurn, Resampler, VoiceActivity, session
from local_ai.synthesis import Synthesis

_log = logging.getLogger("local_ai.models")

BACKLOG_SECONDS = 120
"""Audio that may wait for its thread. More is lost, and said to be."""
HURRIED_SECONDS = 0.4
"""Audio waiting from which partial transcripts are left out, so that the listener catches up."""


class ModelsListener:
    """The ear of one voice session: takes audio on the event loop, hears it on a thread of its own."""

    def __init__(self, ear: Ear, sample_rate: int) -> None:
        self._ear, self._rate = ear, sample_rate
        self._resampler = Resampler(sample_rate)
        self._loop = asyncio.get_running_loop()
        self._inbox: queue.SimpleQueue[tuple[bytes | str | Hearing, int] | None] = queue.SimpleQueue()
        self._odd = b""
        self._fed = self._taken = 0  # bytes: written by one side each, so the difference needs no lock
        self._lost = 0
        self._epoch = 0  # counts `clear`: what was heard before one is not reported after it
        self._owed = False  # a transcript was promised: by a reported end of speech, or by `commit`
        self._events: deque[HeardEvent] = deque()
        self._news = asyncio.Event()
        self._closed = False
        threading.Thread(target=self._work, name="listen", daemon=True).start()

    def follow(self, hearing: Hearing) -> None:
        """Find utterances in this way, from the next audio on."""
        self._inbox.put((hearing, self._epoch))

    def feed(self, pcm16: bytes) -> None:
        """Take PCM16 of any length. Past two minutes of waiting audio the newest is dropped; the transcript tells."""
        if self._closed:
            return
        if self._fed - self._taken > BACKLOG_SECONDS * self._rate * 2:
            self._lost += len(pcm16)
            return
        pcm16 = self._odd + pcm16
        whole = len(pcm16) & ~1
        self._odd = pcm16[whole:]
        self._fed += whole
        self._inbox.put((pcm16[:whole], self._epoch))

    async def events(self) -> AsyncGenerator[HeardEvent, None]:
        """What is heard, until `close`."""
        while True:
            while self._events:
                yield self._events.popleft()
            if self._closed:
                return
            self._news.clear()
            await self._news.wait()

    async def commit(self) -> None:
        """End the utterance now."""
        self._owed = True
        self._inbox.put(("commit", self._epoch))

    def clear(self) -> None:
        """Forget the unfinished utterance, what was heard of it and what waits to be heard."""
        self._epoch += 1
        while self._events and isinstance(self._events[-1], SpeechStarted | Partial):
            self._events.pop()
        self._inbox.put(("clear", self._epoch))

    async def close(self) -> None:
        """End the thread and `events`."""
        self._closed = True
        self._news.set()
        self._inbox.put(None)

    def _work(self) -> None:
        while (item := self._inbox.get()) is not None and not self._closed:
            what, epoch = item
            try:
                for event in self._hear(what):
                    self._loop.call_soon_threadsafe(self._deliver, event, epoch)
            except RuntimeError as error:
                if self._loop.is_closed():
                    return
                self._fail(error, epoch)
            except Exception as error:  # whatever a model throws ends the utterance, not the call
                self._fail(error, epoch)

    def _hear(self, what: bytes | str | Hearing) -> Iterable[HeardEvent]:
        if isinstance(what, Hearing):
            self._ear.follow(what)
            return ()
        if what == "clear":
            self._ear.clear()
            return ()
        if what == "commit":
            return self._ear.commit()
        assert isinstance(what, bytes)
        self._taken += len(what)
        samples = np.frombuffer(what, "<i2").astype(np.float32) / 32768.0
        behind = (self._fed - self._taken) / 2 / self._rate
        return self._ear.hear(self._resampler.feed(samples), hurried=behind > HURRIED_SECONDS)

    def _fail(self, error: Exception, epoch: int) -> None:
        _log.exception("hearing failed", exc_info=error)
        self._ear.clear()
        failed = TranscriptionFailed(f"Hearing failed: {type(error).__name__}.")
        self._loop.call_soon_threadsafe(self._deliver, failed, epoch)

    def _deliver(self, event: HeardEvent, epoch: int) -> None:
        """On the event loop, where `clear` runs too: so what comes after it in time comes after it here."""
        ends = isinstance(event, Final | TranscriptionFailed)
        if self._closed or (epoch != self._epoch and not (ends and self._owed)):
            return
        if isinstance(event, SpeechStopped):
            self._owed = True
        elif ends:
            self._owed = False
            if self._lost:
                seconds = self._lost / 2 / self._rate
                event = TranscriptionFailed(f"Audio came faster than it could be heard; {seconds:.1f} s were lost.")
                self._lost = 0
        self._events.append(event)
        self._news.set()


class ModelsBrain:
    """All models of one tier, loaded once for the process."""

    name = "models"

    def __init__(self, model_dir: str | Path | None = None, tier: str | None = None) -> None:
        """model_dir: where the files lie, see `open_folder`. tier: see `choose_tier`. Raises ModelError for another."""
        self.tier = choose_tier(tier)
        self._folder = model_dir
        self._language: Language | None = None
        self._recognition: Recognition | None = None
        self._synthesis = Synthesis()
        self._voice_model: Any = None
        self._turn_model: Any = None

    async def prepare(self) -> None:
        """Fetch what is missing, check it and load it: 2-15 s once the files are there. Raises ModelError."""
        files = open_folder(self._folder)
        await asyncio.to_thread(self._fetch, files)
        self._language = Language(self._path(files, "language"))
        await asyncio.gather(
            self._language.load(), self._synthesis.load(), asyncio.to_thread(self._load_hearing, files)
        )

    def listen(self, sample_rate: int) -> ModelsListener:
        """A new ear. sample_rate: Hz, 8,000 to 96,000, else ValueError."""
        assert self._recognition is not None, "prepare() comes first"
        ear = Ear(VoiceActivity(self._voice_model), EndOfTurn(self._turn_model), self._recognition)
        return ModelsListener(ear, sample_rate)

    def reply(
        self,
        messages: list[dict[str, Any]],
        *,
        max_tokens: int,
        temperature: float,
        schema: dict[str, Any] | None = None,
        stop_on: asyncio.Event | None = None,
    ) -> AsyncIterator[ReplyDelta | ReplyEnd]:
        """Think aloud; see `Language.reply`."""
        assert self._language is not None, "prepare() comes first"
        return self._language.reply(
            messages, max_tokens=max_tokens, temperature=temperature, schema=schema, stop_on=stop_on
        )

    def calls(self, messages: list[dict[str, Any]]) -> None:
        """It was not taught to ask for tools by itself."""

    def speak(self, text: str, voice: str, rate: float) -> AsyncIterator[bytes]:
        """Say one text; any voice name will do and stands for one of the two."""
        return self._synthesis.speak(text, local_voice(voice), rate)

    async def warm(self, messages: list[dict[str, Any]]) -> None:
        """Have the language model read these messages ahead, unless it has something better to do."""
        if self._language is not None:
            await self._language.warm(messages)

    async def close(self) -> None:
        """Free all models."""
        await self._synthesis.close()
        language, self._language = self._language, None
        if language is not None:
            await language.close()
        recognition, self._recognition = self._recognition, None
        if recognition is not None:
            await asyncio.to_thread(recognition.close)

    def _fetch(self, files: ModelFiles) -> None:
        with open_progress() as progress:
            files.prefetch(self.tier, progress)

    def _path(self, files: ModelFiles, role: str) -> Path:
        path = files.find(files.manifest.by_role(role, self.tier))
        assert path is not None, "prefetch has put it there"
        return path

    def _load_hearing(self, files: ModelFiles) -> None:
        self._voice_model = session(self._path(files, "voice-activity"))
        self._turn_model = session(self._path(files, "end-of-turn"))
        self._recognition = Recognition(files.package("moonshine_voice"))
        # The first call of each takes several times as long as the next; nobody should wait for it.
        silence = np.zeros(16_000, np.float32)
        VoiceActivity(self._voice_model).probability(silence[:512])
        EndOfTurn(self._turn_model).probability(silence)
        self._recognition.transcribe(silence)
