"""Heads of any size get an answer, over HTTP and in a handshake, under `engram serve` and under plain uvicorn."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import orjson
import pytest

from backend.api.heads import MAX_HEAD_BYTES
from backend.tests.api.conftest import SOON, Service, StartService, someone
from backend.tests.api.sockets import call

UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
SOCKET, PAGE = "/api/v1/voice/voicelive/heads", "/api/v1/memory/episodes"


def head(address: str, *lines: str, method: str = "GET") -> bytes:
    """A request's head; a handshake for the socket's address."""
    upgrade = UPGRADE if address.startswith(SOCKET) else ""
    more = "".join(f"{line}\r\n" for line in lines)
    return f"{method} {address} HTTP/1.1\r\nHost: localhost\r\n{upgrade}{more}\r\n".encode()


async def answer(service: Service, sent: bytes, piece: int = 1 << 20) -> tuple[int, bytes]:
    """Send bytes, in pieces, and return the status and what came with it. Raises when nothing comes."""
    async with asyncio.timeout(SOON):
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        reading = asyncio.create_task(_read(reader))
        try:
            with contextlib.suppress(ConnectionError):  # it may be refused before all is sent
                for begin in range(0, len(sent), piece):
                    writer.write(sent[begin : begin + piece])
                    await writer.drain()
            return await reading
        finally:
            reading.cancel()
            writer.close()


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    came = await reader.readuntil(b"\r\n\r\n")
    status = int(came.split(b" ", 2)[1])
    if b"content-length: " in came.lower():
        length = int(came.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        came += await reader.readexactly(length)
    elif status == 101:
        came += await reader.read(4096)  # what the socket says first
    return status, came


@pytest.fixture(scope="module")
async def plain(start_service: StartService) -> AsyncIterator[Service]:
    """A service as `uvicorn backend.api.main:app` starts it."""
    async with start_service(server_options={}) as running:
        yield running


@pytest.mark.parametrize("size", [7_000, 8_300, 16_000, 40_000])
@pytest.mark.parametrize("under", ["engram serve", "plain uvicorn"])
async def test_a_token_near_any_bound_gets_its_401_over_http_and_over_the_socket(
    service: Service, plain: Service, under: str, size: int
) -> None:
    service = plain if under == "plain uvicorn" else service
    token = f"Authorization: Bearer {'x' * size}"
    for piece in (1 << 20, 1400):
        assert (await answer(service, head(PAGE, token), piece))[0] == 401
        status, said = await answer(service, head(SOCKET, token), piece)
        assert status == 101
        assert b'"invalid_token"' in said


async def test_more_and_longer_lines_than_a_handshake_usually_may_have_open_a_call(
    plain: Service, service: Service
) -> None:
    for running in (plain, service):
        # A development token has a bound of its own: what is long here is beside it.
        filler = [f"Authorization: Bearer {someone()}", f"X-Filler: {'x' * 12_000}"]
        filler += [f"X-{number}: a" for number in range(200)]
        status, said = await answer(running, head(SOCKET, *filler))
        assert status == 101
        assert b"invalid" not in said
    assert (await call(service, "heads", token=someone())).code not in (4401, 4403)


@pytest.mark.parametrize("piece", [1 << 20, 1400], ids=["at once", "in pieces"])
@pytest.mark.parametrize("address", [PAGE, SOCKET])
@pytest.mark.parametrize("shape", ["one line", "many lines", "the address", "a line without an end"])
async def test_a_head_beyond_the_bound_is_431_and_the_caller_gets_to_read_it(
    service: Service, shape: str, address: str, piece: int
) -> None:
    size = 4 * MAX_HEAD_BYTES
    sent = {
        "one line": head(address, f"Authorization: Bearer {'x' * size}"),
        "many lines": head(address, *(f"X-{number}: {'x' * 1000}" for number in range(size // 1000))),
        "the address": head(f"{address}?q={'x' * size}"),
        "a line without an end": head(address, f"X: {'x' * size}").rstrip(b"\r\n"),
    }[shape]
    status, said = await answer(service, sent, piece)
    assert status == 431
    document = orjson.loads(said.partition(b"\r\n\r\n")[2])
    assert document["code"] == "head_too_large"
    assert document["request_id"].encode() in said.partition(b"\r\n\r\n")[0]
    assert (await answer(service, head("/health")))[0] == 200


async def test_what_is_just_within_the_bound_passes_and_each_request_of_a_connection_has_its_own(
    service: Service,
) -> None:
    one = head("/health", f"X-Filler: {'x' * (MAX_HEAD_BYTES - 1_000)}")
    async with asyncio.timeout(SOON):
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        for _ in range(3):
            writer.write(one)
            assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
            await reader.readuntil(b"}")
        body = b'{"content": "' + b"x" * 900_000 + b'"}'  # a body is no part of the head
        writer.write(head("/api/v1/chat", f"Content-Length: {len(body)}", method="POST") + body)
        assert b" 401 " in await reader.readuntil(b"\r\n\r\n")
        writer.close()


async def test_a_head_beyond_the_bound_is_not_answered_in_the_middle_of_another_answer(service: Service) -> None:
    body = b'{"content": "[fault:stall]"}'
    lines = (f"Authorization: Bearer {someone()}", f"Content-Length: {len(body)}", "Content-Type: application/json")
    async with asyncio.timeout(SOON):
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(head("/api/v1/chat", *lines, method="POST") + body)
        writer.write(head(PAGE, f"X: {'x' * 2 * MAX_HEAD_BYTES}"))
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize(
    "sent",
    [head(SOCKET, "Content-Length: 5") + b"hello",
     head(SOCKET, "Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n"],
    ids=["a body", "a body in chunks"],
)  # fmt: skip
async def test_a_handshake_that_is_none_is_answered(service: Service, sent: bytes) -> None:
    status, said = await answer(service, sent)
    assert status == 400
    assert orjson.loads(said.partition(b"\r\n\r\n")[2])["code"] == "bad_handshake"
