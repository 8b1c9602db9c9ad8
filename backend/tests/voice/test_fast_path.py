"""Frames that go in C: what is taken, what is left to Python, and what is used when.

That they end as they do in Python is shown where Python's way is tested, which is run both ways.
"""

import json
import struct
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import hypothesis.strategies as st
import pybase64
import pytest
from hypothesis import given

from backend.tests.voice.test_microphone import as_usual
from backend.tests.voice.test_wire import frame
from backend.voice import fast_path
from backend.voice.browser.rate import Bucket
from backend.voice.call.microphone import Microphone
from backend.voice.voicelive import link
from backend.voice.voicelive.link import not_at_once

in_c = pytest.mark.skipif(
    not fast_path.COMPILED, reason="nothing is compiled: scripts/setup.sh does it with a C compiler"
)


class Far:
    """VoiceLive's socket, and the short way to it: reads what is written, as JSON."""

    def __init__(self) -> None:
        self.full = self.closed = False
        self.heard: list[bytes] = []

    def is_closing(self) -> bool:
        return self.closed

    def write(self, frame: bytes) -> None:
        key, masked = frame[4:8], frame[8:]
        assert frame[:4] == struct.pack("!BBH", 0x81, 0xFE, len(masked))
        event = json.loads(bytes(byte ^ key[place % 4] for place, byte in enumerate(masked)))
        assert event["type"] == "input_audio_buffer.append"
        self.heard.append(event["audio"].encode())


def whole(far: Far, level: float = 1e9) -> tuple[Microphone, Callable[[bytes], bool], list[bytes]]:
    """Return a microphone, what takes frames from the socket, and what is kept."""
    kept: list[bytes] = []
    at_once = fast_path.MaskedWriter(far, far, link._ALIGNED, link._END)
    line: Any = SimpleNamespace(leg=None, at_once=at_once, keep=kept.append)
    ear = Microphone(line, Bucket(1.0, level, lambda: 0.0))
    assert ear.whole is not None
    return ear, ear.whole, kept


plain = st.integers(64, 1000).map(lambda samples: bytes(range(256)) * 8 + bytes(2 * samples)).map(lambda b: b[-2000:])
spelled = st.builds(
    lambda text, data: text % data,
    st.sampled_from([b'{"type":"audio","data":"%b"}'] * 3 + [b'{"type": "audio","data":"%b"}', b'{"data":"%b"}']),
    plain.map(pybase64.b64encode)
    | st.binary(min_size=100, max_size=200).map(pybase64.b64encode)
    | st.sampled_from(
        [b"", b"A" * 201, b"A" * 199 + b"=", b"A" * 198 + b"==", b"A" * 99 + b"\\" + b"A" * 100, b'A","x":"' * 40]
    )
    | st.binary(max_size=200),
)
odd = st.binary(max_size=200) | st.sampled_from([b"{" + bytes(199), bytes(201), bytes(126), bytes(70_000), b""])


@in_c
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0x82, 0x82, 0x81, 0x02, 0x80, 0x89, 0xC2]),
            plain | odd | spelled,
            st.binary(min_size=4, max_size=4),
            st.sampled_from([0, 0, 0, -1, 1, 9]),
        ),
        max_size=12,
    )
)
def test_a_frame_is_taken_from_the_socket_as_usual_or_left_alone(
    frames: list[tuple[int, bytes, bytes, int]],
) -> None:
    far = Far()
    ear, take, kept = whole(far)
    for kind, payload, mask, more in frames:
        data = frame(kind, payload, mask)
        data = data[:more] if more < 0 else data + bytes(more)
        before = len(far.heard)
        if take(data):
            assert more == 0
            assert kind in (0x81, 0x82)
            assert far.heard[before:] == [as_usual(payload if kind == 0x82 else payload.decode())]
        else:
            assert len(far.heard) == before
            known = kind == 0x82 and more == 0 and 125 < len(payload) < 40_000
            assert not known or len(payload) & 1 or payload[:1] == b"{"
            known = kind == 0x81 and more == 0 and len(payload) > 125 and payload.startswith(b'{"type":"audio"')
            assert not known or b"\\" in payload or as_usual(payload.decode("utf-8", "replace")) is None
    assert kept == far.heard
    assert ear.frames == len(kept)


@in_c
def test_nothing_is_taken_from_the_socket_while_something_waits() -> None:
    far = Far()
    ear, take, kept = whole(far, level=64 << 10)
    data = frame(0x82, bytes(1920))
    assert not take(bytearray(data))  # type: ignore[arg-type]  # as another loop might give it
    far.full = True
    assert not take(data)
    far.full, far.closed = False, True
    assert not take(data)
    far.closed = False
    assert [take(data) for _ in range(26)] == [True] * 25 + [False]  # the browser's allowance is used up
    assert ear.frames == len(kept) == 25
    ear._line.at_once = not_at_once
    assert not take(data)


@pytest.mark.parametrize(
    ("module", "said"), [("None", ""), ('types.SimpleNamespace(SOURCE="another", **names)', "Run scripts/setup.sh run")]
)
def test_without_what_was_compiled_from_this_source_sound_goes_in_python(module: str, said: str) -> None:
    script = f"""
import logging, sys, types
logging.basicConfig(level=logging.INFO)
names = dict.fromkeys(["Door", "Downward", "FrameWriter", "MaskedWriter", "Tally", "Upward"])
sys.modules["backend.voice._fast_path"] = {module}
from backend.voice import fast_path
assert not fast_path.COMPILED and fast_path.Tally is fast_path.PythonTally
assert fast_path.STALE is {bool(said)}
import backend.api.main
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert said in done.stderr
    assert said or not done.stderr
