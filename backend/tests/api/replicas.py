"""Two replicas of the service as processes of their own behind a load balancer (haproxy), and a caller who comes back.

They share a database and nothing else; the scripted stand-in is a third process.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from backend.tests.conftest import StoreSettings, free_port

ROOT = Path(__file__).parents[3]
SOON = 30.0
BACK_OFF = (0.0, 0.25, 0.5, 1.0, 2.0)
"""As the page has it: `BACK_OFF_MS` in frontend/src/call/machine.ts."""

_HAPROXY = """
global
  stats socket 127.0.0.1:{stats}
defaults
  mode http
  timeout connect 1s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  retries 2
  option redispatch 1
frontend door
  bind 127.0.0.1:{port}
  default_backend replicas
backend replicas
  balance roundrobin
  option httpchk
  http-check send meth GET uri /ready ver HTTP/1.1 hdr Host localhost
  default-server check inter 100ms fall 1 rise 1
{servers}
"""


class Replica:
    """One process of the service; it keeps its port over restarts."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.process: asyncio.subprocess.Process | None = None
        self._environment = environment

    async def start(self) -> None:
        """Start it; it is not ready yet."""
        command = ["-m", "uvicorn", "backend.api.main:app", "--port", str(self.port), "--log-level", "error"]
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, *command, "--ws", "backend.api.wire:WireProtocol", "--ws-per-message-deflate", "false",
            cwd=ROOT, env=os.environ | self._environment,
        )  # fmt: skip

    async def calls(self) -> int:
        """How many calls run here; 0 when it is down."""
        with contextlib.suppress(httpx.HTTPError):
            async with httpx.AsyncClient(timeout=2.0) as client:
                status = await client.get(f"http://127.0.0.1:{self.port}/api/v1/voice/status")
                return int(status.json()["active_sessions"])
        return 0

    async def kill(self) -> None:
        """kill -9."""
        await self.stop(signal.SIGKILL)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; return the exit status."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        return await asyncio.wait_for(self.process.wait(), SOON)


class Town:
    """The replicas, and the balancer's port."""

    def __init__(self, replicas: list[Replica], port: int, stats: int) -> None:
        self.replicas = replicas
        self.port = port
        self._stats = stats

    async def all_up(self) -> None:
        """Wait until the balancer sends calls to every replica."""
        async with asyncio.timeout(2 * SOON):
            while await self._up() < len(self.replicas):  # noqa: ASYNC110 - haproxy tells when it is asked
                await asyncio.sleep(0.02)

    async def _up(self) -> int:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._stats)
        except OSError:  # it has not begun itself
            return 0
        writer.write(b"show stat replicas 4 -1\n")  # 4: servers only
        table = (await reader.read()).decode()
        writer.close()
        return sum(row.startswith("replicas,") and row.split(",")[17] == "UP" for row in table.splitlines())

    async def with_the_call(self) -> Replica:
        """Return the replica that holds the only call."""
        async with asyncio.timeout(SOON):
            while True:
                busy = [replica for replica in self.replicas if await replica.calls()]
                if len(busy) == 1:
                    return busy[0]

    async def transcript(self, session_id: str, token: str) -> list[dict[str, Any]]:
        """Read what is stored, through whichever replica answers: the balancer may find both too busy for a moment."""
        headers = {"Authorization": f"Bearer {token}"}
        url = f"http://127.0.0.1:{self.port}/api/v1/memory/episodes/{session_id}"
        async with httpx.AsyncClient(timeout=SOON, headers=headers) as client:
            answer = await client.get(url)
            async with asyncio.timeout(SOON):
                while answer.status_code == 503:
                    await asyncio.sleep(0.1)
                    answer = await client.get(url)
        turns: list[dict[str, Any]] = answer.json().get("transcript", [])
        return turns


