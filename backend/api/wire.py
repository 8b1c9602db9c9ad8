"""uvicorn's WebSocket protocol with a short way for sound: whole frames go to the call as they arrive, and back.

A relayed frame costs mostly what stands between socket and session: a pure-Python frame parser, a queue, a task switch,
pausing and resuming the transport, and three coroutines on the way back. Where a route asks for it, unfragmented data
frames skip all that. Handshake, control frames, fragments, limits and closing stay uvicorn's: a frame that is not plain
goes its way. Started with `ws="backend.api.wire:WireProtocol"`; under any other server the route works without it.
"""

import asyncio
import socket
from collections.abc import Callable
from struct import Struct
from typing import Any, Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import apply_mask  # type: ignore[attr-defined]  # the compiled one where there is one

from backend.api import problem_documents
from backend.core.problems import Problem
from backend.voice import fast_path

EXTENSION = "engram.wire"
"""Where a route finds the connection: `scope["extensions"][EXTENSION]["connection"]`."""

_UNSENT_BYTES = 32 << 10
"""So much waits in the kernel, and so much again in the transport: half a second of sound each. What waits longer waits
in the call's outlet, where captions can go before it; the kernel's own buffer would hold a minute."""
_TEXT, _BINARY = 0x81, 0x82
_SHORT, _LONG = Struct("!H"), Struct("!Q")
_HEADS = {126: 8, 127: 14}
"""Bytes of a masked frame's head by its length field; 6 for all others."""
_HEAD_SHORT, _HEAD_LONG = Struct("!BBH"), Struct("!BBQ")


def _head(kind: int, length: int) -> bytes:
    """Return the head of a server's frame."""
    if 125 < length < 65_536:
        return _HEAD_SHORT.pack(kind, 126, length)
    return bytes((kind, length)) if length < 126 else _HEAD_LONG.pack(kind, 127, length)


def _deaf(payload: bytes) -> bool:
    return False


class Ear(Protocol):
    """Takes microphone sound before anything else does, undecoded; answers False to have it delivered as usual.

    whole: takes a WebSocket frame as it came from the socket, masked; None: it is to be unmasked first.
    """

    whole: Callable[[bytes], bool] | None

    def binary(self, payload: bytes) -> bool:
        """Take a binary message."""
        ...

    def text(self, payload: bytes) -> bool:
        """Take a text message, not checked to be UTF-8; to be refused unless it is sound."""
        ...


class _Writer:
    """Writes messages of which all but two parts is the same. `begin` is a frame's head and first part, for `size`."""

    __slots__ = ("_before", "_begin", "_between", "_connection", "_kind", "_size", "_transport")

    def __init__(self, connection: "WireProtocol", kind: int, before: bytes, between: bytes) -> None:
        self._connection, self._transport = connection, connection.transport
        self._kind, self._before, self._between = kind, before, between
        self._size, self._begin = -1, b""

    def write(self, first: bytes, second: bytes) -> bool:
        """See `WireProtocol.writer`."""
        connection, transport, size = self._connection, self._transport, len(first) + len(second)
        if connection.full or connection.close_sent or transport.is_closing():
            return False
        if size != self._size:  # most often as long as the last one
            whole = len(self._before) + len(self._between) + size
            self._size, self._begin = size, _head(self._kind, whole) + self._before
        transport.write(b"".join((self._begin, first, self._between, second)))
        return True


class WireProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection."""

    # Beside the many attributes of uvicorn's, which are looked up in a dictionary; the last two are its own.
    __slots__ = ("_deliver", "_door", "_ear", "_hear", "_like", "_rest", "_size", "close_sent", "full", "transport")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.transport: asyncio.Transport
        self.close_sent: bool
        self._deliver: Callable[[str | bytes], None] | None = None
        self._ear: Ear | None = None
        self._rest = b""
        self.full = False
        self._door: fast_path.Door | None = None
        # The head and the size of the last whole frame of sound, and who took it: most often the next is like it.
        self._like, self._size = b"", -1
        self._hear: Callable[[bytes], bool] = _deaf

    def handle_connect(self, event: Any) -> None:
        """Offer the short way to the route."""
        super().handle_connect(event)
        if self.response.status_code == 101 and not self.config.ws_per_message_deflate:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = {"connection": self}
            self._keep_little_unsent()

    def _keep_little_unsent(self) -> None:
        raw = self.transport.get_extra_info("socket")
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6) and hasattr(socket, "TCP_NOTSENT_LOWAT"):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
        self.transport.set_write_buffer_limits(high=_UNSENT_BYTES)

    def deliver(self, to: Callable[[str | bytes], None] | None, ear: Ear | None = None) -> None:
        """Hand whole text and binary messages to `to` from now on, in order; None: through the ASGI queue again.

        A message that is the whole of what the socket gave is offered to `ear` first.
        Neither must wait or raise. What they do not get (fragments, the close) comes through the queue.
        """
        if to is None and self._rest:
            rest, self._rest = self._rest, b""
            super().data_received(rest)
        self._deliver = to
        self._ear = ear if to is not None else None
        if self._ear is not None and self._ear.whole is not None and self._door is None:
            self._door = fast_path.Door(self)
            self.transport.set_protocol(self._door)
        self._offer()
        self._size = -1

    def write(self, payload: bytes) -> bool:
        """Send a text message now; False, and nothing is sent, when the transport is not taking any."""
        if self.full or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(_head(_TEXT, len(payload)) + payload)
        return True

    def writer(self, before: bytes, between: bytes, *, binary: bool) -> Callable[[bytes, bytes], bool]:
        """Return a function that sends before + its first argument + between + its second as a message now.

        It answers False, and nothing is sent, when the transport is not taking any.
        """
        kind = _BINARY if binary else _TEXT
        if fast_path.COMPILED:
            return fast_path.FrameWriter(self, self.transport, kind, before, between)
        return _Writer(self, kind, before, between).write

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._door = None  # they hold each other
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The transport holds as much as it should."""
        self.full = True
        super().pause_writing()

    def resume_writing(self) -> None:
        """The transport takes more."""
        self.full = False
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Take bytes from the socket."""
        size = len(data)
        if size == self._size:
            hear = self._hear
            if data[:4] == self._like and hear(apply_mask(data[8:], data[4:8])):
                return
        deliver = self._deliver
        if deliver is None or self.close_sent:
            super().data_received(data)
            if self.conn.handshake_exc is not None and not self.handshake_initiated:
                self._refuse_handshake()
            return
        if self._rest:
            data = self._rest + data
            size = len(data)
        # Nearly all that comes is one whole frame of sound, so this is looked for first.
        elif size > 8 and data[1] == 0xFE and (data[2] << 8 | data[3]) + 8 == size and self._heard(data):
            return
        place = 0
        while size - place >= 2:
            first, second = data[place], data[place + 1]
            if second < 0x80 or not first & 0x80:
                break  # unmasked, or a fragment: uvicorn's business from here on
            length, head = second & 0x7F, 2
            if size - place < 14 and size - place < _HEADS.get(length, 6):
                self._keep(data[place:])
                return
            if length == 126:
                length, head = _SHORT.unpack_from(data, place + 2)[0], 4
            elif length == 127:
                length, head = _LONG.unpack_from(data, place + 2)[0], 10
                if length > self.config.ws_max_size:
                    break
            start = place + head + 4
            end = start + length
            if size < end:
                self._keep(data[place:])
                return
            if (first != _BINARY and first != _TEXT) or not self._taken(first, data, start, end):
                super().data_received(data[place:end])
            place = end
            if self._deliver is not deliver or self.close_sent:
                break
        else:
            self._keep(data[place:])
            return
        self._rest, self._size, self._deliver = b"", -1, None
        self._offer()
        if place < size:
            super().data_received(data[place:])

    def _refuse_handshake(self) -> None:
        """Answer a handshake that cannot be read: uvicorn would say nothing."""
        problem = Problem(
            400,
            "bad_handshake",
            "Bad handshake",
            "This is no WebSocket handshake. Send a GET without a body.",
        )
        self.transport.write(problem_documents.on_the_wire(problem))
        self.transport.close()

    def _keep(self, rest: bytes) -> None:
        """Wait for the rest of a frame."""
        self._rest = rest
        if rest:
            self._size = -1
        self._offer()

    def _offer(self) -> None:
        """Offer what arrives to the ear, undivided and masked, while it can only be the beginning of a frame."""
        if self._door is not None:
            listens = self._deliver is not None and self._ear is not None and not self._rest
            self._door.take = self._ear.whole if listens and self._ear is not None else None

    def _heard(self, data: bytes) -> bool:
        """Offer a whole frame as sound; if it is taken, the next one like it goes there straight away."""
        ear, kind = self._ear, data[0]
        if ear is None or (kind != _BINARY and kind != _TEXT):
            return False
        hear = ear.binary if kind == _BINARY else ear.text
        if not hear(apply_mask(data[8:], data[4:8])):
            return False
        self._like, self._size, self._hear = data[:4], len(data), hear
        return True

    def _taken(self, first: int, data: bytes, start: int, end: int) -> bool:
        payload = apply_mask(data[start:end], data[start - 4 : start])
        if first == _BINARY:
            message: str | bytes = payload
        else:
            try:
                message = payload.decode()
            except UnicodeDecodeError:
                return False
        assert self._deliver is not None
        self._deliver(message)
        return True
