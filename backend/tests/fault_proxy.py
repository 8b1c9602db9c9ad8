"""A TCP proxy that makes a good network bad: latency, jitter, a narrow line, stalls, resets, half-closed connections.

In a test: `async with FaultProxy("127.0.0.1", port) as line:` and connect to `line.port`; `line.up` is the way to the
target, `line.down` the way back, and both may be changed at any time, for connections that are open too.
Beside a browser: `python -m backend.tests.fault_proxy 127.0.0.1:8080 [--port 9000]` prints `proxy on PORT` and takes
one JSON object a line on stdin, answering each with `ok`: `{"down": {"latency": 0.1, "jitter": 0.1}}`, `{"cut": true}`,
`{"cut": false}`, `{"reset": true}`, `{"half_close": "down"}`. It ends when stdin does.
"""

import argparse
import asyncio
import json
import math
import random
import socket
import struct
import sys
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

_PIECE_BYTES = 16 << 10
_IN_FLIGHT_BYTES, _IN_FLIGHT_SECONDS = 256 << 10, 0.25
"""How much one direction holds before it stops reading, so that a sender notices a line that does not keep up."""
_SOCKET_BYTES = 16 << 10
_PACE_SECONDS = 0.01
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: closing sends RST


@dataclass
class Way:
    """What happens to bytes in one direction; they stay in order.

    latency: seconds on the way. jitter: up to so many seconds more, drawn for each piece. rate: bytes a second.
    stall_chance, stall_seconds: how likely a piece holds up everything, and for how long. flowing: cleared, nothing
    moves until it is set again.
    """

    latency: float = 0.0
    jitter: float = 0.0
    rate: float = math.inf
    stall_chance: float = 0.0
    stall_seconds: float = 0.0
    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def __post_init__(self) -> None:
        self.flowing.set()

    def delay(self) -> float:
        """Draw how long a piece that comes in now is on its way, in seconds."""
        stall = self.stall_seconds if self.chance.random() < self.stall_chance else 0.0
        return self.latency + self.jitter * self.chance.random() + stall


class FaultProxy:
    """Listens on 127.0.0.1 and passes on to `host`:`port`, which may change (a balancer that chooses another)."""

    def __init__(self, host: str, port: int, listen_on: int = 0) -> None:
        self.target = (host, port)
        self.port = listen_on
        self.up, self.down = Way(), Way()
        self.accepted = 0
        """Connections taken so far."""
        self.refusing = False
        """Whether new connections are reset at once."""
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}

    async def __aenter__(self) -> Self:
        listener = _small(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=_PIECE_BYTES)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.reset()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def open_connections(self) -> int:
        """How many connections pass through now."""
        return len(self._open)

    def cut(self) -> None:
        """The cable is pulled: nothing moves and nobody is told. New connections hang too."""
        self.up.flowing.clear()
        self.down.flowing.clear()

    def mend(self) -> None:
        """The cable is back: what was held up goes on."""
        self.up.flowing.set()
        self.down.flowing.set()

    def reset(self) -> None:
        """Abort every connection: both sides get RST."""
        for task, ends in self._open.items():
            for end in ends:
                raw = end.get_extra_info("socket")
                if raw is not None and raw.fileno() >= 0:
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
                end.transport.abort()
            task.cancel()

    def half_close(self, way: Literal["up", "down"]) -> None:
        """Send FIN in one direction of every connection; the other goes on."""
        for ends in self._open.values():
            end = ends[-1 if way == "up" else 0]
            if end.can_write_eof() and not end.transport.is_closing():
                end.write_eof()

    async def _flowing(self) -> None:
        await self.up.flowing.wait()
        await self.down.flowing.wait()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: asyncio's streams print a traceback for one of theirs that is cancelled (Python 3.11).
        self.accepted += 1
        ends = [writer]
        task = asyncio.create_task(self._serve(reader, writer, ends))
        self._open[task] = ends
        task.add_done_callback(self._open.pop)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ends: list[asyncio.StreamWriter]
    ) -> None:
        try:
            if self.refusing:
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
                return
            await self._flowing()
            raw = _small(socket.socket())
            raw.setblocking(False)
            await asyncio.get_running_loop().sock_connect(raw, self.target)
            far_reader, far_writer = await asyncio.open_connection(sock=raw, limit=_PIECE_BYTES)
            ends.append(far_writer)
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass(reader, far_writer, self.up))
                both.create_task(_pass(far_reader, writer, self.down))
        except* OSError:
            await self._flowing()  # one side is gone; over a cut line the other cannot know
        finally:
            for end in ends:
                end.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
    """Pass one direction on, in order, as `way` says at each moment, to its end."""
    loop = asyncio.get_running_loop()
    waiting: deque[tuple[float, bytes]] = deque()
    held = 0
    news, room = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        nonlocal held
        due = 0.0
        while True:
            piece = await reader.read(_PIECE_BYTES)
            due = max(due, loop.time() + way.delay())  # nothing overtakes
            waiting.append((due, piece))
            held += len(piece)
            news.set()
            if not piece:
                return
            while held >= min(_IN_FLIGHT_BYTES, max(_PIECE_BYTES, way.rate * _IN_FLIGHT_SECONDS)):
                room.clear()
                await room.wait()

    async def write() -> None:
        nonlocal held
        while True:
            while not waiting:
                news.clear()
                await news.wait()
            due, piece = waiting.popleft()
            await asyncio.sleep(due - loop.time())
            if not piece:
                await way.flowing.wait()
                if not writer.transport.is_closing():
                    writer.write_eof()
                return
            while piece:
                await way.flowing.wait()
                size = len(piece) if way.rate == math.inf else max(1, int(way.rate * _PACE_SECONDS))
                part, piece = piece[:size], piece[size:]
                writer.write(part)
                await writer.drain()
                if way.rate != math.inf:
                    await asyncio.sleep(len(part) / way.rate)
                held -= len(part)
                room.set()

    async with asyncio.TaskGroup() as both:
        both.create_task(read())
        both.create_task(write())


def _small(raw: socket.socket) -> socket.socket:
    """Keep the kernel's buffers small, or they would hide a slow line for megabytes."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BYTES)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return raw


def _obey(line: FaultProxy, command: dict[str, object]) -> None:
    for name, value in command.items():
        match name, value:
            case (("up" | "down"), dict()):
                way = line.up if name == "up" else line.down
                for condition, amount in value.items():
                    if condition not in ("latency", "jitter", "rate", "stall_chance", "stall_seconds"):
                        raise SystemExit(f"unknown condition {condition!r}")
                    setattr(way, condition, math.inf if amount is None else float(amount))
            case "cut", bool():
                line.cut() if value else line.mend()
            case "refusing", bool():
                line.refusing = value
            case "reset", _:
                line.reset()
            case "half_close", ("up" | "down") as direction:
                line.half_close(direction)
            case _:
                raise SystemExit(f"unknown command {name!r}")


async def _main(target: str, port: int) -> None:
    host, _, target_port = target.rpartition(":")
    async with FaultProxy(host, int(target_port), port) as line:
        print(f"proxy on {line.port}", flush=True)  # noqa: T201 - this is its interface
        while command := await asyncio.to_thread(sys.stdin.readline):
            _obey(line, json.loads(command))
            print("ok", flush=True)  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", help="HOST:PORT to pass on to")
    parser.add_argument("--port", type=int, default=0, help="listen here (0: any free port)")
    given = parser.parse_args()
    asyncio.run(_main(given.target, given.port))
