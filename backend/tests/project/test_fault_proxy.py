"""The proxy that the tests of bad networks stand on does what it says."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from backend.tests.fault_proxy import FaultProxy


@pytest.fixture
async def line() -> AsyncIterator[FaultProxy]:
    """A proxy in front of a server that sends back what it gets, then `bye` and its own end."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(1 << 16):
                writer.write(piece)
                await writer.drain()
            writer.write(b"bye")
            writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with asyncio.timeout(20), FaultProxy(*server.sockets[0].getsockname()) as proxy:
        yield proxy
    server.close()


async def test_bytes_pass_unchanged_and_in_order_under_jitter_and_a_narrow_line(line: FaultProxy) -> None:
    line.up.jitter, line.down.latency, line.down.rate = 0.01, 0.02, 400_000
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
    sent = b"".join(b"%06d" % n for n in range(20_000))
    began = asyncio.get_running_loop().time()
    writer.write(sent)
    got = await reader.readexactly(len(sent))
    took = asyncio.get_running_loop().time() - began
    assert got == sent
    assert took >= len(sent) / 400_000
    writer.close()


async def test_a_cut_line_says_nothing_and_goes_on_when_mended(line: FaultProxy) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
    writer.write(b"one")
    assert await reader.readexactly(3) == b"one"
    line.cut()
    writer.write(b"two")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.readexactly(3), 0.2)
    line.mend()
    assert await reader.readexactly(3) == b"two"
    writer.close()


async def test_a_sender_notices_a_line_that_does_not_move(line: FaultProxy) -> None:
    line.cut()
    _, writer = await asyncio.open_connection("127.0.0.1", line.port)
    writer.write(bytes(4 << 20))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(writer.drain(), 0.3)
    writer.transport.abort()


async def test_a_reset_reaches_both_sides_and_new_connections_can_be_refused(line: FaultProxy) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
    writer.write(b"one")
    await reader.readexactly(3)
    line.reset()
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
    line.refusing = True
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)


async def test_one_direction_can_end_while_the_other_goes_on(line: FaultProxy) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
    writer.write(b"one")
    await reader.readexactly(3)
    line.half_close("up")
    assert await reader.read() == b"bye"
    writer.close()
