"""One timer for all calls of a process.

Each call has things to look after a few times a second. A task that sleeps costs a wake-up, a future and a task switch
each time, more than the looking; with many calls that is as much as a tenth of what their sound costs.
"""

import asyncio
from collections.abc import Callable
from weakref import WeakKeyDictionary

_PULSES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[float, "Pulse"]] = WeakKeyDictionary()


async def every(seconds: float, look: Callable[[], None]) -> None:
    """Call `look` again and again, together with all others of the same period; raise what it raises."""
    loop = asyncio.get_running_loop()
    pulses = _PULSES.setdefault(loop, {})
    pulse = pulses.get(seconds)
    if pulse is None:
        pulse = pulses[seconds] = Pulse(seconds)
    await pulse.follow(look)


class Pulse:
    """Beats while somebody follows it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._followers: dict[asyncio.Future[None], Callable[[], None]] = {}
        self._next: asyncio.TimerHandle | None = None

    async def follow(self, look: Callable[[], None]) -> None:
        """Call `look` at each beat until that raises, or this is cancelled."""
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._followers[failed] = look
        if self._next is None:
            self._wait()
        try:
            await failed
        finally:
            del self._followers[failed]
            if not self._followers and self._next is not None:
                self._next.cancel()
                self._next = None

    def _wait(self) -> None:
        self._next = asyncio.get_running_loop().call_later(self._seconds, self._beat)

    def _beat(self) -> None:
        self._wait()
        for failed, look in list(self._followers.items()):
            try:
                look()
            except Exception as failure:
                if not failed.done():
                    failed.set_exception(failure)
