"""One timer for all calls of a process.

Each call has things to look after a few times a second. A task that sleeps costs a wake-up, a future and a task switch
each time, more than the looking; with many calls that is as much as a tenth of what their sound costs. Looking after
all of them in one go would hold up everybody's sound, so it is a few at a time. And a call in which nothing happens and
nothing falls due is not touched: what a look reads is cold, and at fifty calls costs a twentieth of their sound.
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
    pulse: by whom; at: the number of the period in which that comes next.
    """

    def __init__(self, look: Callable[[], float]) -> None:
        self.look = look
        self.at = 0
        self.pulse: Pulse | None = None

    def stir(self) -> None:
        """Something has happened: look in the next period."""
        if self.pulse is not None:
            self.pulse.bring_forward(self)

    async def keep(self, seconds: float) -> None:
        """Look again and again, together with all others of the same period, until cancelled; raise what it raises."""
        loop = asyncio.get_running_loop()
        pulses = _PULSES.setdefault(loop, {})
        pulse = pulses.get(seconds)
        if pulse is None:
            pulse = pulses[seconds] = Pulse(seconds, loop)
        await pulse.follow(self)


class Pulse:
    """Beats while somebody follows it. loop: what gives the time and the timer."""

    def __init__(self, seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        self._seconds = seconds
        self._loop = loop
        self._followers: dict[Watch, asyncio.Future[None]] = {}
        self._next: asyncio.TimerHandle | None = None
        self._pause = seconds
        self._period = 0
        self._due: dict[int, dict[Watch, None]] = {}
        self._turn: list[Watch] = []

    async def follow(self, watch: Watch) -> None:
        """Look after one more until its look raises, or this is cancelled."""
        failed = self.add(watch)
        try:
            await failed
        finally:
            self.remove(watch)

    def add(self, watch: Watch) -> asyncio.Future[None]:
        """Look after one more; what is returned gets what its look raises."""
        failed: asyncio.Future[None] = self._loop.create_future()
        self._followers[watch], watch.pulse = failed, self
        self._look_at(watch, self._period + 1)
        if self._next is None:
            self._wait()
        return failed

    def remove(self, watch: Watch) -> None:
        """Look after it no longer."""
        del self._followers[watch]
        self._forget(watch)
        if not self._followers and self._next is not None:
            self._next.cancel()
            self._next = None

    def bring_forward(self, watch: Watch) -> None:
        """Look after it in the next period."""
        if watch in self._followers:
            self._bring_forward(watch, self._period + 1)

    def _bring_forward(self, watch: Watch, period: int) -> None:
        if watch.at > period:
            self._forget(watch)
            self._look_at(watch, period)

    def _look_at(self, watch: Watch, period: int) -> None:
        watch.at = period
        self._due.setdefault(period, {})[watch] = None

    def _forget(self, watch: Watch) -> None:
        self._due.get(watch.at, {}).pop(watch, None)

    def _wait(self) -> None:
        self._next = self._loop.call_later(self._pause, self._beat)

    def _beat(self) -> None:
        if not self._turn:
            self._period += 1
            self._turn = list(self._due.pop(self._period, ()))
            self._pause = self._seconds / max(1, math.ceil(len(self._turn) / AT_ONCE))
        now, self._turn = self._turn[:AT_ONCE], self._turn[AT_ONCE:]
        self._wait()
        for watch in now:
            failed = self._followers.get(watch)
            if failed is None:  # it has left meanwhile
                continue
            self._look_at(watch, self._period + SELDOM)  # at the latest; a look may stir
            try:
                periods = (watch.look() - self._loop.time()) / self._seconds
            except Exception as failure:
                if not failed.done():
                    failed.set_exception(failure)
            else:
                self._bring_forward(watch, self._period + math.ceil(min(SELDOM, max(1.0, periods))))
