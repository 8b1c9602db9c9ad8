"""The sound of an answer, cut out of VoiceLive's frames and sent on without reading them.

The frames of one answer differ in their event id and in their sound. Once one of them has been read in full, the next
is recognised by the bytes that stand around these two, and nothing of it is parsed. A frame that looks different in any
way (other ids, another order, blanks, escapes) is not taken: it is read in full, and is the pattern from then on.

A wake-up for one frame finds the processor's caches and branch predictors cold, so that each step here costs several
times what it costs in a loop: few steps count for more than few bytes copied.
"""

from collections.abc import Callable
from struct import Struct

from backend.voice.browser.caller import Caller
from backend.voice.browser.playback import milliseconds
from backend.voice.voicelive.leg import Leg
from backend.voice.words.transcript import Transcript

_EVENT_ID, _DELTA = b'"event_id":"', b'"delta":"'
_HEAD = Struct("!BBH")
_WHOLE_TEXT = 0x81
_QUOTE, _BACKSLASH, _EQUALS = b'"\\='


class Splice:
    """Takes sound from one leg to the browser, from a frame that was played on until the leg stops it."""

    __slots__ = (
        "_caller",
        "_clock",
        "_downward",
        "_item_id",
        "_leg",
        "_ms",
        "_parts",
        "_pattern",
        "_size",
        "_speech",
        "_transcript",
    )

    def __init__(self, leg: Leg, caller: Caller, transcript: Transcript, clock: Callable[[], float]) -> None:
        self._leg = leg
        self._caller = caller
        self._transcript = transcript
        self._clock = clock
        self._item_id = ""
        self._ms, self._size = 0.0, -1
        self._downward = caller.downward()

    def learn(self, payload: bytes, item_id: str) -> None:
        """Take a piece of sound that has been read and played as the pattern of those to come."""
        self._size = 0
        speech = self._transcript.speech(item_id)
        if speech is None or not 125 < len(payload) < 65_536 or payload.find(b"\\") >= 0:
            return
        # Without a backslash every quote begins or ends a string, so what stands between two quotes can be exchanged.
        frame = _HEAD.pack(_WHOLE_TEXT, 126, len(payload)) + payload
        before, mark, rest = frame.partition(_EVENT_ID)
        event_id, quote, rest = rest.partition(b'"')
        between, delta, rest = rest.partition(_DELTA)
        sound, end, after = rest.partition(b'"')
        if not (mark and quote and delta and end) or sound.endswith(b"="):
            return
        before, between, after = self._pattern = before + mark, quote + between + delta, end + after
        parts = before, event_id, between, sound, after
        self._parts = Struct("".join(f"{len(part)}s" for part in parts)).unpack
        self._item_id, self._speech, self._ms, self._size = item_id, speech, milliseconds(sound), len(frame)
        if self._downward is not None:
            self._downward.learn(before, len(event_id), between, len(sound), after, item_id, self._ms, speech)
        self._leg.link.splice(self.take if self._downward is None else self._downward.take)

    def take(self, data: bytes) -> bool:
        """Send on the sound of a WebSocket frame, or answer False, having done nothing."""
        if len(data) != self._size:
            return False
        parts = self._parts
        before, event_id, between, sound, after = parts(data)
        if (
            (before, between, after) != self._pattern
            or _QUOTE in event_id
            or _BACKSLASH in event_id
            or _QUOTE in sound
            or _BACKSLASH in sound
            or _EQUALS in sound  # shorter than others of this size
        ):
            return False
        clock, ms = self._clock, self._ms
        if not self._caller.audio_at_once(sound, self._item_id, ms, clock()):
            return False
        self._speech.audio_ms += ms
        return True
