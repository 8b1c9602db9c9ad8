"""Frames from the browser: the documented ones are read, all others are refused with a remedy that repeats nothing."""

import contextlib
import json
import struct

import hypothesis.strategies as st
import orjson
import pybase64
import pytest
from hypothesis import given

from backend.voice.browser import messages
from backend.voice.browser.messages import BadFrame

SOUND = bytes(range(0, 200, 2)) * 2


def test_sound_goes_on_as_the_text_it_came_as() -> None:
    data = pybase64.b64encode(SOUND)
    message = {"type": "audio", "data": data.decode()}
    for text in (json.dumps(message), json.dumps(message | {"more": "x"}, separators=(",", ":"))):
        assert messages.parse_text(text) == data
    assert messages.parse_text(orjson.dumps(message).decode()) == data
    assert messages.parse_binary(SOUND) == data


@pytest.mark.parametrize(
    ("frame", "read"),
    [
        ('{"type":"agent","agent_id":"marcus"}', messages.SwitchAgent("marcus")),
        ('{"type":"cancel"}', messages.Cancel()),
        ('{"type":"played","item_id":"i","ms":12.5}', messages.Played("i", 12.5)),
        ('{"type":"text","content":"hi"}', messages.Typed("hi")),
        ('{"type":"hello","resume_after":7}', messages.Hello(7)),
        ('{"type":"hello","binary":true}', messages.Hello(0, binary=True)),
    ],
)
def test_each_documented_message_is_read(frame: str, read: messages.Incoming) -> None:
    assert messages.parse_text(frame) == read


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "malformed_json"),
        ("{", "malformed_json"),
        ('{"type":"text","content":"\ud800"}', "malformed_json"),
        ("[]", "invalid_message"),
        ("null", "invalid_message"),
        ("{}", "unknown_type"),
        ('{"type":7}', "unknown_type"),
        ('{"type":["audio"]}', "unknown_type"),
        ('{"type":"session.update"}', "unknown_type"),
        ('{"type":"audio"}', "bad_audio"),
        ('{"type":"audio","data":""}', "bad_audio"),
        ('{"type":"audio","data":"???"}', "bad_audio"),
        ('{"type":"audio","data":"QUJD"}', "bad_audio"),
        ('{"type":"audio","data":"\\"},{\\""}', "bad_audio"),
        ('{"type":"audio","data":"Ж"}', "bad_audio"),
        ('{"type":"agent"}', "invalid_message"),
        ('{"type":"agent","agent_id":5}', "invalid_message"),
        ('{"type":"text","content":"  "}', "invalid_message"),
        ('{"type":"played","item_id":"i","ms":-1}', "invalid_message"),
        ('{"type":"played","item_id":"i","ms":true}', "invalid_message"),
        ('{"type":"played","item_id":"i","ms":"x"}', "invalid_message"),
        ('{"type":"hello","resume_after":-1}', "invalid_message"),
        ('{"type":"hello","binary":1}', "invalid_message"),
        ('{"type":"text","content":"' + "x" * 32_001 + '"}', "invalid_message"),
        ('{"type":"text","content":"' + "x" * (1 << 20) + '"}', "frame_too_large"),
    ],
)
def test_what_is_not_documented_is_refused_by_code(frame: str, code: str) -> None:
    with pytest.raises(BadFrame) as refusal:
        messages.parse_text(frame)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", "bad_audio"),
        (b"\x00", "bad_audio"),
        (b'{"type":"cancel"} '[:-1] + b"", "unexpected_binary"),
        (bytes((1 << 20) + 2), "frame_too_large"),
    ],
)
def test_a_binary_frame_that_is_not_sound_is_refused(frame: bytes, code: str) -> None:
    with pytest.raises(BadFrame) as refusal:
        messages.parse_binary(frame)
    assert refusal.value.code == code


@given(st.text() | st.from_regex(r"[A-Za-z0-9+/]{0,12}={0,2}", fullmatch=True))
def test_sound_is_judged_the_same_however_its_json_is_spelled(data: str) -> None:
    def judged(frame: str) -> bytes | str:
        try:
            sound = messages.parse_text(frame)
        except BadFrame as bad:
            return bad.code
        assert isinstance(sound, bytes)
        return sound

    assert judged(f'{{"type":"audio","data":"{data}"}}') == judged(f'{{"type": "audio","data":"{data}"}}')


@given(st.text())
def test_no_text_frame_raises_anything_else(frame: str) -> None:
    with contextlib.suppress(BadFrame):
        messages.parse_text(frame)


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.dictionaries(st.text(), inner))
)
def test_no_json_raises_anything_else(value: object) -> None:
    for kind in ("audio", "agent", "cancel", "played", "text", "hello"):
        message = (
            {**value, "type": kind} if isinstance(value, dict) else {"type": kind, "data": value, "content": value}
        )
        with contextlib.suppress(BadFrame):
            messages.parse_text(orjson.dumps(message).decode())


@given(st.binary(max_size=40), st.text(max_size=80), st.integers(0, 2**32 - 1))
def test_sound_as_a_binary_message_says_the_same_as_the_text_one(sound: bytes, item_id: str, seq: int) -> None:
    frame = messages.binary_sound(pybase64.b64encode(sound), item_id, seq)
    kind, start, length, number = struct.unpack_from("<BBHI", frame)
    assert (kind, number, start % 2) == (1, seq, 0)
    name = item_id.encode()[:200]
    assert frame[8 : 8 + length] == name
    assert frame[start:] == sound
    assert start - 8 - length in (0, 1)
