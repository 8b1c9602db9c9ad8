"""The two ends of voice calls for benches, played by one process with ready-made frames, so that they cost little.

Up: binary PCM16 from the browser, base64 in JSON to VoiceLive. Down: base64 in JSON on both sides, or binary to the
browser. A relay is a process of its own (`bench.relays`); a plain one gets frames and no handshake.
"""

import asyncio
import base64
import gc
import hashlib
import os
import struct
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

CALLS = 50
ROUND_S = 2.0
PING_S = 1.5
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def ws_frame(payload: bytes, *, opcode: int = 1, masked: bool) -> bytes:
    """Return a WebSocket frame. Masked with the zero key: the receiver works as hard, and the sender does nothing."""
    mask = 0x80 if masked else 0
    first = 0x80 | opcode
    if len(payload) < 126:
        header = bytes([first, mask | len(payload)])
    elif len(payload) < 65_536:
        header = struct.pack("!BBH", first, mask | 126, len(payload))
    else:
        header = struct.pack("!BBQ", first, mask | 127, len(payload))
    return header + (bytes(4) if masked else b"") + payload


class Counter:
    """Matches arrivals with departures: frames of one direction of one call arrive in order."""

    def __init__(self) -> None:
        self.sent: deque[float] = deque()
        self.latencies: list[float] = []

    def arrived(self) -> None:
        if self.sent:
            self.latencies.append(time.perf_counter() - self.sent.popleft())

    def reset(self) -> None:
        self.sent.clear()
        self.latencies.clear()


