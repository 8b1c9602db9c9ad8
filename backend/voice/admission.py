"""How many calls, and how many connections a minute: bounds that protect this process and VoiceLive's quota.

One call per session of one owner: a newer connection takes the call over.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from backend.core.problems import Problem
from backend.identity.principal import Principal

Key = tuple[str, str, str]


@dataclass(eq=False, slots=True)
class Seat:
    """The right to hold a call. `replace` is called when a newer connection of the same session takes it over."""

    key: Key
    replace: Callable[[], None] = field(repr=False)


class Admission:
    """Counts calls and connections. `clock` is monotonic, in seconds."""

    def __init__(
        self, max_calls: int, connections_per_minute: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_calls = max_calls
        self._per_minute = connections_per_minute
        self._clock = clock
        self._seats: dict[Key, Seat] = {}
        self._connections: deque[float] = deque()

    @property
    def calls(self) -> int:
        """How many calls are running."""
        return len(self._seats)

    def enter(self, principal: Principal, session_id: str, replace: Callable[[], None]) -> Seat:
        """Take a seat, ending an older call of the same session of the same owner; raise `Problem` 429 when full."""
        key = (principal.tenant, principal.user_id, session_id)
        older = self._seats.get(key)
        if older is None and len(self._seats) >= self._max_calls:
            raise Problem(
                429,
                "too_many_calls",
                "Too many calls",
                f"All {self._max_calls} voice sessions of this server are in use. Try again later.",
                retryable=True,
                retry_after=30,
            )
        seat = self._seats[key] = Seat(key, replace)
        if older is not None:
            older.replace()
        return seat

    def leave(self, seat: Seat) -> None:
        """Give the seat back; nothing happens when a newer call has taken it over."""
        if self._seats.get(seat.key) is seat:
            del self._seats[seat.key]

    def connection(self) -> None:
        """Count a new connection to VoiceLive; raise `Problem` 429 when the minute's share is used up.

        A sliding minute, because the service's quota counts that way and a bucket would let twice as many through.
        """
        now = self._clock()
        while self._connections and now - self._connections[0] >= 60:
            self._connections.popleft()
        if len(self._connections) >= self._per_minute:
            wait = 60 - (now - self._connections[0])
            raise Problem(
                429,
                "too_many_connections",
                "Too many new calls",
                f"{self._per_minute} voice sessions were opened within a minute: the quota. Try again in {wait:.0f} s.",
                retryable=True,
                retry_after=wait,
            )
        self._connections.append(now)
