"""One response of a voice session: from the brain's words to text and audio deltas, until done or cancelled.

Text runs ahead: as clauses complete they are handed to the voice, which speaks while the brain thinks on.
"""

import asyncio
import logging
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import pybase64

from . import events
from .audio_formats import encode_output
from .brains import Brain, Busy, ReplyDelta, ReplyEnd
from .conversation import Conversation, set_text
from .events import Event, Family, Place
from .faults import Faults
from .tool_choice import Call, Chosen, Tool, choose
from .turn_taking import Clauses, Playback

log = logging.getLogger("local_ai.voice")

LONGEST_DELTA_MS = 300
"""An audio delta is never longer; the service's are 250 to 400 ms."""
_BYTES_PER_MS = 48
_AUDIO_TOKENS_PER_S = 20  # measured on the service: about 10 a second in, 20 out


@dataclass(slots=True)
class Stage:
    """What a response needs of its session. drain waits while the client reads too slowly."""

    emit: Callable[[Event], None]
    drain: Callable[[], Awaitable[None]]
    now: Callable[[], float]
    brain: Brain
    family: Family
    conversation: Conversation
    conversation_id: str
    playback: Playback
    faults: Faults


@dataclass(slots=True)
class Asked:
    """What one response is asked to be, after the session's settings and `response.create` are put together.

    ready: awaited before thinking, while the user's words are still being recognised; gives the messages.
    tells_words: whether the place of each word in the sound is told.
    beside: user transcription events to interleave, as native models do: (after the first "text" or "audio", event).
    """

    ready: Callable[[], Awaitable[list[dict[str, Any]]]]
    spoken: bool
    voice: dict[str, Any]
    local_voice: str
    rate: float
    output_format: str
    temperature: float | None
    max_output_tokens: int | str
    max_tokens: int
    tools: list[Tool] = field(default_factory=list)
    must_call: bool = False
    pre_generated: str | None = None
    metadata: dict[str, str] | None = None
    tells_words: bool = False
    audio_tokens_in: int = 0
    beside: deque[tuple[str, Event]] = field(default_factory=deque)


