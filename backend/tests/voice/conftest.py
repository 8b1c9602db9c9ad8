"""A real service for voice tests: uvicorn, the real SDK, the scripted stand-in in its own process, a real client."""

import asyncio
import contextlib
import json
import math
import struct
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from subprocess import PIPE, Popen
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from backend.agents.profiles import AgentDirectory
from backend.agents.tools import NO_TOOLS, Toolboxes
from backend.api.routers import voice as voice_router
from backend.core.context import (
    Channel,
    EnterpriseContext,
    EpisodicLayer,
    Fact,
    OperationalLayer,
    SecurityLayer,
    SemanticLayer,
    Turn,
)
from backend.core.settings import Settings
from backend.identity.gate import Gate
from backend.identity.outgoing import Outgoing
from backend.identity.principal import Principal
from backend.telemetry.traces import Traces
from backend.voice import fast_path
from backend.voice.patience import Patience
from backend.voice.switchboard import Switchboard

RATE = 24_000
FRAME_MS = 40
SOON = 10.0
"""The bound of every wait in these tests, in seconds: far above what is expected, so that a loaded machine passes."""


class Recorder:
    """A memory that records. `delay`: an event each call waits for; `fails`: whether each call raises."""

    def __init__(self) -> None:
        self.stored: dict[str, Turn] = {}
        self.order: list[str] = []
        self.recent: list[Turn] = []
        self.facts: list[Fact] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails = False
        self.changed = asyncio.Event()

    async def open_context(
        self, principal: Principal, session_id: str, agent_id: str, channel: Channel
    ) -> EnterpriseContext:
        await self._answer()
        return EnterpriseContext(
            SecurityLayer(principal.tenant, principal.user_id, principal.display_name, frozenset(principal.roles)),
            EpisodicLayer(session_id, list(self.recent)),
            SemanticLayer(list(self.facts)),
            OperationalLayer(agent_id, channel),
        )

    async def persist_conversation(self, context: EnterpriseContext) -> None:
        await self._answer()
        for turn in context.episodic.unsaved:
            assert turn.content, "a turn without words is never stored"
            if turn.id not in self.stored:
                self.order.append(turn.id)
            self.stored[turn.id] = turn
        context.episodic.unsaved.clear()
        self.changed.set()

    async def has(self, turn_id: str) -> Turn:
        """Wait until a turn is stored; return it."""
        async with asyncio.timeout(SOON):
            while turn_id not in self.stored:
                self.changed.clear()
                await self.changed.wait()
        return self.stored[turn_id]

    async def amend_turn(self, principal: Principal, turn: Turn) -> None:
        await self._answer()
        self.stored[turn.id] = turn
        self.changed.set()

    @property
    def transcript(self) -> list[Turn]:
        """What is stored and not withdrawn, in the order of conversation."""
        said = [turn for turn_id in self.order if (turn := self.stored[turn_id]).content]
        return sorted(said, key=lambda turn: turn.said_at)

    async def _answer(self) -> None:
        await self.gate.wait()
        if self.fails:
            raise ConnectionError("memory is down")


