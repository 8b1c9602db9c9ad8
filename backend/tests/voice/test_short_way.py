"""The short way to and from VoiceLive gives what the long way gives: every frame, once, in order."""

import asyncio
import json
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import hypothesis.strategies as st
import pytest
from azure.ai.voicelive.aio import connect
from azure.core.credentials import AzureKeyCredential
from hypothesis import given
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

from backend.voice.voicelive.link import Link, LinkLost
from backend.voice.voicelive.short_way import ShortWay

Script = Callable[[ServerConnection], Awaitable[None]]


pytestmark = pytest.mark.usefixtures("each_path")


class Noting(ServerConnection):
    """A connection that notes the pings it gets."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.pings: asyncio.Queue[Frame] = asyncio.Queue()

    def process_event(self, event: Event) -> None:
        if isinstance(event, Frame) and event.opcode is Opcode.PING:
            self.pings.put_nowait(event)
        super().process_event(event)


class Far:
    """A VoiceLive that does what a test says, and the link to it."""

    def __init__(self) -> None:
        self.script: Script
        self.port = 0
        self.heartbeat = 30.0

    async def run(self, socket: ServerConnection) -> None:
        await self.script(socket)

    async def link(self) -> Link:
        manager = connect(
            credential=AzureKeyCredential("k"),
            endpoint=f"http://127.0.0.1:{self.port}",
            connection_options={"max_msg_size": 16 << 20, "close_timeout": 1.0, "heartbeat": self.heartbeat},
        )
        return Link(await manager.__aenter__())


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    """A server on loopback whose behaviour the test sets."""
    end = Far()
    options: dict[str, Any] = {"compression": None, "max_size": None, "ping_interval": None}
    async with serve(end.run, "127.0.0.1", 0, create_connection=Noting, **options) as server:
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


async def test_a_link_whose_frames_all_come_the_short_way_is_known_to_live(far: Far) -> None:
    far.heartbeat = 1.5
    sent = 0

    async def sound(socket: ServerConnection) -> None:
        nonlocal sent
        assert isinstance(socket, Noting)
        for _ in range(3):  # the one that finds the boundary, and two of aiohttp: so it has heard the pong of the first
            asked = asyncio.ensure_future(socket.pings.get())
            while not asked.done():
                await socket.send(f'{{"n":{sent},"pad":"{"x" * 500}"}}')
                sent += 1
                await asyncio.wait({asked}, timeout=0.02)
        await socket.close(4321)

    far.script = sound
    frames, short, code = await collect(await far.link())
    assert (len(frames), code) == (sent, 4321)
    assert short > sent // 2


async def test_sound_goes_out_between_events_in_order(far: Far) -> None:
    got: list[str | bytes] = []

    async def listen(socket: ServerConnection) -> None:
        async for message in socket:
            got.append(message)
            if len(got) == 7:
                await socket.close(4321)

    far.script = listen
    link = await far.link()
    assert not link.append(b"AAAA")  # no short way yet
    reading = asyncio.create_task(collect(link))
    while link._short_way is None:  # noqa: ASYNC110 - one step of the loop
        await asyncio.sleep(0)
    at_once = []
    for size in (4, 400, 8000, 100_000):
        sound = b"A" * size
        at_once.append(link.append(sound))
        if not at_once[-1]:
            await link.send_audio(sound)
        if size > 4:
            await link.send({"type": "after", "size": size})
    _, _, code = await reading
    assert code == 4321
    sizes = (4, 400, 8000, 100_000)
    assert [json.loads(text) for text in got] == [
        event
        for size in sizes
        for event in (
            {"type": "input_audio_buffer.append", "audio": "A" * size},
            *([{"type": "after", "size": size}] if size > 4 else []),
        )
    ]
    assert at_once == [False, True, True, False]


class Aiohttp:
    """aiohttp's side of a connection, the transport and the call: what went which way, and what was written."""

    def __init__(self) -> None:
        self.passed = b""
        self.taken: list[bytes] = []
        self.written = b""
        self.writing_paused = False
        self.closing = False
        self.installed: Any = self
        self.queue: deque[object] = deque()
        self.writer = SimpleNamespace(_closing=False)
        self.websocket = SimpleNamespace(
            _conn=SimpleNamespace(transport=self, protocol=self),
            _reader=SimpleNamespace(_buffer=self.queue),
            _writer=self.writer,
        )

    def take(self, frame: bytes) -> bool:
        self.taken.append(frame)
        return True

    def get_protocol(self) -> object:
        return self.installed

    def set_protocol(self, protocol: object) -> None:
        self.installed = protocol

    def is_closing(self) -> bool:
        return self.closing

    def write(self, data: bytes) -> None:
        self.written += data

    def data_received(self, data: bytes) -> None:
        self.passed += data

    def pause_writing(self) -> None:
        self.writing_paused = True

    def resume_writing(self) -> None:
        self.writing_paused = False


