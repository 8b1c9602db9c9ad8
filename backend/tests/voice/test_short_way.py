"""The short way from VoiceLive gives the call what the long way gives it: every frame, once, in order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from azure.ai.voicelive.aio import connect
from azure.core.credentials import AzureKeyCredential
from websockets.asyncio.server import ServerConnection, serve

from backend.voice.link import Link, LinkLost
from backend.voice.short_way import ShortWay

Script = Callable[[ServerConnection], Awaitable[None]]


class Far:
    """A VoiceLive that does what a test says, and the link to it."""

    def __init__(self) -> None:
        self.script: Script
        self.port = 0

    async def run(self, socket: ServerConnection) -> None:
        await self.script(socket)

    async def link(self) -> Link:
        manager = connect(
            credential=AzureKeyCredential("k"),
            endpoint=f"http://127.0.0.1:{self.port}",
            connection_options={"max_msg_size": 16 << 20, "close_timeout": 1.0},
        )
        return Link(await manager.__aenter__())


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    """A server on loopback whose behaviour the test sets."""
    end = Far()
    async with serve(end.run, "127.0.0.1", 0, compression=None, max_size=None, ping_interval=None) as server:
        end.port = server.sockets[0].getsockname()[1]
        yield end


async def collect(link: Link, *, refuses: Callable[[int], bool] = lambda number: False) -> tuple[list[bytes], int, int]:
    """Read until the link ends; return the frames, how many came the short way, and the close code."""
    frames: list[bytes] = []
    short = 0

    def take(frame: bytes) -> bool:
        nonlocal short
        if refuses(len(frames)):
            return False
        frames.append(frame)
        short += 1
        return True

    await link.deliver(take)
    try:
        async with asyncio.timeout(10):
            while True:
                frames.append(await link.receive())
    except LinkLost as lost:
        await link.close()
        return frames, short, lost.code


def numbered(count: int) -> list[str]:
    return [f'{{"n":{number},"pad":"{"x" * (number % 7 * 5000)}"}}' for number in range(count)]


async def talk(socket: ServerConnection) -> None:
    """Send many frames, plain and odd, and close."""
    for number, text in enumerate(numbered(300)):
        if number % 11 == 3:
            await socket.send([text[:3], text[3:]])
        elif number % 13 == 5:
            await socket.send(text.encode())
        else:
            await socket.send(text)
        if number % 17 == 0:
            await (await socket.ping())
    await socket.close(4321)


async def test_every_frame_comes_once_and_in_order_and_some_come_the_short_way(far: Far) -> None:
    far.script = talk
    frames, short, code = await collect(await far.link())
    assert frames == [text.encode() for text in numbered(300)]
    assert short > 0
    assert code == 4321


async def test_frames_that_the_call_does_not_take_are_queued_and_stay_in_order(far: Far) -> None:
    far.script = talk
    frames, short, _ = await collect(await far.link(), refuses=lambda number: number % 50 < 20)
    assert frames == [text.encode() for text in numbered(300)]
    assert 0 < short < 250


async def test_a_frame_above_the_limit_ends_the_link_as_it_does_the_long_way(far: Far) -> None:
    async def too_much(socket: ServerConnection) -> None:
        await (await socket.ping())
        await socket.send('"small"')
        await socket.send("x" * ((16 << 20) + 1))
        await socket.wait_closed()

    far.script = too_much
    frames, _, code = await collect(await far.link())
    assert frames == [b'"small"']
    assert code in (1006, 1009)


async def test_a_reset_is_reported_as_that(far: Far) -> None:
    async def reset(socket: ServerConnection) -> None:
        await socket.send('"one"')
        await (await socket.ping())
        await socket.send('"two"')
        socket.transport.abort()

    far.script = reset
    frames, _, code = await collect(await far.link())
    assert frames[:1] == [b'"one"']
    assert code == 1006


async def test_an_aiohttp_that_is_not_as_known_is_used_the_long_way(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ShortWay.install(object(), lambda frame: True) is None
    monkeypatch.setattr(ShortWay, "install", classmethod(lambda cls, websocket, to: None))
    far.script = talk
    frames, short, code = await collect(await far.link())
    assert frames == [text.encode() for text in numbered(300)]
    assert (short, code) == (0, 4321)
