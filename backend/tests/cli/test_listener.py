"""The socket that `engram up` and `engram serve` listen on."""

import asyncio
import socket

from backend.cli.up import _listen


async def test_answers_on_it_are_not_held_back_to_be_sent_together() -> None:
    """asyncio switches Nagle's delay off only where the socket names its protocol; without, an answer took 50 ms."""
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken = writer.get_extra_info("socket")
        accepted.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listener = _listen("127.0.0.1", 0)
    async with await asyncio.start_server(serve, sock=listener), asyncio.timeout(5):
        _, writer = await asyncio.open_connection(*listener.getsockname())
        assert await accepted != 0
        writer.close()
