"""Connections carry something often enough for what stands between (a load balancer cuts idle ones after 240 s)."""

import asyncio
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

from backend.tests.voice.conftest import SOON, StartService
from backend.voice.voicelive.link import HEARTBEAT_S

IDLE_CUT_S = 240.0


def test_both_sides_are_pinged_far_more_often_than_idle_connections_are_cut() -> None:
    pings_browsers = uvicorn.Config("backend.api.main:app").ws_ping_interval  # `engram up` changes nothing about it
    assert pings_browsers is not None
    assert pings_browsers <= IDLE_CUT_S / 4
    assert HEARTBEAT_S <= IDLE_CUT_S / 4


@pytest.mark.parametrize("websockets", ["backend.api.wire:WireProtocol", "auto"])
async def test_a_silent_browser_is_pinged_by_the_server_of_engram_up_and_by_plain_uvicorn(
    start_service: StartService, websockets: str
) -> None:
    pings: asyncio.Queue[Any] = asyncio.Queue()

    class Noting(ClientConnection):
        def process_event(self, event: Any) -> None:
            if isinstance(event, Frame) and event.opcode is Opcode.PING:
                pings.put_nowait(event)
            super().process_event(event)

    async with start_service(websockets=websockets, ping_s=0.1) as service:
        uri = f"ws://127.0.0.1:{service.port}/api/v1/voice/voicelive/s1"
        async with connect(uri, create_connection=Noting, ping_interval=None), asyncio.timeout(SOON):
            await pings.get()
            await pings.get()
