"""What each event of VoiceLive leads to. Unknown events are passed over: the service adds new ones without notice."""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson

from backend.voice.browser import messages
from backend.voice.browser.caller import Caller
from backend.voice.call.errands import Errands
from backend.voice.call.interruption import Floor
from backend.voice.call.splice import Splice
from backend.voice.call.stopwatch import Stopwatch
from backend.voice.counters import FAILURES, SUBSTITUTIONS
from backend.voice.voicelive import configuration, failures
from backend.voice.voicelive.leg import Leg
from backend.voice.voicelive.link import LinkLost
from backend.voice.words.transcript import Transcript

log = logging.getLogger("backend.voice")

Event = dict[str, Any]
_OTHER_VOICE = (
    "{} speaks with another voice than usual: VoiceLive did not give the one that was asked for. The call goes on. "
    "Check the voice in the assistant's profile (or AZURE_VOICELIVE_VOICE) and that the region has it."
)
EXPIRY_SLACK_S = 2.0
_SOUND, _DELTA = b'"response.audio.delta"', b'"delta":"'


class Events:
    """Listens to the legs of a call. One that is not the current one still brings words, but no sound and no state."""

    def __init__(
        self,
        call: str,
        caller: Caller,
        transcript: Transcript,
        stopwatch: Stopwatch,
        clock: Callable[[], float],
        current: Callable[[], Leg | None],
        errands: Errands,
        stirred: Callable[[], None],
    ) -> None:
        """stirred: called for each event but sound: what is waited for may have changed."""
        self._call = call
        self._caller = caller
        self._transcript = transcript
        self._stopwatch = stopwatch
        self._clock = clock
        self._current = current
        self._errands = errands
        self._stirred = stirred
        self.late_frames = 0
        self.floor = Floor(caller, transcript, stopwatch, clock, current)
        self._on: dict[str, Callable[[Leg, Event], None]] = {
            "session.created": self._session_created,
            "session.updated": self._session_updated,
            "input_audio_buffer.speech_started": self._speech_started,
            "input_audio_buffer.speech_stopped": self._speech_stopped,
            "input_audio_buffer.committed": self._committed,
            "conversation.item.created": self._item_created,
            "conversation.item.input_audio_transcription.delta": self._user_partial,
            "conversation.item.input_audio_transcription.completed": self._user_final,
            "conversation.item.input_audio_transcription.failed": self._user_failed,
            "response.created": self._response_created,
            "response.output_item.added": self._answer_begins,
            "response.text.delta": self._answer_text,
            "response.audio_transcript.delta": self._answer_text,
            "response.audio_timestamp.delta": self._answer_word,
            "response.audio.done": self._audio_done,
            "response.text.done": lambda leg, event: self._answer_final(event, "text"),
            "response.audio_transcript.done": lambda leg, event: self._answer_final(event, "transcript"),
            "response.output_item.done": self._answer_over,
            "response.function_call_arguments.done": lambda leg, event: self._tool_asked(leg, event, event),
            "response.done": self._response_done,
            "error": self._error,
            "warning": self._warning,
        }

    async def listen(self, leg: Leg) -> None:
        """Take the leg's events until its connection ends; raise the `Problem` to tell, unless it is retired."""
        caller = self._caller
        try:
            splice = Splice(leg, caller, self._transcript, self._clock)
            await leg.link.deliver(partial(self._take, leg, splice=splice))
            while True:
                frame = await leg.link.receive()
                while not self._take(leg, frame, splice):
                    await caller.caught_up()
        except LinkLost as lost:
            leg.lost = True
            log.debug("%s: VoiceLive connection ended, %d", self._call, lost.code)
            if not leg.retired:
                if leg.expires_at is not None and time.time() >= leg.expires_at - EXPIRY_SLACK_S:
                    leg.expired = True
                raise failures.lost(lost.code, expired=leg.expired) from lost

    def _take(self, leg: Leg, frame: bytes, splice: Splice | None = None) -> bool:
        """Deal with one frame, or answer False while the browser is behind; never waits.

        A frame that is not as known is passed over: it must not end the call.
        """
        if leg.deaf:
            return True
        if self._caller.behind:
            return False
        leg.silent_since = self._clock()
        try:
            event, sound = read(frame)
            if sound is not None:
                if self._answer_audio(leg, event, sound) and splice is not None:
                    splice.learn(frame, event["item_id"])
            elif (handle := self._on.get(event["type"])) is not None:
                self._stirred()
                handle(leg, event)
        except Exception as fault:
            log.warning(
                "%s: VoiceLive sent %d bytes that could not be dealt with", self._call, len(frame), exc_info=fault
            )
        return True

    # The session

    def _session_created(self, leg: Leg, event: Event) -> None:
        session = event.get("session") or {}
        leg.expires_at = session.get("expires_at") or leg.expires_at
        log.debug("%s: VoiceLive session %s, model %s", self._call, session.get("id"), session.get("model"))

    def _session_updated(self, leg: Leg, event: Event) -> None:
        session = event.get("session") or {}
        leg.expires_at = session.get("expires_at") or leg.expires_at
        if leg.repetition is not None:
            self._listens(leg, session)
            leg.ready.set()
            return
        for setting in configuration.substitutions(leg.asked, session):
            SUBSTITUTIONS.labels(setting).inc()
            log.warning("%s: VoiceLive answered %s differently from what was asked", self._call, setting)
            if setting.startswith("voice") and not leg.retired:
                self._caller.say(
                    messages.error(_OTHER_VOICE.format(leg.profile.name), "voice_substituted", retryable=False)
                )
        leg.ready.set()

    def _listens(self, leg: Leg, session: Event) -> None:
        """How a leg listens that hears something again has changed."""
        repetition = leg.repetition
        answers = (session.get("turn_detection") or {}).get("create_response") is not False
        if repetition is not None and repetition.restoring and answers:
            leg.repetition = None
            if repetition.missed:
                leg.ask_response()

    # The person

    def _speech_started(self, leg: Leg, event: Event) -> None:
        if leg is not self._current():
            return
        if leg.repetition is not None and leg.repetition.begins(event["item_id"], event.get("audio_start_ms") or 0):
            self._transcript.speech_started(event["item_id"], leg.profile.id)
            return
        self._stopwatch.speech_started(interrupts=configuration.interrupts(leg.profile))
        self.floor.speech_started(leg, event["item_id"])
        if configuration.interrupts(leg.profile):
            self._errands.interrupt(leg, certain=False)
        self._transcript.speech_started(event["item_id"], leg.profile.id)
        self._caller.set_state("listening")

    def _speech_stopped(self, leg: Leg, event: Event) -> None:
        if leg.repetition is not None and event["item_id"] in leg.repetition.items:
            self._transcript.speech_stopped(event["item_id"], leg.profile.id)
            return
        self._stopwatch.speech_stopped(event["item_id"])
        self._transcript.speech_stopped(event["item_id"], leg.profile.id)
        self.floor.speech_stopped(event["item_id"])
        if leg is self._current():
            self._caller.set_state("thinking")

    def _committed(self, leg: Leg, event: Event) -> None:
        self._transcript.committed(event["item_id"], event.get("previous_item_id"), leg.profile.id)
        repetition = leg.repetition
        if repetition is None:
            leg.awaiting = True
        elif event["item_id"] not in repetition.items:
            repetition.missed = True

    def _item_created(self, leg: Leg, event: Event) -> None:
        item = event.get("item") or {}
        self._transcript.placed(item.get("id", ""), event.get("previous_item_id"))

    def _user_partial(self, leg: Leg, event: Event) -> None:
        item_id = event["item_id"]
        text = self._transcript.user_partial(item_id, event.get("delta") or "", leg.profile.id)
        self.floor.partial(item_id, text)

    def _user_final(self, leg: Leg, event: Event) -> None:
        item_id, text = event["item_id"], event.get("transcript") or ""
        self._stopwatch.transcribed(item_id)
        if self.floor.left_by(item_id, text):
            self._stopwatch.nothing_said(item_id)
            self._errands.nothing_was_said(leg)
            return
        self._transcript.user_final(item_id, text, leg.profile.id)
        if text.strip():
            self._errands.something_was_said()
        else:
            self._nothing_was_said(leg, event)

    def _nothing_was_said(self, leg: Leg, event: Event) -> None:
        """No answer is due, unless the service has begun one anyway."""
        self._stopwatch.nothing_said(event["item_id"])
        if not leg.responding:
            leg.awaiting = False
            if leg is self._current() and self._caller.speaking_for() <= 0:
                self._caller.set_state("ready")
            self._errands.nothing_was_said(leg)
            if leg.due is not None and not leg.responding:
                leg.ask_response(leg.due)

    def _user_failed(self, leg: Leg, event: Event) -> None:
        self.floor.taken_by(event["item_id"])  # something was said, whatever it was
        self._transcript.user_failed(event["item_id"], leg.profile.id)
        self._nothing_was_said(leg, event)
        log.warning("%s: VoiceLive could not transcribe an utterance (%s)", self._call, _code(event))
        self._caller.say(
            messages.error(
                "Your words could not be transcribed. Please say it again.", "transcription_failed", retryable=True
            )
        )

    # The answer

    def _response_created(self, leg: Leg, event: Event) -> None:
        response_id = event["response"]["id"]
        asked_for = leg.asks
        leg.response_created(response_id)
        if not asked_for and self.floor.refuses(leg, response_id):
            return
        if leg.yielding:
            self.floor.withdraw(response_id)
            leg.give_way()
            return
        self._stopwatch.response_created(response_id, leg.profile.id)
        if leg is self._current():
            self._caller.set_state("thinking")

    def _answer_begins(self, leg: Leg, event: Event) -> None:
        item = event.get("item") or {}
        if item.get("type") == "message":
            self.floor.answer_begins(leg, item["id"], event.get("response_id"))
            if event.get("response_id") != leg.filler:
                self._errands.answer_begins(str(event.get("response_id") or ""))

    def _answer_text(self, leg: Leg, event: Event) -> None:
        self._stopwatch.token(event.get("response_id"))
        silenced = leg is not self._current() or event.get("response_id") in leg.silenced
        self._transcript.answer_text(event["item_id"], event.get("delta") or "", silenced=silenced)

    def _answer_audio(self, leg: Leg, event: Event, sound: bytes) -> bool:
        """Play a piece of sound; tell whether it was played, and not too late for that."""
        item_id = event["item_id"]
        played = False
        if leg is self._current() and event.get("response_id") not in leg.silenced:
            if played := self.floor.decided:
                if item_id not in leg.spoken:
                    leg.spoken.add(item_id)
                    leg.voiced = leg.response_id
                    self._stopwatch.sound(event.get("response_id"), item_id)
                    self._caller.set_state("speaking")
                ms = self._caller.audio(sound, item_id)
            else:
                ms = self.floor.hold(event.get("response_id"), item_id, sound)
        else:
            self.late_frames += 1
            leg.spoken.add(item_id)
            ms = self.floor.late(event.get("response_id"), item_id, sound)
        self._transcript.answer_audio(item_id, ms)
        return played

    def _answer_word(self, leg: Leg, event: Event) -> None:
        ends_ms = float(event["audio_offset_ms"]) + float(event["audio_duration_ms"])
        self._transcript.answer_word(event["item_id"], event.get("text") or "", ends_ms)

    def _audio_done(self, leg: Leg, event: Event) -> None:
        self._transcript.answer_sound_over(event["item_id"])
        if leg is not self._current() or event.get("response_id") in leg.silenced:
            self.floor.late_end(event.get("response_id"), event["item_id"])
        elif self.floor.decided:
            self._caller.audio_end(event["item_id"])
        else:
            self.floor.hold_end(event["item_id"])

    def _answer_final(self, event: Event, name: str) -> None:
        self._transcript.answer_final(event["item_id"], event.get(name) or "")

    def _tool_asked(self, leg: Leg, event: Event, call: Event) -> None:
        self._errands.asked(leg, str(event.get("response_id") or ""), call)

    def _answer_over(self, leg: Leg, event: Event) -> None:
        item = event.get("item") or {}
        if item.get("type") == "message" and item.get("role", "assistant") == "assistant":
            complete = item.get("status") != "incomplete"
            self._transcript.answer_over(item["id"], _words(item), complete=complete)
        elif item.get("type") == "function_call" and item.get("status") == "completed" and "response_id" in event:
            self._tool_asked(leg, event, item)

    def _response_done(self, leg: Leg, event: Event) -> None:
        response = event["response"]
        for item in response.get("output") or []:
            self._answer_over(leg, {"item": item})
            if item.get("type") == "message" and response.get("id") == leg.filler:
                leg.forget(item["id"])  # it is no statement: the model is not to read it as one
        self._stopwatch.response_done(response)
        leg.response_done(response.get("id", ""))
        self._errands.response_done(leg, response)
        status = response.get("status")
        details = response.get("status_details") or {}
        if status == "failed":
            error = details.get("error") or {}
            self._tell("response_failed", "The answer failed at the service. Please say it again.", error)
        elif status == "incomplete":
            self._tell("response_incomplete", f"The answer was cut short by the service ({details.get('reason')}).", {})
        if leg is self._current() and not leg.busy and self._caller.speaking_for() <= 0:
            self._caller.set_state("ready")

    # Trouble

    def _error(self, leg: Leg, event: Event) -> None:
        error = event.get("error") or {}
        code = str(error.get("code") or error.get("type") or "unknown")
        log.warning("%s: VoiceLive reported %s (%s)", self._call, code, error.get("param"))
        if code == "session_expired":
            leg.expired = True
            return
        filler = leg.filler
        known = leg.refused(str(error.get("event_id") or ""), code)
        if filler is not None and leg.filler is None:
            self._transcript.was_no_filler()
        if not known and leg is self._current():
            self._tell(f"voicelive_{code}", "VoiceLive reported a problem; the call goes on. Please say it again.", {})

    def _warning(self, leg: Leg, event: Event) -> None:
        log.warning("%s: VoiceLive warned, %s", self._call, (event.get("warning") or {}).get("code"))

    def _tell(self, code: str, message: str, error: Event) -> None:
        FAILURES.labels(code).inc()
        if error:
            log.warning("%s: %s, %s", self._call, code, error.get("code"))
        self._caller.say(messages.error(message, code, retryable=True))


def read(frame: bytes) -> tuple[Event, bytes | None]:
    """Return the event and, of a piece of sound, its base64 as it stands in the frame, unread.

    The base64 is the bulk of such a frame; its `delta` is left empty in the event.
    """
    # `find`, because `in` takes twice as long.
    if frame.find(_SOUND) > 0:
        before, delta, rest = frame.partition(_DELTA)
        sound, quote, after = rest.partition(b'"')
        if delta and sound.find(b"\\") < 0:
            event = orjson.loads(before + delta + quote + after)
            if event["type"] == "response.audio.delta":
                return event, sound
    event = orjson.loads(frame)
    if event["type"] == "response.audio.delta":  # spelled with blanks or escapes
        return event, event["delta"].encode("ascii")
    return event, None


def _code(event: Event) -> str:
    return str((event.get("error") or {}).get("code"))


def _words(item: Event) -> str:
    """Return what an item says: its text parts, or the transcripts of its sound."""
    return " ".join(part.get("text") or part.get("transcript") or "" for part in item.get("content") or []).strip()
