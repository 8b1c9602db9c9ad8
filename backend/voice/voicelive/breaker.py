"""A circuit breaker: an endpoint that failed is left alone for a while, then tried with one connection."""

import random
from collections.abc import Callable
from typing import Literal

from backend.core.problems import Problem

FIRST_S, LONGEST_S = 1.0, 60.0
"""How long it stays open after the first failure in a row, doubled with each further one, and at most."""
REFUSED_S = 30.0
"""The same after a refusal (credential, address): time does not mend it, somebody does."""

BreakerState = Literal["closed", "open", "half_open"]


class Breaker:
    """Of one endpoint. closed: connections are made; open: none is; half_open: one is being tried.

    `now` is monotonic, in seconds. problem: why it is not closed. jitter: 0 <= value < 1, so that replicas do not all
    come back in the same moment.
    """

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._jitter = jitter
        self._failures = 0
        self._until = 0.0
        self._trying = False
        self.problem: Problem | None = None

    @property
    def state(self) -> BreakerState:
        """What it is now; open also when its time is over and nobody has tried yet."""
        if self.problem is None:
            return "closed"
        return "half_open" if self._trying else "open"

    def free_at(self, now: float) -> float:
        """Return when a connection may be tried: now or later. While one is being tried, when that is over at last."""
        return now if self.problem is None else max(now, self._until)

    def taken(self, now: float, longest_s: float) -> None:
        """A connection is being made, which takes `longest_s` at most. Unless closed, it is the trial."""
        if self.problem is not None:
            self._trying = True
            self._until = now + longest_s

    def worked(self) -> None:
        """A connection was made and serves."""
        self._failures, self._trying, self.problem = 0, False, None

    def failed(self, problem: Problem, now: float) -> None:
        """A connection could not be made, or served nobody. Connections that failed together count once."""
        fresh = self.problem is None or self._trying
        self._failures += fresh
        if problem.retry_after is not None:
            pause = problem.retry_after
        elif problem.retryable:
            pause = min(LONGEST_S, FIRST_S * 2.0 ** (self._failures - 1)) * (1 - self._jitter() / 2)
        else:
            pause = REFUSED_S * (1 - self._jitter() / 4)
        self._until = now + pause if fresh else max(self._until, now + pause)
        self._trying, self.problem = False, problem

    def abandoned(self, now: float) -> None:
        """A connection was given up before it showed anything: the next may be the trial."""
        if self._trying:
            self._trying, self._until = False, now