def tone(ms: int, hertz: float = 300.0, loudness: float = 0.5) -> bytes:
    """Return a tone as PCM16 mono 24 kHz."""
    step = 2 * math.pi * hertz / RATE
    amplitude = loudness * 32767
    return b"".join(struct.pack("<h", int(amplitude * math.sin(step * n))) for n in range(RATE * ms // 1000))


def silence(ms: int) -> bytes:
    """Return silence as PCM16 mono 24 kHz."""
    return bytes(2 * RATE * ms // 1000)


UTTERANCE = silence(200) + tone(600) + silence(1500)
"""Somebody says something and waits for the answer."""


class Phone:
    """A browser: sends sound and messages, keeps everything it gets, and waits for what a test expects."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.got: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for frame in self.socket:
                self.got.append(json.loads(frame) | {"_at": asyncio.get_running_loop().time()})
                self._news.set()
        except ConnectionClosed:
            pass
        self.close_code = self.socket.close_code
        self._news.set()

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def speak(self, pcm: bytes, pace: float = 0.0) -> None:
        """Send sound in frames of 40 ms, `pace` seconds between them, for as long as the socket is open."""
        size = 2 * RATE * FRAME_MS // 1000
        with contextlib.suppress(ConnectionClosed):
            for start in range(0, len(pcm), size):
                await self.socket.send(pcm[start : start + size])
                await asyncio.sleep(pace)

    async def wait(
        self, matches: Callable[[dict[str, Any]], bool], after: int = 0, within: float = SOON
    ) -> dict[str, Any]:
        """Return the first message from number `after` on that matches; fail when none comes or the socket closes."""
        seen = after
        async with asyncio.timeout(within):
            while True:
                while seen < len(self.got):
                    if matches(self.got[seen]):
                        return self.got[seen]
                    seen += 1
                if self.close_code is not None:
                    raise AssertionError(f"closed with {self.close_code} after {[m['type'] for m in self.got]}")
                self._news.clear()
                await self._news.wait()

    async def of(self, kind: str, after: int = 0, **fields: Any) -> dict[str, Any]:
        """Wait for a message of this type with these fields."""
        return await self.wait(
            lambda message: message["type"] == kind and all(message.get(key) == value for key, value in fields.items()),
            after,
        )

    async def closed(self, within: float = SOON) -> int:
        """Wait for the end of the socket and return its close code."""
        async with asyncio.timeout(within):
            await asyncio.shield(self._reader)
        assert self.close_code is not None
        return self.close_code

    async def heard_out(self) -> None:
        """Have heard all of the last answer, once it has ended, and wait until the call knows that."""
        last = self.all("audio")[-1]["item_id"]
        end = self.got.index(await self.of("audio_end", item_id=last))
        await self.send(type="played", item_id=last, ms=86_000_000)
        await self.of("state", end, state="ready")

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.got if message["type"] == kind]

    async def hang_up(self) -> None:
        await self.socket.close()
        await self._reader


class Service:
    """The service under test and ways to call it."""

    def __init__(self, port: int, settings: Settings, memory: Recorder, switchboard: Switchboard) -> None:
        self.port = port
        self.settings = settings
        self.memory = memory
        self.switchboard = switchboard
        self.phones: list[Phone] = []

    async def call(self, session_id: str = "s1", query: str = "", **options: Any) -> Phone:
        options = {"max_size": None, "ping_interval": None, "compression": None} | options
        uri = f"ws://127.0.0.1:{self.port}/api/v1/voice/voicelive/{session_id}{query}"
        phone = Phone(await connect(uri, **options))
        self.phones.append(phone)
        return phone

    async def ready(self, session_id: str = "s1", query: str = "", **options: Any) -> Phone:
        phone = await self.call(session_id, query, **options)
        await phone.of("state", state="ready")
        return phone

    async def status(self) -> dict[str, Any]:
        """Return what `GET /api/v1/voice/status` answers."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://127.0.0.1:{self.port}/api/v1/voice/status")
        return dict(answer.raise_for_status().json())

    async def idle(self) -> None:
        """Wait until no call runs any more: everything is stored then."""
        async with asyncio.timeout(SOON):
            await self.switchboard.idle()


@pytest.fixture(scope="module", params=["in Python", "in C"])
def each_path(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let frames go in Python, and again in C where that is compiled."""
    if request.param == "in C" and not fast_path.COMPILED:
        pytest.skip("nothing is compiled: scripts/setup.sh does it where there is a C compiler")
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "in Python":
            patch.setattr(fast_path, "COMPILED", False)
            patch.setattr(fast_path, "Tally", fast_path.PythonTally)
        yield


@pytest.fixture(scope="session")
def stand_in() -> Iterator[str]:
    """The address of a scripted stand-in for VoiceLive, in its own process."""
    command = [sys.executable, "-m", "local_ai", "--port", "0", "--brain", "scripted"]
    with Popen(command, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(30, process.kill)
        watchdog.start()
        line = process.stdout.readline().strip()
        watchdog.cancel()
        assert line.startswith("local_ai ready on http://127.0.0.1:"), f"local_ai said {line!r}"
        yield line.removeprefix("local_ai ready on ")
        process.terminate()


def voice_settings(endpoint: str, **changes: Any) -> Settings:
    """Settings of the proof-of-concept level with VoiceLive at `endpoint`."""
    values: dict[str, Any] = {
        "environment": "development",
        "auth_required": False,
        "azure_voicelive_endpoint": endpoint,
        "azure_voicelive_key": "test-key",
        "azure_voicelive_model": "gpt-realtime",
        "voice_connections_per_minute": 10_000,
    }
    return Settings(_env_file=None, **(values | changes))  # type: ignore[call-arg]


StartService = Callable[..., contextlib.AbstractAsyncContextManager[Service]]


@pytest.fixture
def start_service(stand_in: str) -> StartService:
    """A way to start a service with its own settings and patience."""

    @contextlib.asynccontextmanager
    async def start(
        endpoint: str | None = None,
        patience: Patience | None = None,
        websockets: Any = "backend.api.wire:WireProtocol",
        ping_s: float = 20.0,
        traces: Traces | None = None,
        toolboxes: Toolboxes = NO_TOOLS,
        **changes: Any,
    ) -> AsyncIterator[Service]:
        settings = voice_settings(stand_in if endpoint is None else endpoint, **changes)
        agents = AgentDirectory.load()
        memory = Recorder()
        switchboard = Switchboard(
            settings, agents, memory, Outgoing(settings), patience or replace(Patience(), tick=0.05), traces, toolboxes
        )
        app = FastAPI()
        app.include_router(voice_router.router)
        app.state.settings, app.state.gate = settings, Gate.bare(settings)
        app.state.services = SimpleNamespace(settings=settings, agents=agents, memory=memory, voice=switchboard)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                port=0,
                log_level="warning",
                ws=websockets,
                ws_ping_interval=ping_s,
                ws_per_message_deflate=False,
                lifespan="off",
            )
        )
        serving = asyncio.create_task(server.serve())
        async with asyncio.timeout(SOON):
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.005)
        service = Service(server.servers[0].sockets[0].getsockname()[1], settings, memory, switchboard)
        try:
            yield service
        finally:
            memory.gate.set()
            for phone in service.phones:
                await phone.hang_up()
            await switchboard.close()
            server.should_exit = True
            await serving

    return start


@pytest.fixture
async def service(start_service: StartService) -> AsyncIterator[Service]:
    """A service that talks to the scripted stand-in."""
    async with start_service() as running:
        yield running