class Response:
    """A running response. `on_over` is called once, after `response.done` went out."""

    def __init__(self, stage: Stage, asked: Asked, on_over: Callable[["Response"], None]) -> None:
        self.id = events.new_id("resp_")
        self._stage = stage
        self._asked = asked
        self._on_over = on_over
        self._stop = asyncio.Event()
        self._place: Place | None = None
        self._item: Event | None = None
        self._text = ""
        self._output: list[Event] = []
        self._end = ReplyEnd(0, 0, 0, "stop")
        self._audio_ms = 0.0
        self._last_audio: str | None = None
        self._announced = False
        self.over = False
        self._task = asyncio.create_task(self._run(), name=self.id)

    @property
    def item_id(self) -> str | None:
        """Id of the assistant message that is being made, None before its first word."""
        return self._place.item_id if self._place else None

    def announce(self) -> None:
        """Send `response.created`, once."""
        if not self._announced:
            self._announced = True
            self._stage.emit(events.response_created(self._wire("in_progress", None, None)))

    def cancel(self, reason: str, heard: str | None = None) -> None:
        """End now. reason: "turn_detected" or "client_cancelled". heard: what the user heard, when known."""
        if self.over:
            return
        self._stop.set()
        self._task.cancel()
        late = self._stage.faults.take("late-deltas")
        if late:
            self._late_deltas(4)
        if heard is not None:
            self._text = heard
        self._close("cancelled", {"type": "cancelled", "reason": reason})
        if late:
            self._late_deltas(2)

    async def discard(self) -> None:
        """The session is over: stop without a word."""
        self.over = True
        self._stop.set()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            if not self._stage.family.item_waits_for_words:
                self.announce()
            messages = await self._asked.ready()
            self.announce()
            await self._faults_before()
            if self._asked.pre_generated is not None:
                await self._say(_once(self._asked.pre_generated))
            elif (chosen := await self._tool_calls(messages)).calls:
                if chosen.say:
                    await self._say(_once(chosen.say))
                    self._end_message("completed")
                for call in chosen.calls:
                    self._emit_call(call)
            else:
                reply = self._stage.brain.reply(
                    messages,
                    max_tokens=self._asked.max_tokens,
                    temperature=0.8 if self._asked.temperature is None else self._asked.temperature,
                    stop_on=self._stop,
                )
                await self._say(reply)
        except asyncio.CancelledError:
            raise
        except Busy as busy:
            self._fail("rate_limit_exceeded", str(busy))
        except Exception as failure:  # the session must go on, whatever a brain does
            cause = failure.exceptions[0] if isinstance(failure, ExceptionGroup) else failure
            log.exception("response failed")
            self._fail("rate_limit_exceeded" if isinstance(cause, Busy) else "server_error", str(cause))
        else:
            if self._end.finish_reason == "length":
                self._close("incomplete", {"type": "incomplete", "reason": "max_output_tokens"})
            else:
                self._close("completed", None)

    async def _faults_before(self) -> None:
        if self._stage.faults.take("stall"):
            await asyncio.Event().wait()
        if self._stage.faults.take("response-failed"):
            raise RuntimeError("The server had an error while processing your request.")

    async def _tool_calls(self, messages: list[dict[str, Any]]) -> Chosen:
        if not self._asked.tools:
            return Chosen((), self._end)
        chosen = await choose(self._stage.brain, messages, self._asked.tools, self._asked.must_call)
        self._end = chosen.end
        return chosen

    async def _say(self, reply: AsyncIterator[ReplyDelta | ReplyEnd]) -> None:
        clauses = Clauses()
        to_speak: asyncio.Queue[str | None] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            if self._asked.spoken:
                group.create_task(self._speak(to_speak))
            async with aclosing(reply) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    if isinstance(piece, ReplyEnd):
                        self._end = _sum(self._end, piece)
                        continue
                    self._text_delta(piece.text)
                    for clause in clauses.feed(piece.text):
                        to_speak.put_nowait(clause)
                    await self._stage.drain()
            for clause in clauses.flush():
                to_speak.put_nowait(clause)
            to_speak.put_nowait(None)

    async def _speak(self, clauses: "asyncio.Queue[str | None]") -> None:
        while (clause := await clauses.get()) is not None:
            if not clause.strip() or self._place is None:
                continue
            self._stage.playback.clause(self._place.item_id, clause)
            began_ms = self._audio_ms
            speech = self._stage.brain.speak(clause.strip(), self._asked.local_voice, self._asked.rate)
            async with aclosing(speech) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    for start in range(0, len(piece), LONGEST_DELTA_MS * _BYTES_PER_MS):
                        await self._audio_delta(piece[start : start + LONGEST_DELTA_MS * _BYTES_PER_MS])
            if self._asked.tells_words:
                self._tell_words(self._place, clause, began_ms)

    def _tell_words(self, place: Place, clause: str, began_ms: float) -> None:
        """Tell where the words of a clause lie in its sound: in proportion, as no voice here tells it."""
        if self.over or not clause.strip():
            return
        ms_each = (self._audio_ms - began_ms) / len(clause.strip())
        for word in re.finditer(r"\S+", clause.strip()):
            self._stage.emit(
                place.at(
                    "response.audio_timestamp.delta",
                    audio_offset_ms=round(began_ms + word.start() * ms_each),
                    audio_duration_ms=round(len(word.group()) * ms_each),
                    text=word.group().strip(".,;:!?"),
                    timestamp_type="word",
                )
            )

    def _open(self) -> Place:
        """Announce the assistant message, before its first word."""
        stage, place = self._stage, Place(self.id, events.new_id(self._stage.family.assistant_prefix))
        self._place = place
        item = events.message_item(place.item_id, "assistant", stage.family.opening_status, [])
        stage.emit(place.output_item("response.output_item.added", item))
        self._item = events.message_item(place.item_id, "assistant", "in_progress", [self._part("")])
        previous = stage.conversation.add(self._item)
        stage.emit(events.item_created(item, previous))
        stage.emit(place.at("response.content_part.added", part=self._part("")))
        return place

    def _part(self, text: str) -> Event:
        return {"type": "audio", "transcript": text} if self._asked.spoken else {"type": "text", "text": text}

    def _text_delta(self, text: str) -> None:
        if self.over:
            return
        place = self._place or self._open()
        self._text += text
        self._keep_text(place)
        kind = "response.audio_transcript.delta" if self._asked.spoken else "response.text.delta"
        self._stage.emit(place.at(kind, delta=text))
        self._beside("text" if self._asked.spoken else "audio")

    async def _audio_delta(self, pcm: bytes) -> None:
        if self.over or self._place is None:  # a cancelled voice may get one more step before it is stopped
            return
        stage, ms = self._stage, len(pcm) / _BYTES_PER_MS
        audio = pybase64.b64encode(encode_output(pcm, self._asked.output_format)).decode()
        self._last_audio = audio
        self._audio_ms += ms
        stage.playback.sent(self._place.item_id, ms, stage.now())
        stage.emit(self._place.at("response.audio.delta", delta=audio))
        self._beside("audio")
        if stage.faults.take("stall-midway"):
            await asyncio.Event().wait()
        await stage.drain()
        if stage.faults.pace:
            await asyncio.sleep(ms / 1000 / stage.faults.pace)

    def _beside(self, reached: str) -> None:
        beside = self._asked.beside
        while beside and (reached == "audio" or beside[0][0] == "text"):
            self._stage.emit(beside.popleft()[1])

    def _late_deltas(self, count: int) -> None:
        if self._place is None:
            return
        for number in range(count):
            if self._asked.spoken:
                silence = pybase64.b64encode(bytes(250 * _BYTES_PER_MS)).decode()
                self._stage.emit(self._place.at("response.audio.delta", delta=self._last_audio or silence))
            kind = "response.audio_transcript.delta" if self._asked.spoken else "response.text.delta"
            self._stage.emit(self._place.at(kind, delta=f" late{number}"))

    def _emit_call(self, call: Call) -> None:
        stage = self._stage
        place = Place(self.id, events.new_id("item_"), output_index=len(self._output))
        call_id = events.new_id("call_")
        opening = events.call_item(place.item_id, "in_progress", call.name, call_id, "")
        done = events.call_item(place.item_id, "completed", call.name, call_id, call.arguments)
        self._beside("audio")
        stage.emit(place.output_item("response.output_item.added", opening))
        stage.emit(events.item_created(opening, stage.conversation.add(done)))
        for start in range(0, len(call.arguments), 16):
            delta = call.arguments[start : start + 16]
            stage.emit(place.of_item("response.function_call_arguments.delta", call_id=call_id, delta=delta))
        fields = {"call_id": call_id, "name": call.name, "arguments": call.arguments}
        stage.emit(place.of_item("response.function_call_arguments.done", **fields))
        stage.emit(place.output_item("response.output_item.done", done))
        self._output.append(done)

    def _fail(self, code: str, message: str) -> None:
        details = {"type": "failed", "error": {"type": "server_error", "code": code, "message": message}}
        self._close("failed", details)

    def _close(self, status: str, details: Event | None) -> None:
        """The closing events of a message, then `response.done`: also when cancelled or cut off."""
        if self.over:
            return
        self.over = True
        self.announce()
        self._beside("audio")
        self._end_message("completed" if status == "completed" else "incomplete")
        self._stage.emit(events.response_done(self._wire(status, details, self._usage())))
        self._on_over(self)

    def _end_message(self, status: str) -> None:
        """The closing events of the message, if there is one that is not closed."""
        stage, place = self._stage, self._place
        if place is None or self._item is None or self._item["status"] != "in_progress":
            return
        part = self._part(self._text)
        if self._asked.spoken:
            stage.emit(place.at("response.audio.done"))
            stage.emit(place.at("response.audio_transcript.done", transcript=self._text))
            stage.emit(place.at("response.content_part.done", part=part))
        else:
            stage.emit(place.at("response.text.done", text=self._text))
            # The service sends this one empty in text mode; so do we, since clients must cope with it.
            stage.emit(place.at("response.content_part.done", part=self._part("")))
        self._item["status"] = status
        self._keep_text(place)
        done = events.message_item(place.item_id, "assistant", status, [part])
        stage.emit(place.output_item("response.output_item.done", done))
        self._output.append(done)

    def _keep_text(self, place: Place) -> None:
        # What was cut to the heard part stays cut.
        if self._item is not None and not self._stage.playback.is_cut(place.item_id):
            set_text(self._item, self._text)

    def _usage(self) -> Event:
        audio_out = round(self._audio_ms * _AUDIO_TOKENS_PER_S / 1000)
        # A cancelled reply has no ReplyEnd: about four characters make a token.
        text_out = self._end.output_tokens or (len(self._text) + 3) // 4
        return events.usage(
            self._stage.family,
            text_in=self._end.input_tokens,
            cached=self._end.cached_tokens,
            audio_in=self._asked.audio_tokens_in,
            text_out=text_out,
            audio_out=audio_out,
        )

    def _wire(self, status: str, details: Event | None, usage: Event | None) -> Event:
        asked, family = self._asked, self._stage.family
        limit = asked.max_output_tokens
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": self._output,
            "usage": usage,
            "conversation_id": self._stage.conversation_id if family.names_conversation else "",
            "modalities": ["audio", "text"] if asked.spoken else ["text"],
            "voice": asked.voice,
            "output_audio_format": asked.output_format,
            "temperature": asked.temperature,
            "max_output_tokens": family.unlimited if limit == "inf" else limit,
            "metadata": asked.metadata,
        }


async def _once(text: str) -> AsyncIterator[ReplyDelta | ReplyEnd]:
    yield ReplyDelta(text)
    yield ReplyEnd(0, 0, 0, "stop")


def _sum(first: ReplyEnd, second: ReplyEnd) -> ReplyEnd:
    return ReplyEnd(
        first.input_tokens + second.input_tokens,
        first.cached_tokens + second.cached_tokens,
        first.output_tokens + second.output_tokens,
        second.finish_reason,
    )
