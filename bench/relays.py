"""The relays that `voice_relay` compares, each a process of its own: `python -m bench.relays NAME UPSTREAM_PORT`.

reference  copies bytes between two TCP connections with uvloop: what no relay in Python can do without
spliced    passes frames through the service's steps in C, with nothing of a call around them
service    the voice WebSocket as it is served: uvicorn, the router, the session and the real SDK; memory is empty
"""

import asyncio
import gc
import resource
import signal
import socket
import sys
from collections import deque
from pathlib import Path
from types import SimpleNamespace

import uvicorn
import uvloop
from fastapi import FastAPI

from backend.agents.profiles import AgentDirectory
from backend.api.routers import voice
from backend.core.context import (
    Channel,
    EnterpriseContext,
    EpisodicLayer,
    OperationalLayer,
    SecurityLayer,
    SemanticLayer,
    Turn,
)
from backend.core.settings import Settings
from backend.identity.gate import Gate
from backend.identity.outgoing import Outgoing
from backend.identity.principal import Principal
from backend.voice import fast_path
from backend.voice.browser import messages
from backend.voice.switchboard import Switchboard
from backend.voice.voicelive import link


class _Copy(asyncio.Protocol):
    """One side of a copied connection."""

    def __init__(self) -> None:
        self.other: _Copy | None = None
        self.transport: asyncio.Transport | None = None
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self.other is None or self.other.transport is None:
            self._early.append(data)
        else:
            self.other.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()

    def join(self, other: "_Copy") -> None:
        self.other, other.other = other, self
        for data in self._early:
            assert other.transport is not None
            other.transport.write(data)


class _Spliced(_Copy):
    """One side between which frames go as in the service. full, close_sent: nothing keeps them from being sent."""

    full = close_sent = False

    def __init__(self) -> None:
        super().__init__()
        self.door = fast_path.Door(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert self.transport is not None
        self.transport.set_protocol(self.door)


class _NearSpliced(_Spliced):
    """The browser's side."""

    def join(self, other: _Copy) -> None:
        super().join(other)
        at_once = fast_path.MaskedWriter(other, other.transport, link._ALIGNED, link._END)
        line = SimpleNamespace(at_once=at_once, keep=deque[bytes](maxlen=1).append)
        self.door.take = fast_path.Upward(line, lambda size: True).take


class _FarSpliced(_Spliced):
    """VoiceLive's side."""

    def data_received(self, data: bytes) -> None:
        """Learn from a frame that is like none before, as the service does."""
        super().data_received(data)
        near = self.other
        if near is None or near.transport is None:
            return
        before, mark, rest = data.partition(b'"event_id":"')
        event_id, between, rest = rest.partition(b'","type":')
        kind, delta, rest = rest.partition(b'"delta":"')
        sound, after, _ = rest.partition(b'"}')
        ends = messages.SOUND, messages.sound_end("item_bench")
        tally = fast_path.Tally(fast_path.FrameWriter(near, near.transport, 0x81, *ends))
        tally.item_id = "item_bench"
        loop = asyncio.get_running_loop()
        downward = fast_path.Downward(tally, loop.time, messages.pcm16)
        speech = SimpleNamespace(audio_ms=0.0)
        downward.learn(
            before + mark, len(event_id), between + kind + delta, len(sound), after, tally.item_id, 40.0, speech
        )
        self.door.take = downward.take

        def forget() -> None:
            """Let go of what waits for the books."""
            tally.fresh.clear()
            loop.call_later(1.0, forget)

        forget()


_SIDES: dict[str, tuple[type[_Copy], type[_Copy]]] = {
    "reference": (_Copy, _Copy),
    "spliced": (_NearSpliced, _FarSpliced),
}


async def copy(upstream_port: int, name: str) -> None:
    """Serve a copying relay until the process is ended."""
    near_side, far_side = _SIDES[name]
    loop = asyncio.get_running_loop()
    joining: set[asyncio.Task[None]] = set()

    async def join(near: _Copy) -> None:
        _, far = await loop.create_connection(far_side, "127.0.0.1", upstream_port)
        near.join(far)

    def accept() -> _Copy:
        near = near_side()
        task = loop.create_task(join(near))
        joining.add(task)
        task.add_done_callback(joining.discard)
        return near

    server = await loop.create_server(accept, "127.0.0.1", 0)
    print(f"ready {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


class NoMemory:
    """Knows nothing and keeps nothing: the relay is measured, not the store."""

    async def open_context(
        self, principal: Principal, session_id: str, agent_id: str, channel: Channel
    ) -> EnterpriseContext:
        """Return an empty context."""
        return EnterpriseContext(
            SecurityLayer(principal.tenant, principal.user_id, principal.display_name, frozenset()),
            EpisodicLayer(session_id),
            SemanticLayer(),
            OperationalLayer(agent_id, channel),
        )

    async def persist_conversation(self, context: EnterpriseContext) -> None:
        """Forget what is unsaved."""
        context.episodic.unsaved.clear()

    async def amend_turn(self, principal: Principal, turn: Turn) -> None:
        """Forget the correction."""


def _tell_memory() -> None:
    """Print what the process holds once all garbage is gone: resident bytes, and objects that Python tracks."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    print(f"memory {pages * resource.getpagesize()} {len(gc.get_objects())}", flush=True)


async def service(upstream_port: int, websockets: str) -> None:
    """Serve the voice route until the process is ended."""
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        environment="development",
        auth_required=False,
        azure_voicelive_endpoint=f"http://127.0.0.1:{upstream_port}",
        azure_voicelive_key="bench",
        voice_max_sessions=1_000,
        voice_connections_per_minute=100_000,
    )
    agents, memory = AgentDirectory.load(), NoMemory()
    app = FastAPI()
    app.include_router(voice.router)
    app.state.settings, app.state.gate = settings, Gate.bare(settings)
    app.state.services = SimpleNamespace(
        settings=settings, agents=agents, memory=memory, voice=Switchboard(settings, agents, memory, Outgoing(settings))
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _tell_memory)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws=websockets,
        ws_per_message_deflate=False,
    )
    gc.collect()
    gc.freeze()  # as the service does when it has started
    print(f"ready {listener.getsockname()[1]}", flush=True)
    await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    name, port = sys.argv[1], int(sys.argv[2])
    uvloop.run(copy(port, name) if name in _SIDES else service(port, (sys.argv[3:] or ["auto"])[0]))
