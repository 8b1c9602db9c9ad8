"""One timer looks after all calls, and each only for as long as it wants to be looked after."""

import asyncio
from functools import partial

import pytest

from backend.voice import pulse


async def test_all_followers_are_looked_after_until_they_leave() -> None:
    beats = {"one": 0, "two": 0}
    enough = asyncio.Event()

    def count(name: str) -> None:
        beats[name] += 1
        if beats[name] == 5:
            enough.set()

    one = asyncio.create_task(pulse.every(0.001, lambda: count("one")))
    two = asyncio.create_task(pulse.every(0.001, lambda: count("two")))
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

    def fail() -> None:
        raise RuntimeError("gone wrong")

    other = asyncio.create_task(pulse.every(0.001, looked.set))
    with pytest.raises(RuntimeError, match="gone wrong"):
        await asyncio.wait_for(pulse.every(0.001, fail), 5)
    looked.clear()
    await asyncio.wait_for(looked.wait(), 5)
    other.cancel()


async def test_many_are_looked_after_a_few_at_a_time_and_each_as_often() -> None:
    goes: list[list[int]] = [[]]
    enough = asyncio.Event()

    def look(number: int) -> None:
        if not goes[-1]:
            asyncio.get_running_loop().call_soon(goes.append, [])
        goes[-1].append(number)
        if sum(map(len, goes)) == 3 * 60:
            enough.set()

    calls = [asyncio.create_task(pulse.every(0.003, partial(look, number))) for number in range(60)]
    await asyncio.wait_for(enough.wait(), 5)
    for call in calls:
        call.cancel()
    looked = [number for go in goes for number in go]
    assert max(map(len, goes)) == pulse.AT_ONCE
    assert looked == list(range(60)) * 3
