"""The two relays that `voice_relay` compares, each a process of its own: `python -m bench.relays NAME UPSTREAM_PORT`.

reference  copies bytes between two TCP connections with uvloop: what no relay in Python can do without
framed     does so frame by frame: unmasks what comes from the browser, masks what goes to VoiceLive
recoded    also puts the sound from the one's message into the other's, as the service does, and nothing else
service    the voice WebSocket as it is served: uvicorn, the router, the session and the real SDK; memory is empty
"""

import asyncio
import gc
import random
import resource
import signal
import socket
import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import pybase64
import uvicorn
import uvloop
from fastapi import FastAPI
from websockets.frames import apply_mask  # type: ignore[attr-defined]  # the compiled one where there is one

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
from backend.voice.switchboard import Switchboard


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


class _Framed(_Copy):
    """One side, frame by frame. head: bytes before the payload in frames of the size that the bench sends."""

    head = 0

    def __init__(self) -> None:
        super().__init__()
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        while len(data) > 4 and len(data) >= (end := (data[2] << 8 | data[3]) + self.head):
            super().data_received(self.frame(data[:end]))
            data = data[end:]
        self._rest = data

    def frame(self, data: bytes) -> bytes:
        raise NotImplementedError

    def recode(self, payload: bytes) -> bytes:
        return payload


class _Near(_Framed):
    """The browser's side."""

    head = 8

    def frame(self, data: bytes) -> bytes:
        payload = self.recode(apply_mask(data[8:], data[4:8]))
        head = struct.pack("!BBHI", 0x81, 0xFE, len(payload), random.getrandbits(32))
        return head + apply_mask(payload, head[4:])


class _Far(_Framed):
    """VoiceLive's side."""

    head = 4

    def frame(self, data: bytes) -> bytes:
        payload = self.recode(data[4:])
        return struct.pack("!BBH", 0x81, 126, len(payload)) + payload


class _NearRecoded(_Near):
    def recode(self, payload: bytes) -> bytes:
        return b'{"type":"input_audio_buffer.append","audio":"%b"}' % pybase64.b64encode(payload)


class _FarRecoded(_Far):
    def recode(self, payload: bytes) -> bytes:
        start = payload.find(b'"delta":"') + 9
        sound = payload[start : payload.find(b'"', start)]
        return b'{"type":"audio","data":"%b","format":"audio/pcm16","item_id":"item_bench"}' % sound


_SIDES: dict[str, tuple[type[_Copy], type[_Copy]]] = {
    "reference": (_Copy, _Copy),
    "framed": (_Near, _Far),
    "recoded": (_NearRecoded, _FarRecoded),
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
