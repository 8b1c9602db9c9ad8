"""Who gets a call, how many there are, and how they end."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from backend.tests.voice.conftest import UTTERANCE, Service, StartService
from backend.tests.voice.test_call import answered
from backend.voice.patience import Patience


async def test_a_newer_connection_of_the_same_session_takes_the_call_over(service: Service) -> None:
    first = await service.ready("shared")
    await first.speak(UTTERANCE)
    await answered(first)
    second = await service.ready("shared")
    assert await first.closed() == 4409
    assert len(service.memory.order) == 2, "the first call stored what was said before the second began"
    await second.speak(UTTERANCE)
    await answered(second)
    assert service.switchboard.active_sessions == 1


async def test_a_call_begins_while_the_one_before_of_the_same_session_is_ending(service: Service) -> None:
    hanging_up = []
    for _ in range(6):
        phone = await service.ready("again")
        hanging_up.append(asyncio.create_task(phone.hang_up()))
    await asyncio.gather(*hanging_up)
    await service.idle()


async def test_a_full_server_refuses_with_4429_and_says_when_to_come_back(start_service: StartService) -> None:
    async with start_service(voice_max_sessions=1) as service:
        await service.ready("one")
        refused = await service.call("two")
        error = await refused.of("error", code="too_many_calls", retryable=True)
        assert error["seq"] == 1
        assert await refused.closed() == 4429


async def test_where_nobody_may_wait_a_call_beyond_the_quota_is_refused(start_service: StartService) -> None:
    async with start_service(voice_connections_per_minute=2, voice_waiting_calls=0) as service:
        await service.ready("one")
        await service.ready("two")
        refused = await service.call("three")
        await refused.of("error", code="too_many_connections", retryable=True)
        assert await refused.closed() == 4429


@pytest.mark.parametrize("session_id", ["...", "x" * 129, "%0A", "a%20b"])
async def test_a_session_id_that_is_none_is_refused_with_4400(service: Service, session_id: str) -> None:
    phone = await service.call(session_id)
    await phone.of("error", code="bad_session_id")
    assert await phone.closed() == 4400


async def test_an_unknown_first_agent_is_refused(service: Service) -> None:
    phone = await service.call("s", "?agent_id=nobody")
    error = await phone.of("error")
    assert "elena" in error["message"]
    assert await phone.closed() == 4400


async def test_the_subprotocol_is_echoed_when_offered(service: Service) -> None:
    phone = await service.ready("s", subprotocols=["engram.v1"])
    assert phone.socket.subprotocol == "engram.v1"
    plain = await service.ready("t")
    assert plain.socket.subprotocol is None


async def test_a_shutdown_ends_calls_with_1012_after_storing_them(service: Service) -> None:
    phone = await service.ready()
    await phone.speak(UTTERANCE)
    await answered(phone)
    await service.switchboard.close()
    assert await phone.closed() == 1012
    assert len(service.memory.order) == 2


async def test_a_browser_that_does_not_read_is_closed_with_a_stated_code(start_service: StartService) -> None:
    async with start_service(patience=replace(Patience(), browser=0.3, tick=0.05)) as service:
        uri = f"ws://127.0.0.1:{service.port}/api/v1/voice/voicelive/deaf"
        deaf = await connect(uri, max_queue=1, ping_interval=None, compression=None, max_size=None)
        deaf.transport.pause_reading()
        for _ in range(40):
            await deaf.send('{"type":"text","content":"' + "tell me more " * 100 + '"}')
            await asyncio.sleep(0.05)
            if not service.switchboard.active_sessions:
                break
        await service.idle()
        deaf.transport.resume_reading()
        async with asyncio.timeout(5):
            while True:
                try:
                    await deaf.recv()
                except Exception:
                    break
        assert deaf.close_code in (4408, 1006)


async def test_a_browser_that_vanishes_ends_its_call_and_keeps_the_turns(service: Service) -> None:
    phone = await service.ready()
    await phone.speak(UTTERANCE)
    await answered(phone)
    phone.socket.transport.abort()
    await service.idle()
    assert len(service.memory.order) == 2


SIGNED_IN: dict[str, Any] = {"additional_headers": {"Authorization": "Bearer dev_alice_analyst"}}


@pytest.mark.parametrize(
    ("query", "options", "code"),
    [
        ("", {}, 4401),
        ("?token=dev_alice_analyst&access_token=dev_alice_analyst", {}, 4401),
        ("", {"additional_headers": {"Authorization": "Bearer nonsense"}}, 4401),
        ("", {"subprotocols": ["engram.v1", "bearer.nonsense"]}, 4401),
        ("", {"subprotocols": ["engram.v1", "bearer.dev_carol_viewer"]}, 4403),
        ("", SIGNED_IN | {"origin": "https://evil.example"}, 4403),
    ],
    ids=["nobody", "token in the query", "bad header", "bad subprotocol", "viewer", "foreign origin"],
)
async def test_who_may_not_call_is_told_and_nothing_is_opened(
    start_service: StartService, query: str, options: dict[str, Any], code: int
) -> None:
    async with start_service(auth_required=True) as service:
        phone = await service.call("s1", query, **options)
        error = await phone.of("error", seq=1)
        assert error["retryable"] is False
        assert "nonsense" not in error["message"]
        assert await phone.closed() == code
        assert service.switchboard.active_sessions == 0


@pytest.mark.parametrize("options", [SIGNED_IN, {"subprotocols": ["engram.v1", "bearer.dev_alice_analyst"]}])
async def test_a_token_in_the_header_or_the_subprotocols_opens_a_call(
    start_service: StartService, options: dict[str, Any]
) -> None:
    async with start_service(auth_required=True) as service:
        phone = await service.ready("s1", **options)
        assert phone.socket.subprotocol in (None, "engram.v1"), "the token is not echoed"


async def test_the_same_session_id_of_two_people_are_two_calls(start_service: StartService) -> None:
    async with start_service(auth_required=True) as service:
        alice = await service.ready("same", **SIGNED_IN)
        bob = await service.ready("same", additional_headers={"Authorization": "Bearer dev_bob_admin"})
        assert service.switchboard.active_sessions == 2
        await alice.send(type="text", content="still here")
        await answered(alice)
        assert bob.close_code is None


async def test_the_status_names_the_setting_and_no_secret(service: Service) -> None:
    await service.ready()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.port}/api/v1/voice") as client:
        status = (await client.get("/status")).json()
        assert status == {
            "voicelive_configured": True,
            "endpoint": "127.0.0.1",
            "endpoints": [{"host": "127.0.0.1", "state": "closed", "problem": None}],
            "model": "gpt-realtime",
            "api_version": "2025-10-01",
            "auth_mode": "api_key",
            "active_sessions": 1,
            "agents": ["elena", "marcus"],
        }
        assert (await client.get("/config/marcus")).json() == {
            "agent_id": "marcus",
            "voice_name": "en-US-Andrew:DragonHDLatestNeural",
            "model": "gpt-realtime",
            "endpoint_configured": True,
        }