def whole(payload: bytes) -> bytes:
    """Return a server's text frame."""
    return struct.pack("!BBH", 0x81, 126, len(payload)) + payload


@pytest.mark.parametrize("at", [1, 9, 18, 19, 30])
def test_what_came_before_the_pong_is_dealt_with_before_anything_goes_the_short_way(at: int) -> None:
    aiohttp = Aiohttp()
    one, two, three = (whole(byte * 200) for byte in (b"1", b"2", b"3"))
    way = ShortWay.install(aiohttp.websocket, aiohttp.take)
    assert way is not None
    aiohttp.queue.append("what aiohttp made of the first")
    stream = one + b"\x8a\x10" + way.token + two
    way.data_received(stream[: len(one) + at])  # cut before, in and behind the pong
    way.data_received(stream[len(one) + at :])
    way.caught_up()
    assert (aiohttp.passed, aiohttp.taken) == (stream, [])
    aiohttp.queue.clear()
    way.caught_up()
    way.data_received(three)
    assert (aiohttp.passed, aiohttp.taken) == (stream, [b"3" * 200])


def test_a_frame_is_written_only_while_the_transport_takes_it() -> None:
    aiohttp = Aiohttp()
    way = ShortWay.install(aiohttp.websocket, lambda frame: True)
    assert way is not None
    write = way.writer(b"", b"")
    payload = bytes(range(256))
    assert write(payload)
    head, key, masked = aiohttp.written[:4], aiohttp.written[4:8], aiohttp.written[8:]
    assert head == struct.pack("!BBH", 0x81, 0xFE, 256)
    assert bytes(byte ^ key[place % 4] for place, byte in enumerate(masked)) == payload
    way.pause_writing()
    assert aiohttp.writing_paused
    assert not write(payload)
    way.resume_writing()
    aiohttp.closing = True
    assert not write(payload)
    aiohttp.closing = False
    assert write(payload)
    way.data_received(b"\x8a\x10" + way.token + b"\x88\x02\x03\xe8")  # the far side closes
    way.pause_writing()
    way.resume_writing()
    assert not write(payload)
    assert len(aiohttp.written) == 2 * 264


@given(st.lists(st.binary(min_size=1, max_size=70) | st.just(b"s" * 40), max_size=200), st.binary(max_size=5))
def test_every_frame_is_masked_as_its_key_says_and_keys_change(texts: list[bytes], end: bytes) -> None:
    aiohttp = Aiohttp()
    way = ShortWay.install(aiohttp.websocket, lambda frame: True)
    assert way is not None
    before = b"b" * 128
    write = way.writer(before, end)
    keys = set()
    for text in texts:
        aiohttp.written = b""
        assert write(text)
        key, masked = aiohttp.written[4:8], aiohttp.written[8:]
        assert aiohttp.written[:4] == struct.pack("!BBH", 0x81, 0xFE, len(masked))
        assert bytes(byte ^ key[place % 4] for place, byte in enumerate(masked)) == before + text + end
        keys.add(key)
    assert len(keys) >= len(texts) // 64


def test_a_masked_frame_leaves_the_connection_to_aiohttp() -> None:
    aiohttp = Aiohttp()
    way = ShortWay.install(aiohttp.websocket, aiohttp.take)
    assert way is not None
    pong, masked = b"\x8a\x10" + way.token, b"\x81\x81key.x"
    way.data_received(pong)
    way.caught_up()
    way.data_received(whole(b"1" * 200) + masked + whole(b"2" * 200))
    assert aiohttp.taken == [b"1" * 200]
    assert aiohttp.passed == pong + masked + whole(b"2" * 200)
    assert aiohttp.installed is aiohttp
    assert not way.writer(b"", b"")(bytes(200))