@contextlib.asynccontextmanager
async def town(store: StoreSettings, voicelive: str, **settings: str) -> AsyncIterator[Town]:
    """Start two replicas and the balancer, all ready; stop them at the end."""
    environment = {
        "ENVIRONMENT": "development",
        "AUTH_REQUIRED": "true",
        "DATABASE_URL": store.database_url,
        "DATA_DIR": str(store.data_dir),
        "ENCRYPTION_KEY": store.encryption_key,
        "AZURE_AI_ENDPOINT": f"{voicelive}/openai/v1",
        "AZURE_AI_KEY": "k",
        "AZURE_VOICELIVE_ENDPOINT": voicelive,
        "AZURE_VOICELIVE_KEY": "k",
        "AZURE_VOICELIVE_MODEL": "gpt-realtime",
        "VOICE_CONNECTIONS_PER_MINUTE": "10000",
        "LIMIT_REQUESTS_PER_MINUTE": "1000000",
        "LIMIT_SESSIONS_PER_MINUTE": "1000000",
        "LIMIT_CALLS": "1000",
        "LOG_LEVEL": "ERROR",
        "MEMORY_MODEL_FACTS": "false",
        "MEMORY_TIMEOUT_MS": "2000",
    } | settings
    replicas = [Replica(environment) for _ in range(2)]
    port, stats = free_port(), free_port()
    servers = "\n".join(f"  server r{place} 127.0.0.1:{each.port}" for place, each in enumerate(replicas))
    configuration = store.data_dir / f"haproxy-{port}.cfg"
    configuration.parent.mkdir(parents=True, exist_ok=True)
    configuration.write_text(_HAPROXY.format(port=port, stats=stats, servers=servers))
    balancer = await asyncio.create_subprocess_exec(
        "/usr/sbin/haproxy", "-db", "-q", "-f", str(configuration), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        for replica in replicas:
            await replica.start()
        running = Town(replicas, port, stats)
        await running.all_up()
        yield running
    finally:
        balancer.kill()
        await balancer.wait()
        for replica in replicas:
            await replica.kill()


class Caller:
    """A page in a call: takes each message once, reports what it plays, and comes back by itself when it is cut off."""

    def __init__(self, port: int, session_id: str, token: str) -> None:
        self._url = f"ws://127.0.0.1:{port}/api/v1/voice/voicelive/{session_id}?resumable=true"
        self._protocols = [Subprotocol("engram.v1"), Subprotocol(f"bearer.{token}")]
        self._session_id = session_id
        self._socket: ClientConnection | None = None
        self.got: list[dict[str, Any]] = []
        """What came, in order; `_at` is the loop's time."""
        self.seq = 0
        self.playing: dict[str, Any] | None = None
        self.codes: list[int | None] = []
        self.over = False
        self.comes_back = True
        self.back_after: list[float] = []
        """Seconds from each connection that came back standing to its first state."""
        self._news = asyncio.Condition()
        self._running = asyncio.create_task(self._run())
        self._pinging = asyncio.create_task(self._ping())

    async def wait(self, matches: Callable[[dict[str, Any]], bool], after: int = 0) -> dict[str, Any]:
        """Return the first message from number `after` on that matches."""
        try:
            async with asyncio.timeout(SOON), self._news:
                while True:
                    for message in self.got[after:]:
                        if matches(message):
                            return message
                    if self.over:
                        raise AssertionError(f"the call is over ({self.codes})")
                    await self._news.wait()
        except TimeoutError:
            told = [(message["type"], message.get("text") or message.get("state")) for message in self.got[after:]]
            raise AssertionError(f"it did not come; closed with {self.codes}, got {told}") from None

    async def of(self, kind: str, after: int = 0, **fields: Any) -> dict[str, Any]:
        """Wait for a message of this type with these fields."""
        return await self.wait(
            lambda message: message["type"] == kind and all(message.get(key) == value for key, value in fields.items()),
            after,
        )

    async def say(self, content: str) -> None:
        """Type into the call."""
        await self._send({"type": "text", "content": content})

    async def speak(self, pcm: bytes) -> None:
        """Send a frame of microphone sound (PCM16 mono, 24 kHz)."""
        assert self._socket is not None
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(pcm)

    async def hear(self, ms: float) -> None:
        """Report so much of the answer as played."""
        assert self.playing is not None
        self.playing["ms"] = min(ms, self.playing["received_ms"])
        await self._send({"type": "played", "item_id": self.playing["item_id"], "ms": self.playing["ms"]})

    async def hang_up(self) -> None:
        """End the call properly."""
        self._running.cancel()
        self._pinging.cancel()
        if self._socket is not None:
            await self._socket.close(1000)
        await asyncio.wait({self._running})

    async def _send(self, message: dict[str, Any]) -> None:
        assert self._socket is not None
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(json.dumps(message))

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(1.5)
            if self._socket is not None:
                await self._send({"type": "ping", "seen": self.seq})

    async def _run(self) -> None:
        loop, attempt = asyncio.get_running_loop(), 0
        while True:
            await asyncio.sleep(BACK_OFF[min(attempt, len(BACK_OFF) - 1)])
            attempt += 1
            try:
                async with connect(
                    self._url, subprotocols=self._protocols, open_timeout=2.5, ping_interval=None, max_size=None,
                    compression=None,
                ) as socket:  # fmt: skip
                    self._socket, began, standing = socket, loop.time(), False
                    hello = {"resume_after": self.seq, "call_id": self._session_id, "playing": self.playing}
                    await self._send({"type": "hello"} | hello)
                    async for frame in socket:
                        message = json.loads(frame)
                        if message["type"] == "state" and message["state"] != "waiting" and not standing:
                            standing, attempt = True, 0
                            self.back_after.append(loop.time() - began)
                        await self._take(message)
                    self.codes.append(socket.close_code)
            except (ConnectionClosed, InvalidHandshake, OSError, TimeoutError) as failure:
                self.codes.append(failure.rcvd.code if isinstance(failure, ConnectionClosed) and failure.rcvd else None)
            async with self._news:
                self.over = not self.comes_back or self.codes[-1] in (1000, 4400, 4401, 4403, 4409, 4429)
                self._news.notify_all()
            if self.over:
                return

    async def _take(self, message: dict[str, Any]) -> None:
        seq = message.get("seq")
        if seq is not None:
            if seq <= self.seq:
                return
            self.seq = seq
        match message["type"]:
            case "audio":
                item_id, ms = message["item_id"], len(message["data"]) * 3 // 4 / 48
                if self.playing is None or self.playing["item_id"] != item_id:
                    self.playing = {"item_id": item_id, "ms": 0.0, "received_ms": 0.0, "ended": False}
                self.playing["received_ms"] += ms
                message = {key: value for key, value in message.items() if key != "data"}
            case "audio_end" if self.playing is not None and self.playing["item_id"] == message["item_id"]:
                self.playing["ended"] = True
        async with self._news:
            self.got.append(message | {"_at": asyncio.get_running_loop().time()})
            self._news.notify_all()
