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
from backend.voice.call.interruption import Floor
from backend.voice.voicelive.leg import Leg
from backend.voice.words.transcript import Transcript

_EVENT_ID, _DELTA = b'"event_id":"', b'"delta":"'
_HEAD = Struct("!BBH")
_WHOLE_TEXT = 0x81
_EQUALS = 0x3D


class Splice:
    """Takes sound from one leg to the browser. It takes nothing that `Events` would not play as it stands."""

    __slots__ = (
        "_after",
        "_before",
        "_between",
        "_caller",
        "_clock",
        "_current",
        "_floor",
        "_id_at",
        "_id_end",
        "_item_id",
        "_leg",
        "_ms",
        "_response_id",
        "_size",
        "_sound_at",
        "_sound_end",
        "_transcript",
    )

    def __init__(
        self,
        leg: Leg,
        caller: Caller,
        transcript: Transcript,
        floor: Floor,
        clock: Callable[[], float],
        current: Callable[[], Leg | None],
    ) -> None:
        self._leg = leg
        self._caller = caller
        self._transcript = transcript
        self._floor = floor
        self._clock = clock
        self._current = current
        self._response_id = self._item_id = ""
        self._before = self._between = self._after = b""
        self._ms = 0.0
        self._size = self._id_at = self._id_end = self._sound_at = self._sound_end = 0

    def learn(self, payload: bytes, response_id: str, item_id: str) -> None:
        """Take a piece of sound that has been read and played as the pattern of those to come."""
        self._size = 0
        if not 125 < len(payload) < 65_536 or payload.find(b"\\") >= 0:
            return
        # Without a backslash every quote begins or ends a string, so what stands between two quotes can be exchanged.
        frame = _HEAD.pack(_WHOLE_TEXT, 126, len(payload)) + payload
        id_at = frame.find(_EVENT_ID) + len(_EVENT_ID)
        id_end = frame.find(b'"', id_at)
        sound_at = frame.find(_DELTA, id_end) + len(_DELTA)
        if id_at < len(_EVENT_ID) or id_end < 0 or sound_at < len(_DELTA):
            return
        sound_end = frame.find(b'"', sound_at)
        self._id_at, self._id_end, self._sound_at, self._sound_end = id_at, id_end, sound_at, sound_end
        self._before, self._between, self._after = frame[:id_at], frame[id_end:sound_at], frame[sound_end:]
        self._response_id, self._item_id = response_id, item_id
        sound = frame[sound_at:sound_end]
        if not sound.endswith(b"="):
            self._ms, self._size = milliseconds(sound), len(frame)

    def take(self, data: bytes) -> bool:
        """Send on the sound of a WebSocket frame, or answer False, having done nothing."""
        if len(data) != self._size:
            return False
        sound_at, sound_end, leg, current = self._sound_at, self._sound_end, self._leg, self._current
        if (
            data[self._id_end : sound_at] != self._between
            or data[: self._id_at] != self._before
            or data[sound_end:] != self._after
            or data.find(b'"', self._id_at) != self._id_end
            or data.find(b'"', sound_at) != sound_end
            or data[sound_end - 1] == _EQUALS  # shorter than others of this size
            or data.find(b"\\", self._id_at) >= 0
            or current() is not leg
            or leg.deaf
            or self._response_id in leg.silenced
            or not self._floor.decided
        ):
            return False
        clock = self._clock
        now, ms = clock(), self._ms
        if not self._caller.audio_at_once(data[sound_at:sound_end], self._item_id, ms, now):
            return False
        leg.last_event_at = now
        self._transcript.answer_audio(self._item_id, ms)
        return True