class Wire(asyncio.Protocol):
    """An end of a WebSocket (or of the plain copy): counts the sound frames that arrive, hands out all others."""

    masks = False

    def __init__(self) -> None:
        self.messages = 0
        self.sound_bytes = 1_000
        self.transport: Any = None
        self.arrivals = Counter()
        self.upgraded = asyncio.Event()
        self.ready = asyncio.Event()
        self.gone = asyncio.Event()
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._data = data = self._data + data if self._data else data
        if not self.upgraded.is_set():
            end = data.find(b"\r\n\r\n")
            if end < 0:
                return
            self._data = data = data[end + 4 :]
            self.upgraded.set()
        place = 0
        while len(data) - place >= 2:
            length, header = data[place + 1] & 0x7F, 2
            if length == 126:
                if len(data) - place < 4:
                    break
                length, header = struct.unpack_from("!H", data, place + 2)[0], 4
            elif length == 127:
                if len(data) - place < 10:
                    break
                length, header = struct.unpack_from("!Q", data, place + 2)[0], 10
            masked = data[place + 1] & 0x80
            if masked:
                header += 4
            if len(data) - place < header + length:
                break
            self.messages += data[place] & 0x0F < 3
            if length > 1000 and self.ready.is_set():
                for _ in range(length // self.sound_bytes):  # the service may send several frames as one
                    self.arrivals.arrived()
            else:
                payload = data[place + header : place + header + length]
                if masked:
                    key = data[place + header - 4 : place + header]
                    payload = bytes(byte ^ key[n % 4] for n, byte in enumerate(payload))
                if data[place] & 0x0F == 8:
                    self.transport.write(ws_frame(payload, opcode=8, masked=self.masks))
                    self.transport.close()
                elif data[place] & 0x0F == 9:
                    self.transport.write(ws_frame(payload, opcode=10, masked=self.masks))
                elif data[place] & 0x0F < 3:
                    self.message(payload)
            place += header + length
        self._data = data[place:]

    def message(self, payload: bytes) -> None: ...

    def connection_lost(self, error: Exception | None) -> None:
        self.gone.set()


class BrowserWire(Wire):
    """The browser's end. It says hello, and now and then what has arrived, as ours does."""

    masks = True

    def call(self, port: int, name: str, *, binary: bool) -> None:
        """Ask for a call. binary: sound is wanted as binary messages."""
        self.transport.write(
            f"GET /api/v1/voice/voicelive/{name} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        self.say({"type": "hello", "resume_after": 0, "call_id": name, "binary": binary})

    def say(self, message: dict[str, Any]) -> None:
        self.transport.write(ws_frame(orjson.dumps(message), masked=True))

    def ping(self) -> None:
        """Tell that all that has arrived has been seen."""
        if not self.gone.is_set():
            self.say({"type": "ping", "seen": self.messages})

    def report(self, frame_ms: int) -> None:
        """Tell that all that has arrived has been seen and played."""
        self.ping()
        self.say({"type": "played", "item_id": "item_bench", "ms": self.messages * frame_ms})

    def hang_up(self) -> None:
        self.transport.write(ws_frame(struct.pack("!H", 1000), opcode=8, masked=True))

    def message(self, payload: bytes) -> None:
        if b'"ready"' in payload:
            self.ready.set()


class VoiceLiveWire(Wire):
    """VoiceLive's end: confirms the session as asked and opens one endless answer."""

    def data_received(self, data: bytes) -> None:
        if not self.upgraded.is_set() and b"\r\n\r\n" in self._data + data:
            request = self._data + data
            key = next(
                line.split(b":", 1)[1].strip()
                for line in request.split(b"\r\n")
                if line.lower().startswith(b"sec-websocket-key:")
            )
            accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
            self.transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            self.say({"type": "session.created", "session": {"id": "sess_bench"}})
        super().data_received(data)

    def say(self, event: dict[str, Any]) -> None:
        self.transport.write(ws_frame(orjson.dumps(event), masked=False))

    def message(self, payload: bytes) -> None:
        event = orjson.loads(payload)
        if event["type"] == "session.update":
            self.say({"type": "session.updated", "session": event["session"]})
            self.say({"type": "response.created", "response": {"id": "resp_bench"}})
            item = {"id": "item_bench", "type": "message", "role": "assistant", "content": []}
            self.say({"type": "response.output_item.added", "response_id": "resp_bench", "item": item})
            self.ready.set()


class PlainWire(Wire):
    """Either end of the copied connection: frames and nothing else."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.upgraded.set()
        self.ready.set()


@dataclass
class Call:
    """The two ends of one call through a relay."""

    browser: Wire
    voicelive: Wire


@dataclass
class Relay:
    """A relay under test: its process and the calls through it."""

    name: str
    process: subprocess.Popen[str]
    port: int
    arriving: "asyncio.Queue[Wire]"
    calls: list[Call]
    binary: bool = False
    beating: "asyncio.Task[None] | None" = None

    def cpu_ns(self) -> int:
        """Return the CPU time of all its threads in nanoseconds, as the scheduler counts it."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())

    def end(self) -> None:
        """End the process."""
        if self.beating is not None:
            self.beating.cancel()
        self.process.kill()
        self.process.wait()


@dataclass
class Figures:
    """What the rounds of one relay gave for one frame length."""

    cpu_us: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    sent: int = 0
    lost: int = 0


async def start(name: str, *arguments: str, calls: int = CALLS, binary: bool = False, core: int | None = None) -> Relay:
    """Start a relay, on one core if that is said, and lead all calls through it."""
    loop = asyncio.get_running_loop()
    plain = name != "service"
    arriving: asyncio.Queue[Wire] = asyncio.Queue()

    def accept() -> Wire:
        wire = PlainWire() if plain else VoiceLiveWire()
        arriving.put_nowait(wire)
        return wire

    server = await loop.create_server(accept, "127.0.0.1", 0)
    command = [sys.executable, "-m", "bench.relays", name, str(server.sockets[0].getsockname()[1]), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220 - read beside the loop
    assert process.stdout is not None
    port = int((await asyncio.to_thread(process.stdout.readline)).removeprefix("ready "))
    if core is not None:
        os.sched_setaffinity(process.pid, {core})
    relay = Relay(name, process, port, arriving, [], binary)
    for number in range(calls):
        _, browser = await loop.create_connection(PlainWire if plain else BrowserWire, "127.0.0.1", port)
        if isinstance(browser, BrowserWire):
            browser.call(port, f"bench-{number}", binary=binary)
        async with asyncio.timeout(20):
            voicelive = await arriving.get()
            await voicelive.ready.wait()
            await browser.ready.wait()
        relay.calls.append(Call(browser, voicelive))
    relay.beating = asyncio.create_task(_beat(relay))
    return relay


async def _beat(relay: Relay) -> None:
    """Let the browsers ping as ours do: a call of which nothing is heard is given up."""
    while True:
        await asyncio.sleep(PING_S)
        for call in relay.calls:
            if isinstance(call.browser, BrowserWire):
                call.browser.ping()


def frames(relay: Relay, ms: int, up_as_json: bool) -> tuple[bytes, bytes]:
    """Return the ready-made frame upwards and downwards for sound of `ms`."""
    pcm = os.urandom(48 * ms)
    sound = base64.b64encode(pcm).decode()
    delta = {
        "event_id": "event_bench",
        "type": "response.audio.delta",
        "response_id": "resp_bench",
        "item_id": "item_bench",
        "output_index": 0,
        "content_index": 0,
        "delta": sound,
    }
    down = ws_frame(orjson.dumps(delta), masked=False)
    as_json = ws_frame(orjson.dumps({"type": "audio", "data": sound}), masked=True)
    if relay.name == "reference":
        return as_json, down
    return (as_json if up_as_json else ws_frame(pcm, opcode=2, masked=True)), down


async def drive(
    relay: Relay, ms: int, up_as_json: bool, figures: Figures, seconds: float = ROUND_S, report_s: float = 0.0
) -> float:
    """Talk in all calls, both ways at once, for one round; return the share of the machine that others took.

    report_s: how often the browsers tell meanwhile what they have heard; 0: before the round only.
    """
    loop = asyncio.get_running_loop()
    up, down = frames(relay, ms, up_as_json)
    period = ms / 1000
    ends = [
        (sender, receiver.arrivals, frame)
        for call in relay.calls
        for sender, receiver, frame in ((call.browser, call.voicelive, up), (call.voicelive, call.browser, down))
    ]
    for _, arrivals, _ in ends:
        arrivals.reset()
    for call in relay.calls:
        call.voicelive.sound_bytes = 64 * ms
        call.browser.sound_bytes = 48 * ms if relay.binary else 64 * ms
    browsers = [call.browser for call in relay.calls if isinstance(call.browser, BrowserWire)]
    sent = 0

    def send(index: int, due: float, until: float) -> None:
        nonlocal sent
        sender, arrivals, frame = ends[index]
        arrivals.sent.append(time.perf_counter())
        sender.transport.write(frame)
        sent += 1
        due += period
        if due < until:
            loop.call_at(due, send, index, due, until)

    for browser in browsers:  # so that the service lets go of what it keeps for them, as it does with ours
        browser.report(ms)
    await asyncio.sleep(0.05)
    gc.collect()
    gc.disable()
    spent, cpu, begun = machine_s(), relay.cpu_ns(), loop.time()
    mine = time.process_time_ns()
    until = begun + seconds
    for index in range(len(ends)):  # spread over the period, as calls are
        due = begun + period * index / len(ends)
        loop.call_at(due, send, index, due, until)
    while report_s and loop.time() < until - report_s:
        await asyncio.sleep(report_s)
        for browser in browsers:
            browser.report(ms)
    await asyncio.sleep(until + 0.3 - loop.time())
    used = relay.cpu_ns() - cpu
    busy = machine_s() - spent - (used + time.process_time_ns() - mine) / 1e9
    gc.enable()
    latencies = sorted(late for _, arrivals, _ in ends for late in arrivals.latencies)
    figures.sent += sent
    figures.lost += sent - len(latencies)
    figures.cpu_us.append(used / 1000 / sent)
    figures.p50_ms.append(latencies[len(latencies) // 2] * 1000)
    figures.p99_ms.append(latencies[len(latencies) * 99 // 100] * 1000)
    return busy / ((seconds + 0.3) * (os.cpu_count() or 1))


def machine_s() -> float:
    """Return the CPU seconds that the whole machine has spent so far."""
    fields = [int(ticks) for ticks in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / os.sysconf("SC_CLK_TCK")
