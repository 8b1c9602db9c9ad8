"""How late the event loop is: the sign that a process has about as many calls as it can carry.

A timer asks for the time ten times a second. While the loop is late, each frame that is not sent by itself helps.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol
from weakref import WeakKeyDictionary, WeakSet

PERIOD_S = 0.1
HIGH_S = 0.010
"""The load is high when most of the last `RECENT` samples were this late: a quarter of a frame of 40 ms."""
LOW_S = 0.004
"""It is low again when none of the last second was later than this."""
RECENT, SECOND = 5, 10


class User(Protocol):
    """Does otherwise while the load is high."""

    def load_rises(self) -> None:
        """The load is high from here on."""
        ...


_LOADS: WeakKeyDictionary[asyncio.AbstractEventLoop, "Load"] = WeakKeyDictionary()


def load_for(user: User) -> "Load":
    """Return the load of the running loop, measured for as long as one of its users lives."""
    loop = asyncio.get_running_loop()
    load = _LOADS.get(loop)
    if load is None:
        load = _LOADS[loop] = Load()
    load.measure_for(user)
    return load


class Load:
    """high: whether the loop is late. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.high = False
        self._clock = clock
        self._late: deque[float] = deque(maxlen=SECOND)
        self._users: WeakSet[User] = WeakSet()
        self._running = False

    def measure_for(self, user: User) -> None:
        """Measure for as long as `user` lives."""
        self._users.add(user)
        if not self._running:
            self._running = True
            self._wait()

    def sample(self, late_s: float) -> None:
        """Take a sample: how late the loop was, in seconds."""
        late = self._late
        late.append(late_s)
        if self.high:
            self.high = len(late) < SECOND or max(late) >= LOW_S
        elif len(late) >= RECENT:
            recent = sorted(list(late)[-RECENT:])
            self.high = recent[RECENT // 2] >= HIGH_S
            if self.high:
                for user in self._users:
                    user.load_rises()

    def _wait(self) -> None:
        asyncio.get_running_loop().call_later(PERIOD_S, self._tick, self._clock() + PERIOD_S)

    def _tick(self, due: float) -> None:
        self.sample(self._clock() - due)
        if self._users:
            self._wait()
        else:
            self._running = self.high = False
            self._late.clear()
