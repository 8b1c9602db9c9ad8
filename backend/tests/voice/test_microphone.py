"""The short way for microphone sound takes what the usual way takes, to the same effect, and leaves all else alone."""

from types import SimpleNamespace
from typing import Any

import hypothesis.strategies as st
import pybase64
import pytest
from hypothesis import given

from backend.voice.browser import messages
from backend.voice.browser.messages import BadFrame
from backend.voice.browser.rate import Bucket
from backend.voice.call.microphone import Microphone
from backend.voice.voicelive.link import not_at_once

pytestmark = pytest.mark.usefixtures("each_path")


class Leg:
    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.free = True

    def at_once(self, base64: bytes) -> bool:
        """Take it every other time."""
        self.free = not self.free
        if not self.free:
            self.heard.append(base64)
        return not self.free

    def microphone(self, base64: bytes) -> None:
        self.heard.append(base64)


def microphone(leg: Leg | None, level: float = 1e9) -> Microphone:
    line: Any = SimpleNamespace(leg=None, at_once=not_at_once)  # as it is before anything is known of the conversation
    if leg is not None:
        line = SimpleNamespace(leg=leg, at_once=leg.at_once, keep=lambda base64: None, microphone=leg.microphone)
    return Microphone(line, Bucket(1.0, level, lambda: 0.0))


def as_usual(frame: str | bytes) -> bytes | None:
    """Return the sound that the usual way reads from a frame; None for what is not sound."""
    try:
        read = messages.parse_text(frame) if isinstance(frame, str) else messages.parse_binary(frame)
    except BadFrame:
        return None
    return read if isinstance(read, bytes) else None


@given(st.binary(max_size=64) | st.sampled_from([b"{}", b'{"type":"cancel"}', b"{ab", bytes((1 << 20) + 2)]))
def test_a_binary_frame_is_taken_as_usual_or_left_alone(payload: bytes) -> None:
    leg = Leg()
    taken = microphone(leg).binary(payload)
    assert leg.heard == ([as_usual(payload)] if taken else [])
    assert taken or as_usual(payload) is None or payload.startswith(b"{")


base64 = st.binary(max_size=40).map(lambda sound: pybase64.b64encode(sound).decode())


@given(
    base64.map(lambda data: f'{{"type":"audio","data":"{data}"}}')
    | base64.map(lambda data: f'{{"type": "audio", "data": "{data}"}}')
    | st.text(max_size=20).map(lambda data: f'{{"type":"audio","data":"{data}"}}')
    | st.sampled_from(['AAAA","x":"', "AA=A", "AA==AA==", "AAA", "A AA", "\\u0041AAA"]).map(
        lambda data: f'{{"type":"audio","data":"{data}"}}'
    )
    | st.text(max_size=30)
)
def test_a_text_frame_is_taken_as_usual_or_left_alone(frame: str) -> None:
    leg = Leg()
    taken = microphone(leg).text(frame.encode("utf-8", "surrogatepass"))
    assert leg.heard == ([as_usual(frame)] if taken else [])


def test_most_sound_is_taken() -> None:
    leg = Leg()
    ear = microphone(leg)
    data = pybase64.b64encode(bytes(1920))
    assert ear.binary(bytes(1920))
    assert ear.text(b'{"type":"audio","data":"%b"}' % data)
    assert leg.heard == [data, data]
    assert ear.frames == 2


def test_sound_that_nobody_hears_yet_or_that_is_too_much_is_left_alone() -> None:
    assert not microphone(None).binary(bytes(1920))
    leg = Leg()
    ear = microphone(leg, level=2560 * 2)
    assert [ear.binary(bytes(1920)) for _ in range(4)] == [True, True, False, False]
    assert len(leg.heard) == 2
