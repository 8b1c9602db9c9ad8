"""Bounds: calls, connections a minute, and how fast a browser may send."""

import pytest

from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.voice.admission import Admission
from backend.voice.browser.rate import (
    COMPLAINT_BURST,
    MESSAGE_BURST,
    SOUND_BURST_BYTES,
    SOUND_BYTES_A_SECOND,
    Allowance,
)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def person(name: str) -> Principal:
    return Principal("t", name, name.capitalize(), frozenset({"engram.user"}))


def nothing() -> None: ...


def test_a_full_server_refuses_the_next_call_and_takes_it_when_a_seat_is_free() -> None:
    admission = Admission(1)
    seat = admission.enter(person("ada"), "s1", nothing)
    with pytest.raises(Problem) as full:
        admission.enter(person("bob"), "s2", nothing)
    assert (full.value.status, full.value.code) == (429, "too_many_calls")
    admission.leave(seat)
    admission.enter(person("bob"), "s2", nothing)
    assert admission.calls == 1


def test_a_newer_connection_of_the_same_session_takes_the_seat_over_even_when_full() -> None:
    admission = Admission(1)
    replaced: list[str] = []
    old = admission.enter(person("ada"), "s1", lambda: replaced.append("old"))
    new = admission.enter(person("ada"), "s1", lambda: replaced.append("new"))
    assert replaced == ["old"]
    admission.leave(old)
    assert admission.calls == 1, "the old call gives back nothing that the new one holds"
    admission.leave(new)
    assert admission.calls == 0


def test_the_same_session_id_of_another_person_is_another_call() -> None:
    admission = Admission(2)
    replaced: list[str] = []
    admission.enter(person("ada"), "s1", lambda: replaced.append("ada"))
    admission.enter(person("bob"), "s1", lambda: replaced.append("bob"))
    assert (admission.calls, replaced) == (2, [])


def test_sound_passes_at_the_pace_of_speech_for_ever_and_a_flood_does_not() -> None:
    clock = Clock()
    allowance = Allowance(clock)
    frame = 2560  # 40 ms as base64
    for _ in range(100_000):
        assert allowance.sound.take(frame)
        clock.now += 0.04
    allowance = Allowance(clock)
    passed = sum(allowance.sound.take(frame) for _ in range(10_000))
    assert passed == SOUND_BURST_BYTES // frame
    clock.now += 1
    assert sum(allowance.sound.take(frame) for _ in range(10_000)) == pytest.approx(SOUND_BYTES_A_SECOND / frame, abs=1)


def test_messages_and_complaints_have_bounds_of_their_own() -> None:
    allowance = Allowance(Clock())
    assert sum(allowance.message() for _ in range(1000)) == MESSAGE_BURST
    assert sum(allowance.complaint() for _ in range(1000)) == COMPLAINT_BURST
    assert not allowance.exhausted
    for _ in range(2000):
        allowance.complaint()
    assert allowance.exhausted
