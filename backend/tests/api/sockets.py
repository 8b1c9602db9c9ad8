"""A voice socket in tests of the door: what became of it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from backend.tests.api.conftest import SOON, Service


@dataclass
class Outcome:
    """admitted: whether the call began; code: how the socket was closed, None while it is open, 0 for no handshake."""

    admitted: bool = False
    code: int | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def error(self) -> str:
        """The code of the error that was told; '' when there was none."""
        return next((message["code"] for message in self.messages if message["type"] == "error"), "")


async def call(
    service: Service, session_id: str = "s1", *, token: str = "", protocols: tuple[str, ...] = (), origin: str = "",
    query: str = "",
) -> Outcome:  # fmt: skip
    """Open a voice socket, wait until the call began or the socket was closed, and hang up."""
    outcome = Outcome()
    try:
        async with (
            asyncio.timeout(SOON),
            await open_socket(
                service, session_id, token=token, protocols=protocols, origin=origin, query=query
            ) as socket,
        ):
            await read_until_ready(socket, outcome)
    except InvalidHandshake:
        outcome.code = 0
    except ConnectionClosed as closed:
        outcome.code = closed.rcvd.code if closed.rcvd else 1006
    return outcome


async def open_socket(
    service: Service, session_id: str = "s1", *, token: str = "", protocols: tuple[str, ...] = (), origin: str = "",
    query: str = "",
) -> ClientConnection:  # fmt: skip
    """Open a voice socket."""
    options: dict[str, Any] = {"ping_interval": None, "compression": None, "max_size": None}
    if token:
        options["additional_headers"] = {"Authorization": f"Bearer {token}"}
    if protocols:
        options["subprotocols"] = list(protocols)
    if origin:
        options["origin"] = origin
    return await connect(f"ws://127.0.0.1:{service.port}/api/v1/voice/voicelive/{session_id}{query}", **options)


async def read_until_ready(socket: ClientConnection, outcome: Outcome) -> None:
    """Keep what comes until the call is ready; raise `ConnectionClosed` when the socket is closed instead."""
    while not outcome.admitted:
        message = orjson.loads(await socket.recv())
        outcome.messages.append(message)
        outcome.admitted = message["type"] == "agent_switched"
