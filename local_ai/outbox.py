"""What goes out over one WebSocket: frames in order from many tasks, back-pressure, and the ways a connection ends."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from .events import Event, encode

HIGH_WATER = 4 * 1024 * 1024
"""Characters waiting above which `drain` waits."""

_ABORT = -1


class Outbox:
    """Frames are put without waiting, so that events of one cause stay together; one task writes them."""

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]], abort: Callable[[], None]) -> None:
        self._send = send
        self._abort_transport = abort
        self._frames: deque[str | int] = deque()
        self._waiting = 0
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._ended = False

    def event(self, event: Event) -> None:
        """Queue an event."""
        self.frame(encode(event))

    def frame(self, text: str) -> None:
        """Queue a text frame as it is. Nothing follows a close."""
        if self._ended:
            return
        self._frames.append(text)
        self._waiting += len(text)
        if self._waiting > HIGH_WATER:
            self._room.clear()
        self._filled.set()

    def close(self, code: int) -> None:
        """Close with a code, after what is queued."""
        self._end(code)

    def abort(self) -> None:
        """Reset the TCP connection without a close frame, after what is queued."""
        self._end(_ABORT)

    async def drain(self) -> None:
        """Wait while too much is queued; at most until the writer ends."""
        if not self._room.is_set():
            await self._room.wait()

    async def run(self) -> None:
        """Write until closed or aborted. Raises what the transport raises when the client is gone."""
        try:
            while True:
                await self._filled.wait()
                while self._frames:
                    frame = self._frames.popleft()
                    if frame == _ABORT:
                        self._abort_transport()
                        return
                    if isinstance(frame, int):
                        await self._send({"type": "websocket.close", "code": frame, "reason": ""})
                        return
                    self._waiting -= len(frame)
                    await self._send({"type": "websocket.send", "text": frame})
                    if self._waiting <= HIGH_WATER:
                        self._room.set()
                self._filled.clear()
        finally:
            self._ended = True
            self._room.set()

    def _end(self, how: int) -> None:
        if not self._ended:
            self._ended = True
            self._frames.append(how)
            self._filled.set()
