"""One timer for all calls of a process.

Each call has things to look after a few times a second. A task that sleeps costs a wake-up, a future and a task switch
each time, more than the looking; with many calls that is as much as a tenth of what their sound costs. Looking after
all of them in one go would hold up everybody's sound, so it is a few at a time.
"""

import asyncio
import math
from collections.abc import Callable
from weakref import WeakKeyDictionary

AT_ONCE = 25
"""So many calls are looked after in one go, a few tenths of a millisecond; the goes are spread over the period."""

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
        self._pause = seconds
        self._turn: list[asyncio.Future[None]] = []

    async def follow(self, look: Callable[[], None]) -> None:
        """Call `look` once in each period until that raises, or this is cancelled."""
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
        self._next = asyncio.get_running_loop().call_later(self._pause, self._beat)

    def _beat(self) -> None:
        if not self._turn:
            self._turn = list(self._followers)
            self._pause = self._seconds / math.ceil(len(self._turn) / AT_ONCE)
        now, self._turn = self._turn[:AT_ONCE], self._turn[AT_ONCE:]
        self._wait()
        for failed in now:
            look = self._followers.get(failed)
            if look is None:  # it has left meanwhile
                continue
            try:
                look()
            except Exception as failure:
                if not failed.done():
                    failed.set_exception(failure)
