"""A short way to and from VoiceLive: whole text frames go to the call as they arrive, and sound straight out.

aiohttp resets two timers for each piece it receives, puts each frame into a queue and wakes a task for it, and writes
through two coroutines: all that costs more than what the call does with a frame. So this stands in aiohttp's place at
the transport. Once the boundary between frames is known, plain text frames go to the call. All else (fragments, pings,
the close) goes aiohttp's way, and so do text frames until all that went that way is dealt with, or while the call takes
none: order and back-pressure are kept.

The boundary is found with a ping: behind its pong, 16 random bytes, a frame begins.
This leans on private names of aiohttp. Where one is missing, nothing is installed and everything goes the long way.
"""

import asyncio
import secrets
from collections.abc import Callable
from struct import Struct
from typing import Any

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # the compiled one where there is one

from backend.voice import fast_path

_SHORT, _LONG = Struct("!H"), Struct("!Q")
_HEAD = Struct("!BBHI")
"""The head of a masked frame of 126 to 65,535 bytes: kind, mark, length, masking key."""
_WHOLE_TEXT, _CLOSE = 0x81, 8
_FRAMES_A_KEY = 64
"""How often a masking key is used. Masking keeps the one who chooses the payload from choosing the bytes on the wire
(RFC 6455, 10.3): for that he must not know the key, which is secret and never seen by a browser."""
_LONGEST = 16 << 20


class _Writer:
    """Writes messages of which all but one part is the same, under one key for a while.

    head: of a frame, with what stands before the part, masked; end: what stands behind it, masked. Both fit `size`.
    """

    __slots__ = ("_after", "_before", "_end", "_head", "_key", "_left", "_size", "_transport", "_way")

    def __init__(self, way: "ShortWay", transport: Any, before: bytes, after: bytes) -> None:
        self._way, self._transport, self._before, self._after = way, transport, before, after
        self._size, self._left = -1, 0
        self._head = self._key = self._end = b""

    def write(self, text: bytes) -> bool:
        """See `ShortWay.writer`."""
        transport, size = self._transport, len(text)
        if self._way.full or transport.is_closing():
            return False
        if (size != self._size or not self._left) and not self._choose_key(size):
            return False
        self._left -= 1
        transport.write(b"".join((self._head, apply_mask(text, self._key), self._end)))
        return True

    def _choose_key(self, size: int) -> bool:
        """Prepare for messages of `size`; tell whether they have heads of this kind."""
        length = len(self._before) + size + len(self._after)
        if not 125 < length < 65_536:
            return False
        self._size, self._left = size, _FRAMES_A_KEY
        head = _HEAD.pack(_WHOLE_TEXT, 0xFE, length, secrets.randbits(32))
        self._key = head[4:]
        self._head = head + apply_mask(self._before, self._key)
        self._end = apply_mask(bytes(size % 4) + self._after, self._key)[size % 4 :]
        return True


