"""The one writer to a side: at once while it can, in order always, and never holding up the one who brings."""

import asyncio

import pytest

from backend.voice.outlet import Outlet


class Side:
    """A far side that can be made to stop reading."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.reads = asyncio.Event()
        self.reads.set()

    async def write(self, item: str) -> None:
        self.got.append(item)
        await self.reads.wait()
        if item == "bad":
            raise OSError("gone")


async def test_a_free_side_gets_an_item_before_put_returns() -> None:
    side = Side()
    outlet = Outlet(side.write, len)
    outlet.put("a")
    outlet.put("b")
    assert side.got == ["a", "b"]
    assert outlet.weight == 0


async def test_what_a_side_does_not_take_queues_in_order_and_is_written_when_it_reads_again() -> None:
    side = Side()
    outlet = Outlet(side.write, len)
    writer = asyncio.create_task(outlet.run())
    side.reads.clear()
    for item in ("one", "two", "three"):
        outlet.put(item)
    assert side.got == ["one"]
    assert outlet.weight == len("twothree")
    side.reads.set()
    await asyncio.wait_for(outlet.emptied(), 1)
    outlet.put("four")
    assert side.got == ["one", "two", "three", "four"]
    assert outlet.weight == 0
    writer.cancel()


async def test_unwanted_items_can_be_taken_back_while_they_wait() -> None:
    side = Side()
    outlet = Outlet(side.write, len)
    writer = asyncio.create_task(outlet.run())
    side.reads.clear()
    for item in ("first", "sound1", "words", "sound2"):
        outlet.put(item)
    assert outlet.drop_oldest(lambda item: item.startswith("sound"))
    assert outlet.drop(lambda item: item.startswith("sound")) == 1
    assert not outlet.drop_oldest(lambda item: item.startswith("sound"))
    side.reads.set()
    await asyncio.wait_for(outlet.emptied(), 1)
    assert side.got == ["first", "words"]
    assert outlet.weight == 0
    writer.cancel()


@pytest.mark.parametrize("reading", [True, False])
async def test_a_failed_write_ends_the_writer_and_not_the_one_who_brought_it(reading: bool) -> None:
    side = Side()
    outlet = Outlet(side.write, len)
    writer = asyncio.create_task(outlet.run())
    if not reading:
        side.reads.clear()
    outlet.put("bad")
    side.reads.set()
    with pytest.raises(OSError, match="gone"):
        await asyncio.wait_for(writer, 1)


async def test_the_time_a_side_is_stuck_is_told() -> None:
    side = Side()
    outlet = Outlet(side.write, len)
    assert outlet.stuck_for() == 0
    side.reads.clear()
    outlet.put("x")
    before = outlet.stuck_for()
    await asyncio.sleep(0)
    assert outlet.stuck_for() >= before >= 0
    outlet.abandon()
