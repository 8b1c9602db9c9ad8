"""The short way between socket and call gives a call what the long way gives it, whatever the frames look like."""

import asyncio
import json
import struct
from collections.abc import Callable

import hypothesis.strategies as st
import pytest
import uvicorn
from hypothesis import given, settings
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from backend.api.wire import EXTENSION, WireProtocol
from backend.tests.voice.conftest import UTTERANCE, Service, StartService
from backend.tests.voice.test_call import answered
from backend.voice import fast_path

pytestmark = pytest.mark.usefixtures("each_path")

UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


class Socket:
    """What the protocol writes to."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False
        self.protocol: asyncio.Protocol

    def write(self, data: bytes) -> None:
        self.written += data

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        self.protocol = protocol

    def set_write_buffer_limits(self, high: int) -> None: ...

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default


def frame(first: int, payload: bytes, mask: bytes = b"\x11\x22\x33\x44") -> bytes:
    """Return a masked client frame."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, 0xFE, size)
    else:
        head = struct.pack("!BBQ", first, 0xFF, size)
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


class Ear:
    """Takes every second message that it is offered; of what comes as a whole frame in C, every fifth at once."""

    def __init__(self, got: list[str | bytes]) -> None:
        self.got = got
        self.offered = self.frames = 0

    @property
    def whole(self) -> Callable[[bytes], bool] | None:
        return self._whole if fast_path.COMPILED else None

    def _whole(self, data: bytes) -> bool:
        payload = bytes(byte ^ data[4 + place % 4] for place, byte in enumerate(data[8:]))
        if data != frame(0x82, payload) or len(payload) < 126:
            return False
        self.frames += 1
        if self.frames % 5 == 0:
            self.got.append(payload)
        return self.frames % 5 == 0

    def binary(self, payload: bytes) -> bool:
        self.offered += 1
        if self.offered % 2:
            self.got.append(payload)
        return bool(self.offered % 2)

    def text(self, payload: bytes) -> bool:
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            return False
        self.offered += 1
        if self.offered % 2:
            self.got.append(text)
        return bool(self.offered % 2)


async def received(pieces: list[bytes], messages: int, *, heard: bool = False) -> tuple[list[str | bytes], bytes, bool]:
    """Feed a connection and return the messages it gave the application, what it wrote, and whether it closed."""
    got: list[str | bytes] = []
    begun, done = asyncio.Event(), asyncio.Event()

    async def app(scope, receive, send):  # type: ignore[no-untyped-def]
        await receive()
        await send({"type": "websocket.accept"})
        scope["extensions"][EXTENSION]["connection"].deliver(got.append, Ear(got) if heard else None)
        begun.set()
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                break
            got.append(message["text"] if message.get("text") is not None else message["bytes"])
        done.set()

    config = uvicorn.Config(
        app, ws_per_message_deflate=False, ws_ping_interval=None, proxy_headers=False, lifespan="off"
    )
    config.load()
    protocol = WireProtocol(config, ServerState(), {})
    socket = Socket()
    socket.protocol = protocol
    protocol.connection_made(socket)  # type: ignore[arg-type]
    protocol.data_received(UPGRADE)
    await begun.wait()
    socket.written = b""
    for piece in pieces:
        socket.protocol.data_received(piece)
        await asyncio.sleep(0)
    for _ in range(10):
        if len(got) >= messages:
            break
        await asyncio.sleep(0)
    written, closed = socket.written, socket.closed
    socket.protocol.connection_lost(None)
    await asyncio.wait_for(done.wait(), 1)
    return got, written, closed


@settings(max_examples=150)
@given(
    st.lists(
        st.text(max_size=40)
        | st.binary(max_size=300)
        | st.sampled_from([bytes(70_000), b"a" * 200, b"b" * 200, "c" * 200]),
        max_size=12,
    ),
    st.lists(st.integers(1, 400), min_size=1, max_size=50),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_messages_arrive_whole_and_in_order_however_the_bytes_are_cut(
    messages: list[str | bytes], cuts: list[int], fragmented: bool, whole: bool, heard: bool
) -> None:
    frames: list[bytes] = []
    stream = b""
    for number, message in enumerate(messages):
        payload = message.encode() if isinstance(message, str) else message
        kind = 0x81 if isinstance(message, str) else 0x82
        if fragmented and number % 2:
            half = len(payload) // 2
            stream += frame(kind & 0x0F, payload[:half]) + frame(0x80, payload[half:])
        else:
            stream += frame(kind, payload)
        frames.append(stream[sum(map(len, frames)) :])
    pieces: list[bytes] = []
    place = 0
    while place < len(stream):
        size = cuts[len(pieces) % len(cuts)] * (200 if len(stream) > 10_000 else 1)
        pieces.append(stream[place : place + size])
        place += size
    got, _, closed = asyncio.run(received(frames if whole else pieces, len(messages), heard=heard))
    assert got == messages
    assert not closed


def test_a_ping_between_frames_is_answered() -> None:
    stream = frame(0x82, b"aa") + frame(0x89, b"hi") + frame(0x82, b"bb")
    got, written, closed = asyncio.run(received([stream], 2))
    assert got == [b"aa", b"bb"]
    assert written == b"\x8a\x02hi"
    assert not closed


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"\x82\x02ab", 1002),
        (frame(0x83, b"x"), 1002),
        (frame(0xC2, b"x"), 1002),
        (frame(0x81, b"\xff\xfe"), 1007),
        (struct.pack("!BBQ", 0x82, 0xFF, 1 << 40) + b"\0\0\0\0", 1009),
        (frame(0x88, struct.pack("!H", 1000)), 1000),
    ],
    ids=["unmasked", "opcode", "reserved bit", "not UTF-8", "too large", "close"],
)
def test_what_is_not_a_plain_frame_gets_the_usual_treatment(bad: bytes, code: int) -> None:
    got, written, _ = asyncio.run(received([frame(0x82, b"aa") + bad], 1))
    assert got[:1] == [b"aa"]
    assert len(got) == 1
    assert written[:1] == b"\x88"
    assert struct.unpack("!H", written[2:4]) == (code,)


@pytest.mark.parametrize("websockets", ["auto", "websockets", "websockets-sansio"])
async def test_a_call_works_without_the_short_way(start_service: StartService, websockets: str) -> None:
    async with start_service(websockets=websockets) as service:
        phone = await service.ready()
        await phone.speak(UTTERANCE)
        await answered(phone)
        assert [m["seq"] for m in phone.got] == list(range(1, len(phone.got) + 1))


async def test_a_fragmented_frame_in_a_call_is_read(service: Service) -> None:
    uri = f"ws://127.0.0.1:{service.port}/api/v1/voice/voicelive/fragments"
    async with connect(uri, ping_interval=None, compression=None, max_size=None) as socket:
        await socket.send(['{"type":', '"dan', 'ce"}'])
        async with asyncio.timeout(5):
            while json.loads(await socket.recv()).get("code") != "unknown_type":
                pass
