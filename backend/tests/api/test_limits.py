"""Limits at the door: 429 with Retry-After, over HTTP and over the socket, on all replicas."""

import asyncio
import contextlib
from typing import Any

import httpx
import pytest

from backend.core.ids import new_id
from backend.tests.api.conftest import SOON, Service, StartLevel, StartService, problem, someone
from backend.tests.api.sockets import Outcome, call, open_socket, read_until_ready
from backend.tests.identity.issuer import Issuer

PROXY = {"trusted_proxies": ["127.0.0.1"]}


async def episodes(service: Service, token: str = "", **headers: str) -> httpx.Response:
    """Ask for something cheap."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    return await service.client.get("/api/v1/memory/episodes", headers=bearer | named)


def held(response: httpx.Response) -> int:
    """Check a 429; return its Retry-After."""
    document = problem(response, 429, "limited")
    assert document["retryable"] is True
    return int(response.headers["retry-after"])


async def test_a_caller_who_asks_too_often_is_told_when_to_come_back(start_service: StartService) -> None:
    async with start_service(limit_requests_per_minute=5) as service:
        ada = someone()
        statuses = [(await episodes(service, ada)).status_code for _ in range(8)]
        assert statuses == [200] * 5 + [429] * 3
        assert 1 <= held(await episodes(service, ada)) <= 120
        assert (await episodes(service, someone())).status_code == 200, "others are not held up"


async def test_replicas_hold_one_limit_together(start_service: StartService) -> None:
    async with (
        start_service(limit_requests_per_minute=20) as first,
        start_service(limit_requests_per_minute=20) as second,
    ):
        ada, passed = someone(), 0
        async with asyncio.timeout(SOON):
            for number in range(200):
                response = await episodes((first, second)[number % 2], ada)
                passed += response.status_code == 200
                if response.status_code == 429:
                    limits = (first, second)[number % 2].services.gate.limits
                    assert limits is not None
                    await limits.share()
            for service in (first, second):
                while (await episodes(service, ada)).status_code != 429:
                    passed += 1
        assert 20 <= passed <= 40, "at most what the other let through before it heard"


async def test_an_address_is_believed_from_a_trusted_proxy_only_and_only_what_the_proxy_saw(
    start_service: StartService,
) -> None:
    async with start_service(limit_address_requests_per_minute=4, **PROXY) as service:
        address = f"203.0.113.{hash(new_id('a')) % 200}"
        for number in range(4):  # the caller's own tale on the left changes nothing
            told = f"198.51.100.{number}, {address}:5000"
            assert (await episodes(service, someone(), x_forwarded_for=told)).status_code == 200
        held(await episodes(service, someone(), x_forwarded_for=f"192.0.2.1, {address}"))
        two_lines = [
            ("Authorization", f"Bearer {someone()}"),
            *(("X-Forwarded-For", hop) for hop in ("192.0.2.2", address)),
        ]
        held(await service.client.get("/api/v1/memory/episodes", headers=two_lines))
        public = await service.client.get("/api/v1/agents", headers={"X-Forwarded-For": address})
        held(public)
        assert (await episodes(service, someone(), x_forwarded_for="203.0.113.250")).status_code == 200
    async with start_service(limit_address_requests_per_minute=4) as service:
        for _ in range(8):  # nobody is trusted: the peer counts, which is this machine
            assert (await episodes(service, someone(), x_forwarded_for=address)).status_code == 200


@pytest.mark.parametrize(
    "options", [{}, {"forwarded_allow_ips": "*"}, {"forwarded_allow_ips": "127.0.0.1,203.0.113.0/24"}], ids=str
)
async def test_no_header_gets_past_the_limit_of_an_address_under_a_server_that_believes_it(
    start_service: StartService, options: dict[str, Any]
) -> None:
    async with start_service(server_options=options, limit_address_requests_per_minute=4) as service:
        told = [hop for n in range(4) for hop in (f"203.0.113.{n}", f"203.0.113.{n}:70{n}", f"::{n + 2:x}, 127.0.0.1")]
        statuses = [(await episodes(service, someone(), x_forwarded_for=hop)).status_code for hop in told]
        assert statuses.count(200) <= 4, "whatever it says, it is one address"
        assert statuses[-1] == 429
        assert (await episodes(service, someone())).status_code == 200, "this machine itself is not counted"


async def test_failed_sign_ins_wait_longer_each_time_and_a_valid_token_passes_meanwhile(
    start_service: StartService,
) -> None:
    async with start_service(limit_failed_sign_ins=3, **PROXY) as service:
        address = f"203.0.113.{hash(new_id('b')) % 200}"
        for _ in range(3):
            problem(await episodes(service, "nonsense", x_forwarded_for=address), 401, "invalid_token")
        assert held(await episodes(service, "nonsense", x_forwarded_for=address)) >= 1
        assert (await episodes(service, someone(), x_forwarded_for=address)).status_code == 200
        problem(await episodes(service, "nonsense", x_forwarded_for="203.0.113.251"), 401, "invalid_token")
        for _ in range(3):  # what is no token at all counts as well
            basic = {"Authorization": "Basic YTpi", "X-Forwarded-For": "203.0.113.249"}
            problem(await service.client.get("/api/v1/memory/episodes", headers=basic), 401, "invalid_token")
        held(await service.client.get("/api/v1/memory/episodes", headers=basic))


async def test_new_conversations_are_limited_and_old_ones_go_on(start_service: StartService) -> None:
    async with start_service(limit_sessions_per_minute=2) as service:
        ada = someone()
        for session_id in ("one", "two", "one", "two"):
            assert (await service.ask("Hello", token=ada, session_id=session_id)).status_code == 200
        held(await service.ask("Hello", token=ada, session_id="three"))
        held(await service.ask("Hello", token=ada))
        assert (await service.ask("Hello", token=ada, session_id="one")).status_code == 200


async def test_calls_at_a_time_are_limited_over_all_replicas_and_free_again_when_one_ends(
    start_level: StartLevel, issuer: Issuer
) -> None:
    async with start_level("uat", limit_calls=2) as first, start_level("uat", limit_calls=2) as second:
        token = issuer.mint()
        async with contextlib.AsyncExitStack() as stack:
            for number, service in enumerate((first, second)):
                socket, outcome = await open_socket(service, f"call-{number}", token=token), Outcome()
                stack.push_async_callback(socket.close)
                await read_until_ready(socket, outcome)
            for service in (first, second):
                refused = await call(service, "one-more", token=token)
                assert (refused.admitted, refused.error, refused.code) == (False, "limited", 4429)
            assert (await call(first, "another", token=issuer.mint())).admitted
        for service in (first, second):
            async with asyncio.timeout(SOON):
                await service.services.voice.idle()
                limits = service.services.gate.limits
                assert limits is not None
                await limits.heartbeat()
        assert (await call(first, "again", token=token)).admitted


async def test_sockets_are_limited_by_address_too(start_level: StartLevel, issuer: Issuer) -> None:
    async with start_level("uat", limit_address_requests_per_minute=2, **PROXY) as service:
        statuses = [
            (await episodes(service, issuer.mint(), x_forwarded_for="203.0.113.252")).status_code for _ in range(3)
        ]
        assert statuses == [200, 200, 429]
