"""VoiceLive with something between: records what a service sends, and fails when a test wants it to."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

Event = dict[str, Any]


@dataclass(eq=False)
class Leg:
    """One connection.

    call: the session id of the call; path: what was asked for, with its query; key: the api-key that was shown.
    sent: what the service sent, with the time of arrival. closed: set when it has ended.
    """

    call: str
    path: str = ""
    key: str = ""
    sent: list[tuple[float, Event]] = field(default_factory=list)
    answered: list[Event] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def count(self, kind: str) -> int:
        """Return how many events of this type were answered so far."""
        return sum(event["type"] == kind for event in self.answered)


def _never(leg: Leg, event: Event) -> bool:
    return False


class Relay:
    """Stands before the stand-in.

    expires_in: how many seconds the first session of each call lives; those after it live as long as usual.
    refuse: the HTTP status with which handshakes are refused; retry_after: with 429.
    breaks: asked after each event that VoiceLive sends; True resets the connection behind it.
    stalls: the same; nothing follows that event. withholds: the same, before; True keeps the event back.
    forgets: asked before each event that the service sends; True loses it, and what it changes there is what arrives.
    adds: asked before each event that VoiceLive sends for one to send before it, or None.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self.url = ""
        self.legs: list[Leg] = []
        self.expires_in: float | None = None
        self.refuse: int | None = None
        self.retry_after: int | None = None
        self.breaks: Callable[[Leg, Event], bool] = _never
        self.stalls: Callable[[Leg, Event], bool] = _never
        self.withholds: Callable[[Leg, Event], bool] = _never
        self.forgets: Callable[[Leg, Event], bool] = _never
        self.adds: Callable[[Leg, Event], Event | None] = lambda leg, event: None
        self._open: set[ServerConnection] = set()

    @contextlib.asynccontextmanager
    async def running(self, host: str = "127.0.0.1") -> AsyncIterator["Relay"]:
        """Serve on a free port of `host`."""
        options: dict[str, Any] = {"compression": None, "max_size": None, "ping_interval": None, "close_timeout": 1}
        async with serve(self._serve, host, 0, process_request=self._request, **options) as server:
            self.url = f"http://{host}:{next(iter(server.sockets)).getsockname()[1]}"
            yield self

    def break_all(self) -> None:
        """Reset every connection."""
        for connection in list(self._open):
            _reset(connection)

    def _request(self, connection: ServerConnection, request: Request) -> Response | None:
        if self.refuse is None:
            return None
        headers = Headers({"Content-Length": "0", "Connection": "close"})
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return Response(self.refuse, "Refused", headers, b"")

    async def _serve(self, near: ServerConnection) -> None:
        assert near.request is not None
        names = ("api-key", "x-ms-client-request-id")
        headers = {name: near.request.headers[name] for name in names if name in near.request.headers}
        leg = Leg(headers.get("x-ms-client-request-id", ""), near.request.path, headers.get("api-key", ""))
        self.legs.append(leg)
        self._open.add(near)
        uri = "ws" + self._upstream.removeprefix("http") + near.request.path
        if self.expires_in is not None and sum(other.call == leg.call for other in self.legs) == 1:
            uri += f"&expires_in={self.expires_in}"
        async with connect(
            uri, additional_headers=headers, compression=None, max_size=None, ping_interval=None, close_timeout=0.1
        ) as far:
            upwards = asyncio.create_task(self._up(leg, near, far))
            try:
                async for frame in far:
                    event = json.loads(frame)
                    leg.answered.append(event)
                    if (more := self.adds(leg, event)) is not None:
                        await near.send(json.dumps(more))
                    if not self.withholds(leg, event):
                        await near.send(frame)
                    if self.breaks(leg, event):
                        _reset(near)
                        break
                    if self.stalls(leg, event):
                        await near.wait_closed()
                        break
            except ConnectionClosed:
                pass
            finally:
                self._open.discard(near)
                leg.closed.set()
                upwards.cancel()
                await near.close(far.close_code or 1000)

    async def _up(self, leg: Leg, near: ServerConnection, far: Any) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for frame in near:
                event = json.loads(frame)
                leg.sent.append((asyncio.get_running_loop().time(), event))
                if self.forgets is _never:
                    await far.send(frame)
                elif not self.forgets(leg, event):
                    await far.send(json.dumps(event))
        await far.close()


def _reset(connection: ServerConnection) -> None:
    peer = connection.transport.get_extra_info("socket")
    if peer is not None:  # lingering zero seconds makes the close a reset
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.transport.abort()
