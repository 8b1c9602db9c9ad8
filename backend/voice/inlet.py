"""A short way for what VoiceLive sends: whole text frames go to the call as they arrive.

aiohttp puts each frame into a queue and wakes a task for it, which costs more than all the call does with it. Once
the boundary between frames is known, plain text frames skip the queue. All else (fragments, pings, the close) goes
aiohttp's way, and so do text frames until all that went that way is dealt with, or while the call takes none: order
and back-pressure are kept.

The boundary is found with a ping: behind its pong, 16 random bytes, a frame begins.
This leans on private names of aiohttp. Where one is missing, nothing is installed and everything goes the long way.
"""

import secrets
from collections.abc import Callable
from struct import Struct
from typing import Any

_SHORT, _LONG = Struct("!H"), Struct("!Q")
_WHOLE_TEXT = 0x81
_LONGEST = 16 << 20


class Inlet:
    """Stands before aiohttp's frame parser. `token` is to be sent as a ping once it is installed."""

    def __init__(self, parser: Any, queue: Any, to: Callable[[bytes], bool]) -> None:
        self._parser = parser
        self._queue = queue
        self._to: Callable[[bytes], bool] | None = to
        self.token = secrets.token_bytes(16)
        self._pong = b"\x8a\x10" + self.token
        self._aligned = False
        self._behind = True
        self._rest = b""

    @classmethod
    def install(cls, websocket: Any, to: Callable[[bytes], bool]) -> "Inlet | None":
        """Put one before the parser of an aiohttp client WebSocket; None where aiohttp is not as known.

        to: takes a text frame at once, or answers False to have it queued. It must not wait and must not raise.
        """
        protocol = getattr(getattr(websocket, "_conn", None), "protocol", None)
        parser = getattr(protocol, "_payload_parser", None)
        queue = getattr(websocket, "_reader", None)
        if protocol is None or not hasattr(parser, "feed_data") or not hasattr(queue, "_buffer"):
            return None
        inlet = cls(parser, queue, to)
        protocol._payload_parser = inlet
        return inlet

    def caught_up(self) -> None:
        """To be called before the queue is read: all that it gave is dealt with.

        Only then, and when neither the queue nor the parser holds anything, may a frame go the short way again.
        """
        if self._behind and not self._queue._buffer and getattr(self._queue, "_stalled_reader", None) is None:
            self._behind = False

    def stop(self) -> None:
        """Let everything go the long way from here on."""
        self._to = None

    def feed_data(self, data: bytes) -> Any:
        """Take bytes from the socket; answers as aiohttp's parser does: (whether the connection failed, b"")."""
        if not self._aligned:
            seen = self._rest + data
            self._rest = seen[-(len(self._pong) - 1) :]
            at = seen.find(self._pong)
            if at < 0:
                return self._parser.feed_data(data)
            self._aligned, self._rest = True, b""
            after = at + len(self._pong) - (len(seen) - len(data))
            answer = self._parser.feed_data(data[:after])
            return answer if answer[0] or after == len(data) else self.feed_data(data[after:])
        if self._rest:
            data, self._rest = self._rest + data, b""
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
            elif length > 127:  # masked by a server: not allowed, and not ours to answer
                length = _LONGEST + 1
            if length > _LONGEST:
                self._aligned, self._pong = False, self.token * 4  # never seen: the long way for good
                return self._parser.feed_data(data[place:])
            end = place + head + length
            if end > size:
                break
            short = first == _WHOLE_TEXT and not self._behind and self._to is not None
            if not short or not self._to(data[place + head : end]):  # type: ignore[misc]  # short: it is not None
                if first & 0x0F < 8:
                    self._behind = True
                answer = self._parser.feed_data(data[place:end])
                if answer[0]:
                    return answer
            place = end
        self._rest = data[place:]
        return False, b""

    def feed_eof(self) -> Any:
        """The connection has ended."""
        return self._parser.feed_eof()
