"""Who gets a call: a bound that protects this process.

One call per session of one owner: a newer connection takes the call over.
"""

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
    """Counts calls."""

    def __init__(self, max_calls: int) -> None:
        self._max_calls = max_calls
        self._seats: dict[Key, Seat] = {}

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