class ShortWay(asyncio.Protocol):
    """Stands between the transport and aiohttp's protocol. `token` is to be sent as a ping once it is installed.

    full: whether nothing may be written past aiohttp for now.
    """

    __slots__ = (
        "_aligned",
        "_door",
        "_open",
        "_pong",
        "_protocol",
        "_queue",
        "_rest",
        "_stopped",
        "_take",
        "_to",
        "_transport",
        "full",
        "token",
    )

    def __init__(
        self,
        transport: Any,
        protocol: Any,
        websocket: Any,
        to: Callable[[bytes], bool],
    ) -> None:
        self._transport = transport
        self._protocol = protocol
        self._queue = websocket._reader
        self._to = to
        self._take: Callable[[bytes], bool] | None = None
        self._door: fast_path.Door | None = None
        self._stopped = self._aligned = self._open = False
        self.full: bool = protocol.writing_paused
        self.token = secrets.token_bytes(16)
        self._pong = b"\x8a\x10" + self.token
        self._rest = b""

    @classmethod
    def install(cls, websocket: Any, to: Callable[[bytes], bool]) -> "ShortWay | None":
        """Put one before an aiohttp client WebSocket; None where aiohttp is not as known.

        to: takes a text frame at once, or answers False to have it queued. It must not wait and must not raise.
        """
        connection = getattr(websocket, "_conn", None)
        transport, protocol = getattr(connection, "transport", None), getattr(connection, "protocol", None)
        known = hasattr(getattr(websocket, "_reader", None), "_buffer") and hasattr(protocol, "writing_paused")
        if not known or transport is None or transport.get_protocol() is not protocol:
            return None
        short_way = cls(transport, protocol, websocket, to)
        if fast_path.COMPILED:
            short_way._door = fast_path.Door(short_way)
        transport.set_protocol(short_way._door or short_way)
        return short_way

    def caught_up(self) -> None:
        """To be called before the queue is read: all that it gave is dealt with.

        Only then, and when neither the queue nor the parser holds anything, may a frame go the short way again.
        """
        if self._open or self._stopped or not self._aligned:
            return
        self._open = not self._queue._buffer and getattr(self._queue, "_stalled_reader", None) is None

    def splice(self, take: Callable[[bytes], bool] | None) -> None:
        """Offer what arrives to `take` first, WebSocket head and all, until something goes another way; None: not.

        It answers False to have it go the usual way.
        """
        self._offer(take if self._open else None)

    def _offer(self, take: Callable[[bytes], bool] | None) -> None:
        """Offer what arrives to `take` from here on; None: to nobody."""
        if self._door is not None:
            self._door.take = take
        else:
            self._take = take

    def stop(self) -> None:
        """Let everything that comes go the long way from here on."""
        self._stopped = self.full = True
        self._open = False
        self._offer(None)

    def writer(self, before: bytes, after: bytes) -> Callable[[bytes], bool]:
        """Return a function that sends `before` + its argument + `after` as a text message now.

        It answers False, and nothing is sent, when the message has to go the long way.
        before: a multiple of 4 bytes, so that the masking key begins anew behind it.
        """
        assert len(before) % 4 == 0
        if fast_path.COMPILED:
            return fast_path.MaskedWriter(self, self._transport, before, after)
        return _Writer(self, self._transport, before, after).write

    def data_received(self, data: bytes) -> None:
        """Take bytes from the socket."""
        # Nearly all that comes is one whole frame of sound, so this is looked for first. aiohttp does not hear of it:
        # it sends a ping now and then, as if the far side were silent, and hears the pong.
        take = self._take
        if take is not None and take(data):
            return
        if (
            self._open
            and not self._rest
            and len(data) > 4
            and data[0] == _WHOLE_TEXT
            and data[1] == 126
            and (data[2] << 8 | data[3]) + 4 == len(data)
            and self._to(data[4:])
        ):
            return
        if self._aligned:
            self._frames(self._rest + data if self._rest else data)
        else:
            self._align(data)

    def _align(self, data: bytes) -> None:
        seen = self._rest + data
        at = seen.find(self._pong)
        if at < 0:
            self._rest = seen[1 - len(self._pong) :]
            self._protocol.data_received(data)
            return
        self._rest, self._aligned = b"", True
        after = at + len(self._pong) - (len(seen) - len(data))
        self._protocol.data_received(data[:after])
        self._frames(data[after:])

    def _frames(self, data: bytes) -> None:
        self._protocol.data_received(b"")  # the far side lives, though its pong may be far behind what is under way
        place, size = 0, len(data)
        while size - place >= 2:
            first, length, head = data[place], data[place + 1], 2
            if length == 126:
                if size - place < 4:
                    break
                length, head = _SHORT.unpack_from(data, place + 2)[0], 4
            elif length == 127:
                if size - place < 10:
                    break
                length, head = _LONG.unpack_from(data, place + 2)[0], 10
            if length > _LONGEST or data[place + 1] > 127:  # too long, or masked by a server: not ours to answer
                self._step_aside()
                self._protocol.data_received(data[place:])
                return
            end = place + head + length
            if end > size:
                break
            if first != _WHOLE_TEXT or not self._open or not self._to(data[place + head : end]):
                if first & 0x0F < 8:
                    self._open = False
                    self._offer(None)
                self._protocol.data_received(data[place:end])
            if first & 0x0F == _CLOSE:
                self.stop()
            place = end
        self._rest = data[place:]
        if self._rest:
            self._offer(None)

    def _step_aside(self) -> None:
        """Leave the connection to aiohttp."""
        self.stop()
        self._transport.set_protocol(self._protocol)

    def eof_received(self) -> bool | None:
        """The far side has ended its sending."""
        answer: bool | None = self._protocol.eof_received()
        return answer

    def connection_lost(self, error: Exception | None) -> None:
        """The connection has ended."""
        self.stop()
        self._door = None  # they hold each other
        self._protocol.connection_lost(error)

    def pause_writing(self) -> None:
        """The transport holds as much as it should."""
        self.full = True
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """The transport takes more."""
        self.full = self._stopped
        self._protocol.resume_writing()
