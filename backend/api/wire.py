"""uvicorn's WebSocket protocol with a short way for sound: whole frames go to the call as they arrive, and back.

A relayed frame costs mostly what stands between socket and session: a pure-Python frame parser, a queue, a task switch,
pausing and resuming the transport, and three coroutines on the way back. Where a route asks for it, unfragmented data
frames skip all that. Handshake, control frames, fragments, limits and closing stay uvicorn's: a frame that is not plain
goes its way. Started with `ws="backend.api.wire:WireProtocol"`; under any other server the route works without it.
"""

import socket
from collections.abc import Callable
from struct import Struct
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import apply_mask  # type: ignore[attr-defined]  # the compiled one where there is one

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

_UNREADABLE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 74\r\n\r\nA header line is longer than 8 kB. Use a ticket: POST /api/v1/voice/ticket"
)


class WireProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection."""

    _deliver: Callable[[str | bytes], None] | None = None
    _rest = b""
    _full = False

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

    def deliver(self, to: Callable[[str | bytes], None] | None) -> None:
        """Hand whole text and binary messages to `to` from now on, in order; None: through the ASGI queue again.

        `to` must not wait and must not raise. What it does not get (fragments, the close) comes through the queue.
        """
        if to is None and self._rest:
            rest, self._rest = self._rest, b""
            super().data_received(rest)
        self._deliver = to

    def write(self, payload: bytes) -> bool:
        """Send a text message now; False, and nothing is sent, when the transport is not taking any."""
        transport = self.transport
        if self._full or self.close_sent or transport.is_closing():
            return False
        length = len(payload)
        if 125 < length < 65_536:
            head = _HEAD_SHORT.pack(_TEXT, 126, length)
        elif length < 126:
            head = bytes((_TEXT, length))
        else:
            head = _HEAD_LONG.pack(_TEXT, 127, length)
        transport.write(head + payload)
        return True

    def pause_writing(self) -> None:
        """The transport holds as much as it should."""
        self._full = True
        super().pause_writing()

    def resume_writing(self) -> None:
        """The transport takes more."""
        self._full = False
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Take bytes from the socket."""
        deliver, size = self._deliver, len(data)
        if deliver is None or self.close_sent:
            super().data_received(data)
            if self.conn.handshake_exc is not None and not self.handshake_initiated:
                self._refuse_handshake()
            return
        if self._rest:
            data = self._rest + data
            size = len(data)
        # Nearly all that comes is one whole frame of sound, so this is looked for first.
        elif size > 8 and data[1] == 0xFE and (data[2] << 8 | data[3]) + 8 == size:
            if data[0] == _BINARY:
                deliver(apply_mask(data[8:], data[4:8]))
                return
            if data[0] == _TEXT and self._taken(_TEXT, data, 8, size):
                return
        place = 0
        while size - place >= 2:
            first, second = data[place], data[place + 1]
            if second < 0x80 or not first & 0x80:
                break  # unmasked, or a fragment: uvicorn's business from here on
            length, head = second & 0x7F, 2
            if size - place < 14 and size - place < _HEADS.get(length, 6):
                self._rest = data[place:]
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
                self._rest = data[place:]
                return
            if (first != _BINARY and first != _TEXT) or not self._taken(first, data, start, end):
                super().data_received(data[place:end])
            place = end
            if self._deliver is not deliver or self.close_sent:
                break
        else:
            self._rest = data[place:]
            return
        self._rest, self._deliver = b"", None
        if place < size:
            super().data_received(data[place:])

    def _refuse_handshake(self) -> None:
        """Answer a handshake that cannot be read, most likely for a header over 8 kB: uvicorn would say nothing."""
        self.transport.write(_UNREADABLE)
        self.transport.close()

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
