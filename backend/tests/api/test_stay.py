"""How long a caller may stay on a socket: the token's time and the session's."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from backend.tests.api.conftest import SOON, Service
from backend.tests.api.sockets import Outcome, open_socket, read_until_ready
from backend.tests.identity.issuer import Issuer

HOUR = 3600
LEEWAY = 60


async def until_closed(socket: ClientConnection) -> list[dict[str, Any]]:
    """What comes until the socket is closed."""
    got: list[dict[str, Any]] = []
    async with asyncio.timeout(SOON):
        try:
            while True:
                got.append(orjson.loads(await socket.recv()))
        except ConnectionClosed:
            return got


async def talk(service: Service, token: str) -> tuple[ClientConnection, Outcome]:
    """Open a call with a token and wait until it began."""
    socket, outcome = await open_socket(service, f"stay-{time.time_ns()}", token=token), Outcome()
    await read_until_ready(socket, outcome)
    return socket, outcome


async def talk_for_a_moment(service: Service, mint: Callable[[int], str]) -> tuple[ClientConnection, Outcome]:
    """Open a call that ends soon: `mint` makes a token for so many seconds, as few as this machine takes."""
    for seconds in (2, 6):
        with contextlib.suppress(ConnectionClosed):  # it ended before it began
            return await talk(service, mint(seconds))
    return await talk(service, mint(20))


async def test_a_socket_whose_token_expires_is_closed_with_4401_and_told_to_come_back(
    production: Service, issuer: Issuer
) -> None:
    def mint(seconds: int) -> str:
        now = int(time.time())
        return issuer.mint(issuer.user(exp=now - LEEWAY + seconds, iat=now - HOUR, nbf=now - HOUR))

    socket, _ = await talk_for_a_moment(production, mint)
    last = (await until_closed(socket))[-1]
    assert (last["type"], last["code"], last["retryable"]) == ("error", "token_expired", True)
    assert "seq" not in last, "it is none of the call's messages, which may go on"
    assert (socket.close_code, socket.close_reason) == (4401, "token_expired")


async def test_a_session_is_warned_before_its_eight_hours_are_over_and_then_closed(
    production: Service, issuer: Issuer
) -> None:
    def mint(seconds: int) -> str:
        return issuer.mint(issuer.user(auth_time=int(time.time()) - 8 * HOUR + seconds))

    socket, outcome = await talk_for_a_moment(production, mint)
    got = outcome.messages + await until_closed(socket)
    told = [message for message in got if message["type"] == "error"]
    assert [message["code"] for message in told] == ["session_ending", "session_expired"]
    assert told[0]["retryable"] is True
    assert told[1]["retryable"] is False
    assert (socket.close_code, socket.close_reason) == (4401, "session_expired")


async def test_a_session_with_time_left_is_not_warned(production: Service, issuer: Issuer) -> None:
    now = int(time.time())
    socket, outcome = await talk(production, issuer.mint(issuer.user(auth_time=now - 8 * HOUR + 400)))
    assert not outcome.error
    await socket.close()


@pytest.mark.parametrize("claim", ["auth_time", "sid"])
async def test_a_fresh_token_does_not_make_an_old_session_young(
    production: Service, issuer: Issuer, claim: str
) -> None:
    now = int(time.time())
    old = issuer.user(auth_time=now - 9 * HOUR)
    if claim == "sid":
        old = issuer.user(auth_time=None, sid="of-this-morning", iat=now - 9 * HOUR, nbf=now - 9 * HOUR)
    for claims in (old, old | {"iat": now, "nbf": now}):
        headers = {"Authorization": f"Bearer {issuer.mint(claims)}"}
        response = await production.client.get("/api/v1/memory/episodes", headers=headers)
        assert response.status_code == 401
        assert response.json()["code"] == "session_expired"
        assert 'error="insufficient_user_authentication", max_age="28800"' in response.headers["www-authenticate"]
    anew = old | {"iat": now, "nbf": now} | ({"auth_time": now} if claim == "auth_time" else {"sid": "of-now"})
    headers = {"Authorization": f"Bearer {issuer.mint(anew)}"}
    assert (await production.client.get("/api/v1/memory/episodes", headers=headers)).status_code == 200


async def test_a_call_whose_token_expires_goes_on_where_it_was_with_a_fresh_ticket(
    production: Service, issuer: Issuer
) -> None:
    claims, session_id, last = issuer.user(), "", 0
    for seconds in (2, 6, 20):  # as few as this machine takes to begin the call
        now, session_id = int(time.time()), f"renewed-{time.time_ns()}"
        short = claims | {"exp": now - LEEWAY + seconds, "iat": now - HOUR, "nbf": now - HOUR}
        first = await open_socket(production, session_id, token=issuer.mint(short), query="?resumable=true")
        await first.send('{"type":"hello","resume_after":0,"call_id":"mine"}')
        got = await until_closed(first)
        assert first.close_code == 4401
        last = max(message.get("seq", 0) for message in got)
        if any(message["type"] == "agent_switched" for message in got):
            break
    assert last >= 1
    now = int(time.time())
    fresh = issuer.mint(claims | {"exp": now + HOUR, "iat": now, "nbf": now})
    response = await production.client.post(
        "/api/v1/voice/ticket", json={"session_id": session_id}, headers={"Authorization": f"Bearer {fresh}"}
    )
    protocols = ("engram.v1", f"ticket.{response.json()['ticket']}")
    second = await open_socket(production, session_id, protocols=protocols, query="?resumable=true")
    await second.send(f'{{"type":"hello","resume_after":{last},"call_id":"mine"}}')
    async with asyncio.timeout(SOON):
        while (message := orjson.loads(await second.recv()))["type"] != "resumed":
            assert message["type"] != "agent_switched", "it is no new call"
    assert message["complete"] is True
    await second.close()


async def test_a_token_of_somebody_else_does_not_go_on_with_the_call(production: Service, issuer: Issuer) -> None:
    session_id = f"parked-{time.time_ns()}"
    hers = await open_socket(production, session_id, token=issuer.mint(), query="?resumable=true")
    await hers.send('{"type":"hello","resume_after":0,"call_id":"mine"}')
    await read_until_ready(hers, Outcome())
    hers.transport.abort()
    his = await open_socket(production, session_id, token=issuer.mint(), query="?resumable=true")
    await his.send('{"type":"hello","resume_after":1,"call_id":"mine"}')
    heard = Outcome()
    async with asyncio.timeout(SOON):
        await read_until_ready(his, heard)
    assert "resumed" not in {message["type"] for message in heard.messages if message.get("complete")}
    await his.close()
