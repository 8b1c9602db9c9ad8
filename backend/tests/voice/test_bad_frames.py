"""Frames that are wrong: each gets an `error` with a code and a remedy, and the call goes on."""

import pytest

from backend.tests.voice.conftest import UTTERANCE, Service
from backend.tests.voice.test_call import answered


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{not json", "malformed_json"),
        ('"text"', "invalid_message"),
        ('{"type":"dance"}', "unknown_type"),
        ('{"type":"agent","agent_id":"nobody"}', "unknown_agent"),
        ('{"type":"agent"}', "invalid_message"),
        ('{"type":"audio","data":"%%%"}', "bad_audio"),
        ('{"type":"audio","data":"QUJD"}', "bad_audio"),
        ('{"type":"text","content":""}', "invalid_message"),
        (b"odd", "bad_audio"),
        (b'{"type":"cancel"}', "unexpected_binary"),
        ('{"type":"audio","data":"' + "A" * (1 << 20) + '"}', "frame_too_large"),
        (bytes((1 << 20) + 2), "frame_too_large"),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_a_bad_frame_is_answered_and_the_call_goes_on(service: Service, frame: str | bytes, code: str) -> None:
    phone = await service.ready()
    await phone.socket.send(frame)
    error = await phone.of("error")
    assert (error["code"], error["retryable"]) == (code, False)
    assert len(error["message"]) > 20
    await phone.speak(UTTERANCE)
    await answered(phone)


async def test_an_unknown_agent_is_answered_with_those_that_exist(service: Service) -> None:
    phone = await service.ready()
    await phone.send(type="agent", agent_id="nobody")
    error = await phone.of("error", code="unknown_agent")
    assert "elena" in error["message"]
    assert "marcus" in error["message"]


async def test_a_flood_of_bad_frames_ends_the_call_with_a_stated_code(service: Service) -> None:
    phone = await service.ready()
    for _ in range(4000):
        if phone.close_code is not None:
            break
        try:
            await phone.socket.send("{")
        except Exception:
            break
    assert await phone.closed() == 4429
    assert len(phone.all("error")) < 500, "the flood is not answered frame by frame"


async def test_sound_far_faster_than_speech_is_refused_and_the_call_goes_on(service: Service) -> None:
    phone = await service.ready()
    for _ in range(12):
        await phone.socket.send(bytes(1 << 19))
    error = await phone.of("error", code="rate_limited")
    assert error["retryable"]
    await phone.send(type="text", content="hello")
    await answered(phone)
