"""Who may open a connection to VoiceLive when: bounds that protect its quota.

Connections are opened in order: those of calls under way (a lost leg, a rollover, another voice) before those of new
calls, first come, first served. Nothing here waits or keeps a clock: `now` is monotonic, in seconds; `upstream` does
the waiting.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Quota:
    """The last connections to one endpoint, and when the next may be opened. minute: what the quota counts in, seconds.

    A sliding minute, because the service's quota counts that way and a bucket would let twice as many through. New
    calls leave a fifth of it to those under way: else thirty new calls could keep a broken one waiting for a minute.
    """

    def __init__(self, per_minute: int, minute: float = 60.0) -> None:
        self._minute = minute
        self._limits = {True: per_minute, False: per_minute - per_minute // 5}
        self._taken: deque[float] = deque(maxlen=per_minute)

    def free_at(self, now: float, returning: bool) -> float:
        """Return when a connection may be opened: now or later."""
        limit = self._limits[returning]
        if len(self._taken) < limit:
            return now
        return max(now, self._taken[-limit] + self._minute)

    def take(self, now: float) -> None:
        """A connection is opened."""
        self._taken.append(now)

    def limit(self, returning: bool) -> int:
        """Return how many connections a minute there may be, for new calls or for those under way."""
        return self._limits[returning]

    def know(self, taken: Iterable[float]) -> None:
        """These were the last connections, in order, whoever opened them."""
        self._taken = deque(taken, self._limits[True])

    def copy(self) -> "Quota":
        """Return one for trying out."""
        other = Quota(self._limits[True], self._minute)
        other._taken = self._taken.copy()
        return other


class Gate(Protocol):
    """What connections are opened through: an endpoint."""

    @property
    def quota(self) -> Quota:
        """Its connections in the last minute."""
        ...

    def free_at(self, now: float, returning: bool) -> float:
        """Return when a connection may be opened there: now or later."""
        ...

    def take(self, now: float) -> None:
        """A connection is opened."""
        ...


G = TypeVar("G", bound=Gate)


@dataclass(eq=False, slots=True)
class Place:
    """A place in the queue. returning: for a call that is under way. avoid: the gates that are of no use to it."""

    returning: bool
    avoid: Collection[object] = ()


class Queue(Generic[G]):
    """Those who wait for a connection. gates: in order of preference; the first that is free is taken."""

    def __init__(self, gates: Sequence[G]) -> None:
        self._gates = gates
        self._lanes: dict[bool, deque[Place]] = {True: deque(), False: deque()}

    def __iter__(self) -> Iterator[Place]:
        yield from self._lanes[True]
        yield from self._lanes[False]

    def __len__(self) -> int:
        return len(self._lanes[True]) + len(self._lanes[False])

    @property
    def new_calls(self) -> int:
        """How many of those who wait are new calls."""
        return len(self._lanes[False])

    def join(self, returning: bool, *, again: bool = False, avoid: Collection[G] = ()) -> Place:
        """Take a place: the last, or the first of its kind for somebody whose turn had come before."""
        place = Place(returning, avoid)
        lane = self._lanes[returning]
        if again:
            lane.appendleft(place)
        else:
            lane.append(place)
        return place

    def leave(self, place: Place) -> None:
        """Give the place up; nothing happens when its turn has come."""
        lane = self._lanes[place.returning]
        if place in lane:
            lane.remove(place)

    def admit(self, now: float) -> tuple[Place, G] | None:
        """Return whose turn it is, and where: the connection counts from here on. None when nobody's."""
        for place in self:
            for gate in self._of_use(place):
                if gate.free_at(now, place.returning) <= now:
                    gate.take(now)
                    self.leave(place)
                    return place, gate
        return None

    def next_at(self, now: float) -> float | None:
        """Return when the next turn will come, as things are; None when nobody waits."""
        turns = (gate.free_at(now, place.returning) for place in self for gate in self._of_use(place))
        return min(turns, default=None)

    def _of_use(self, place: Place) -> Iterator[G]:
        return (gate for gate in self._gates if gate not in place.avoid)

    def forecast(self, now: float) -> list[tuple[Place, float]]:
        """Return everybody who waits, in order, and when the turn of each will come, as things are."""
        trial = [(gate.quota.copy(), gate) for gate in self._gates]
        turns = []
        for place in self:
            at, _, quota = min(
                (max(quota.free_at(now, place.returning), gate.free_at(now, place.returning)), number, quota)
                for number, (quota, gate) in enumerate(trial)
                if gate not in place.avoid
            )
            quota.take(at)
            turns.append((place, at))
        return turns
