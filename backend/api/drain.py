"""SIGTERM: what has to be done before the server closes its sockets.

An ASGI server that is told to stop closes every WebSocket first and asks the application afterwards, when calls are cut
already. So the application puts itself before the server's own handler, whatever server that is, and hands the signal
on when it is ready. A second SIGTERM is handed on at once.
"""

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from types import FrameType

log = logging.getLogger("backend.api")


@contextlib.contextmanager
def before_the_server_stops(work: Callable[[], Awaitable[None]], hurry: Callable[[], None]) -> Iterator[None]:
    """Do `work`, which must be bounded in time, at a SIGTERM that comes within the block; then let the server have it.

    hurry: done at a SIGINT instead, at once: a person at the keyboard does not want to wait.
    Enter it on the running loop, after the server has set its handlers. Without effect outside the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGTERM)
    before_interrupt = signal.getsignal(signal.SIGINT)
    working: list[asyncio.Task[None]] = []

    def hand_on() -> None:
        signal.signal(signal.SIGTERM, before)
        signal.raise_signal(signal.SIGTERM)

    async def prepare() -> None:
        try:
            await work()
        except Exception:  # whatever went wrong, a process that is told to stop stops
            log.exception("The calls could not be moved before the stop")
        hand_on()

    def begin() -> None:
        if working:
            hand_on()
        else:
            working.append(loop.create_task(prepare()))

    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(begin)

    def interrupted(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(hurry)
        signal.signal(signal.SIGINT, before_interrupt)
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, heard)
    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is heard:
            signal.signal(signal.SIGTERM, before)
        if signal.getsignal(signal.SIGINT) is interrupted:
            signal.signal(signal.SIGINT, before_interrupt)
        for task in working:
            if not task.done():
                task.cancel()
