"""The two relays that `voice_relay` compares, each a process of its own: `python -m bench.relays NAME UPSTREAM_PORT`.

reference  copies bytes between two TCP connections with uvloop: what no relay in Python can do without
service    the voice WebSocket as it is served: uvicorn, the router, the session and the real SDK; memory is empty
"""

import asyncio
import socket
import sys
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


async def reference(upstream_port: int) -> None:
    """Serve the copying relay until the process is ended."""
    loop = asyncio.get_running_loop()
    joining: set[asyncio.Task[None]] = set()

    async def join(near: _Copy) -> None:
        _, far = await loop.create_connection(_Copy, "127.0.0.1", upstream_port)
        near.join(far)

    def accept() -> _Copy:
        near = _Copy()
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


async def service(upstream_port: int, websockets: str) -> None:
    """Serve the voice route until the process is ended."""
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        environment="development",
        auth_required=False,
        azure_voicelive_endpoint=f"http://127.0.0.1:{upstream_port}",
        azure_voicelive_key="bench",
        voice_connections_per_minute=100_000,
    )
    agents, memory = AgentDirectory.load(), NoMemory()
    app = FastAPI()
    app.include_router(voice.router)
    app.state.settings, app.state.gate = settings, Gate.bare(settings)
    app.state.services = SimpleNamespace(
        settings=settings, agents=agents, memory=memory, voice=Switchboard(settings, agents, memory, Outgoing(settings))
    )
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws=websockets,
        ws_per_message_deflate=False,
    )
    print(f"ready {listener.getsockname()[1]}", flush=True)
    await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    name, port = sys.argv[1], int(sys.argv[2])
    uvloop.run(reference(port) if name == "reference" else service(port, (sys.argv[3:] or ["auto"])[0]))
