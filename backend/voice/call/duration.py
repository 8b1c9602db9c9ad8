"""How long a call lasts: when nobody speaks any more it ends, and also when it has lasted as long as a call may."""

import math
from collections.abc import Callable

WARNING_S = 60.0
"""How long before the end it is told; half of the bound where that is less."""
IDLE, LONGEST = 4411, 4412
"""Close codes of the two ends."""


class Duration:
    """Of one call. idle_s, longest_s: the bounds in seconds, 0 for none. `now`: a monotonic clock, in seconds.

    tell: says something to the person. end: ends the call with a close code and a reason.
    """

    def __init__(
        self, idle_s: float, longest_s: float, now: float, tell: Callable[[str], None], end: Callable[[int, str], None]
    ) -> None:
        self._idle_s, self._longest_s = idle_s or math.inf, longest_s or math.inf
        self._began_at = self._active_at = now
        self._told_idle = self._told_longest = False
        self._tell = tell
        self._end = end

    def check(self, now: float, active: bool) -> None:
        """To be called every few seconds. active: somebody speaks, an answer is made, or sound is to be heard."""
        if active:
            self._active_at, self._told_idle = now, False
        left = self._active_at + self._idle_s - now
        if left <= 0:
            self._end(IDLE, "nobody spoke any more")
        elif left <= min(WARNING_S, self._idle_s / 2) and not self._told_idle:
            self._told_idle = True
            self._tell(f"Are you still there? If nobody says anything, this call ends in {_in_words(left)}.")
        left = self._began_at + self._longest_s - now
        if left <= 0:
            self._end(LONGEST, "the longest time of a call is over")
        elif left <= min(WARNING_S, self._longest_s / 2) and not self._told_longest:
            self._told_longest = True
            self._tell(f"A call has a longest time. This one ends in {_in_words(left)}; what was said is kept.")


def _in_words(seconds: float) -> str:
    return "a minute" if seconds > 50 else f"{math.ceil(seconds)} seconds"
