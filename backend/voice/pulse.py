"""One timer for all calls of a process.

Each call has things to look after a few times a second. A task that sleeps costs a wake-up, a future and a task switch
each time, more than the looking; with many calls that is as much as a tenth of what their sound costs. Looking after
all of them in one go would hold up everybody's sound, so it is a few at a time. And a call in which nothing happens and
nothing falls due is passed over: what a look reads is cold, and at fifty calls costs a twentieth of their sound.
"""

import asyncio
import math
from collections.abc import Callable
from weakref import WeakKeyDictionary

AT_ONCE = 25
"""So many calls are looked after in one go, a few tenths of a millisecond; the goes are spread over the period."""
SELDOM = 8
"""In how many periods a call is looked after once although nothing happens in it."""

_PULSES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[float, "Pulse"]] = WeakKeyDictionary()


class Watch:
    """Somebody who wants to be looked after: in each period by `look`, which tells when that is due (loop time).

    What is not due yet may wait for up to `SELDOM` periods, unless something happens: see `stir`.
    """

    def __init__(self, look: Callable[[], float]) -> None:
        self._look = look
        self._passes = 0  # at so many beats there is nothing to do

    def stir(self) -> None:
        """Something has happened: look at the next beat."""
        self._passes = 0

    def beat(self, clock: Callable[[], float], seconds: float) -> None:
        """Look, if it is time. clock: the loop's; seconds: until the next beat."""
        if self._passes > 0:
            self._passes -= 1
            return
        self._passes = SELDOM - 1
        periods = (self._look() - clock()) / seconds
        self._passes = min(self._passes, math.ceil(min(SELDOM, max(1.0, periods))) - 1)

    async def keep(self, seconds: float) -> None:
        """Look again and again, together with all others of the same period, until cancelled; raise what it raises."""
        loop = asyncio.get_running_loop()
        pulses = _PULSES.setdefault(loop, {})
        pulse = pulses.get(seconds)
        if pulse is None:
            pulse = pulses[seconds] = Pulse(seconds)
        await pulse.follow(self)


class Pulse:
    """Beats while somebody follows it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._clock = asyncio.get_running_loop().time
        self._followers: dict[Watch, asyncio.Future[None]] = {}
        self._next: asyncio.TimerHandle | None = None
        self._pause = seconds
        self._turn: list[Watch] = []

    async def follow(self, watch: Watch) -> None:
        """Look after one more until its look raises, or this is cancelled."""
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._followers[watch] = failed
        if self._next is None:
            self._wait()
        try:
            await failed
        finally:
            del self._followers[watch]
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
        for watch in now:
            failed = self._followers.get(watch)
            if failed is None:  # it has left meanwhile
                continue
            try:
                watch.beat(self._clock, self._seconds)
            except Exception as failure:
                if not failed.done():
                    failed.set_exception(failure)
