"""One timer looks after all calls, and each only for as long as it wants to be looked after."""

import asyncio
import math
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from backend.voice import pulse
from backend.voice.pulse import Pulse, Watch

NOW = -math.inf


async def test_all_followers_are_looked_after_until_they_leave() -> None:
    beats = {"one": 0, "two": 0}
    enough = asyncio.Event()

    def count(name: str) -> float:
        beats[name] += 1
        if beats[name] == 5:
            enough.set()
        return NOW

    one = asyncio.create_task(Watch(partial(count, "one")).keep(0.001))
    two = asyncio.create_task(Watch(partial(count, "two")).keep(0.001))
    await asyncio.wait_for(enough.wait(), 5)
    one.cancel()
    await asyncio.wait({one})
    seen = dict(beats)
    enough.clear()
    beats["two"] = 0
    await asyncio.wait_for(enough.wait(), 5)
    assert beats["one"] == seen["one"]
    two.cancel()
    await asyncio.wait({two})
    assert pulse._PULSES[asyncio.get_running_loop()][0.001]._next is None


async def test_what_a_look_raises_ends_its_own_call_only() -> None:
    looked = asyncio.Event()

    def fail() -> float:
        raise RuntimeError("gone wrong")

    def look() -> float:
        looked.set()
        return NOW

    other = asyncio.create_task(Watch(look).keep(0.001))
    with pytest.raises(RuntimeError, match="gone wrong"):
        await asyncio.wait_for(Watch(fail).keep(0.001), 5)
    looked.clear()
    await asyncio.wait_for(looked.wait(), 5)
    other.cancel()


async def test_many_are_looked_after_a_few_at_a_time_and_each_as_often() -> None:
    goes: list[list[int]] = [[]]
    enough = asyncio.Event()

    def look(number: int) -> float:
        if enough.is_set():  # the beats go on until the test hears of it
            return NOW
        if not goes[-1]:
            asyncio.get_running_loop().call_soon(goes.append, [])
        goes[-1].append(number)
        if sum(map(len, goes)) == 3 * 60:
            enough.set()
        return NOW

    calls = [asyncio.create_task(Watch(partial(look, number)).keep(0.003)) for number in range(60)]
    await asyncio.wait_for(enough.wait(), 5)
    for call in calls:
        call.cancel()
    looked = [number for go in goes for number in go]
    assert max(map(len, goes)) == pulse.AT_ONCE
    assert looked == list(range(60)) * 3


class Beats:
    """A watch under a clock of its own: beats come every quarter of a second."""

    def __init__(self) -> None:
        self.now, self.due = -0.25, math.inf
        self.looks: list[float] = []
        self.watch = Watch(self._look)
        self.beat: Callable[[], None]
        loop: Any = SimpleNamespace(
            time=lambda: self.now, call_later=self._later, create_future=asyncio.new_event_loop().create_future
        )
        Pulse(0.25, loop).add(self.watch)

    def _later(self, seconds: float, beat: Callable[[], None]) -> None:
        assert seconds == 0.25
        self.beat = beat

    def _look(self) -> float:
        self.looks.append(self.now)
        return self.due

    def go_on(self, beats: int) -> None:
        for _ in range(beats):
            self.now += 0.25
            self.beat()


def test_what_has_nothing_due_is_looked_after_once_in_two_seconds() -> None:
    beats = Beats()
    beats.go_on(24)
    assert beats.looks == [0, 2, 4]


def test_what_is_due_is_looked_after_at_the_first_beat_from_then_on() -> None:
    for due, looked in ((0.0, 0.25), (0.1, 0.25), (0.25, 0.25), (0.3, 0.5), (1.75, 1.75), (1.9, 2), (5, 2)):
        beats = Beats()
        beats.due = due
        beats.go_on(9)
        assert beats.looks[1] == looked


def test_after_something_has_happened_a_look_is_at_the_next_beat() -> None:
    beats = Beats()
    beats.go_on(2)
    beats.watch.stir()
    beats.watch.stir()
    beats.go_on(9)
    assert beats.looks == [0, 0.5, 2.5]


def test_after_a_look_in_which_something_happens_the_next_is_at_the_next_beat() -> None:
    beats = Beats()
    look = beats.watch.look

    def stirring() -> float:
        if beats.now == 2:
            beats.watch.stir()
        return look()

    beats.watch.look = stirring
    beats.go_on(18)
    assert beats.looks == [0, 2, 2.25, 4.25]


def test_what_has_happened_often_is_looked_after_once_a_beat() -> None:
    beats = Beats()
    for _ in range(40):
        beats.go_on(1)
        beats.watch.stir()
    assert beats.looks == [beat / 4 for beat in range(40)]
    beats.go_on(17)
    assert beats.looks[40:] == [10, 12, 14]
