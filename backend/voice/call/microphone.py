"""Microphone sound on its way to VoiceLive, where nothing about it is special.

Most of what a browser sends is a plain piece of sound, and all that is to be done with it is to put it into a frame for
VoiceLive. What is special in any way (not sound, too long, too much, nobody there yet that listens) is left to the
session, having been touched by nobody.
"""

from pybase64 import b64decode, b64encode

from backend.voice import fast_path
from backend.voice.browser.messages import MAX_FRAME_BYTES
from backend.voice.browser.rate import Bucket
from backend.voice.call.line import Line

_TEXT, _TEXT_END = b'{"type":"audio","data":"', b'"}'
_BEFORE, _SOUND, _AFTER = slice(len(_TEXT)), slice(len(_TEXT), -len(_TEXT_END)), slice(-len(_TEXT_END), None)
_BRACE = 0x7B


class Microphone:
    """Takes what it can at once.

    whole: takes a WebSocket frame as it came from the socket, in C, and leaves alone what is not plain sound.
    """

    __slots__ = ("_allowance", "_frames", "_line", "_upward", "whole")

    def __init__(self, line: Line, allowance: Bucket) -> None:
        self._line = line
        self._allowance = allowance
        self._frames = 0
        self._upward = fast_path.Upward(line, allowance.take) if fast_path.COMPILED else None
        self.whole = None if self._upward is None else self._upward.take

    @property
    def frames(self) -> int:
        """How many frames of sound were taken, here and the usual way."""
        return self._frames + (self._upward.frames if self._upward is not None else 0)

    def count(self) -> None:
        """One was taken the usual way."""
        self._frames += 1

    def binary(self, payload: bytes) -> bool:
        """Take PCM16, or answer False."""
        size = len(payload)
        # What begins with a brace may be JSON in a binary frame, for which there is a complaint.
        if not size or size & 1 or size > MAX_FRAME_BYTES or payload[0] == _BRACE:
            return False
        return self._send(b64encode(payload))

    def text(self, payload: bytes) -> bool:
        """Take sound as the usual JSON, or answer False."""
        if len(payload) > MAX_FRAME_BYTES or payload[_BEFORE] != _TEXT or payload[_AFTER] != _TEXT_END:
            return False
        base64 = payload[_SOUND]
        try:
            # Decoding is the cheapest check there is (vectorised, under 1 µs).
            size = len(b64decode(base64, None, True))
        except ValueError:
            return False
        return size > 0 and not size & 1 and self._send(base64)

    def _send(self, base64: bytes) -> bool:
        line, allowance = self._line, self._allowance
        level = allowance.level - len(base64)
        if level < 0:
            return False
        send = line.at_once
        if send(base64):
            keep = line.keep
            keep(base64)
        elif line.leg is not None:
            line.microphone(base64)
        else:
            return False
        allowance.level = level
        self._frames += 1
        return True
