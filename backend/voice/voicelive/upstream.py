"""Opens connections to VoiceLive: where, when and with what patience.

Endpoints are tried in order of priority. One that fails is left alone for a while (`breaker`), and none is asked for
more connections a minute than its quota (`admission`): who finds no endpoint free waits in one queue for all of them.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.outgoing import Outgoing
from backend.voice.counters import ENDPOINT_FAILURES, WAITING
from backend.voice.patience import Patience
from backend.voice.voicelive import failures
from backend.voice.voicelive.breaker import Breaker
from backend.voice.voicelive.link import Link, VoiceLive
from backend.voice.voicelive.queue import Place, Queue, Quota
from backend.voice.voicelive.shared_quota import SharedQuota

log = logging.getLogger("backend.voice")

OF_THE_MODEL = ("voicelive_not_found", "voicelive_refused")
"""Refusals that may be about the model that one agent asks for: another agent's session may well be opened there."""

Told = Callable[[int, float], None]
"""Takes the place in the queue (1 is next) and the seconds until its turn, as things are."""


@dataclass(eq=False, slots=True)
class Endpoint:
    """One VoiceLive resource: its address, its quota, and whether it works."""

    url: str
    quota: Quota
    breaker: Breaker = field(default_factory=Breaker)
    longest_s: float = 20.0
    """How long a connection may take until it serves or has failed."""
    changed: Callable[[], None] = lambda: None

    @property
    def host(self) -> str:
        """Its host, all that is told of its address."""
        return urlsplit(self.url).hostname or ""

    def free_at(self, now: float, returning: bool) -> float:
        """Return when a connection may be opened: now or later."""
        return max(self.quota.free_at(now, returning), self.breaker.free_at(now))

    def take(self, now: float) -> None:
        """A connection is being opened."""
        self.quota.take(now)
        self.breaker.taken(now, self.longest_s)

    def worked(self) -> None:
        """A session was opened and serves."""
        if self.breaker.problem is not None:
            log.warning("VoiceLive at %s works again", self.host)
        self.breaker.worked()
        self.changed()

    def failed(self, problem: Problem) -> None:
        """A connection could not be opened, or its session did not serve."""
        if self.breaker.problem is None:
            log.warning("VoiceLive at %s is left alone for now: %s", self.host, problem.code)
        ENDPOINT_FAILURES.labels(self.host, problem.code).inc()
        self.breaker.failed(problem, asyncio.get_running_loop().time())
        self.changed()

    def abandoned(self) -> None:
        """A connection was given up before it showed whether it would serve."""
        self.breaker.abandoned(asyncio.get_running_loop().time())
        self.changed()


@dataclass(eq=False, slots=True)
class _Waiter:
    """until: the last moment for its turn, by the loop's clock; mend_until: the same while no endpoint works."""

    turn: "asyncio.Future[Endpoint]"
    until: float
    mend_until: float
    told: Told | None
    place: int = 0


class Upstream:
    """The endpoints of one process, and the queue before them."""

    def __init__(
        self, settings: Settings, outgoing: Outgoing, patience: Patience, shared: SharedQuota | None = None
    ) -> None:
        """shared: the quota of all replicas, where there may be some."""
        self._shared = shared
        self._voicelive = VoiceLive(settings, outgoing)
        self._patience = patience
        self._longest_queue = settings.voice_waiting_calls
        per_minute = settings.voice_connections_per_minute
        self.endpoints: Sequence[Endpoint] = [
            Endpoint(
                url,
                Quota(per_minute, patience.minute),
                longest_s=patience.connect + patience.confirm,
                changed=self._move,
            )
            for url in settings.voicelive_urls
        ]
        self._queue: Queue[Endpoint] = Queue(self.endpoints)
        self._waiters: dict[Place, _Waiter] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def configured(self) -> bool:
        """Whether an endpoint is set."""
        return bool(self.endpoints)

    @property
    def in_use(self) -> Endpoint | None:
        """The endpoint that the next call would be opened at, quota aside: the first that works, else the first."""
        works = (endpoint for endpoint in self.endpoints if endpoint.breaker.state == "closed")
        return next(works, self.endpoints[0] if self.endpoints else None)

    @property
    def problem(self) -> Problem | None:
        """Why no endpoint works; None when one does."""
        problems = [endpoint.breaker.problem for endpoint in self.endpoints]
        return problems[0] if problems and None not in problems else None

    async def connect(
        self,
        model: str,
        *,
        request_id: str,
        returning: bool = False,
        wait: float | None = None,
        told: Told | None = None,
    ) -> tuple[Link, Endpoint]:
        """Open a connection at the first endpoint that is free for one; raise a `Problem` that names cause and remedy.

        The endpoint is to be told whether the session then served: `worked`, `failed` or `abandoned`.
        returning: for a call that is under way, which goes before new ones. wait: seconds that its turn may take; None
        for those of a new call. told: hears the place in the queue whenever it changes.
        """
        if not self.endpoints:
            raise failures.not_configured()
        now = self._now()
        until = now + (self._patience.turn if wait is None else wait)
        mend_until = until if returning else min(until, now + self._patience.mend)
        again = False
        avoid: list[Endpoint] = []
        while True:
            endpoint = await self._turn(returning, again, avoid, until, mend_until, told)
            try:
                if not await self._granted(endpoint, returning):
                    endpoint.abandoned()
                    again = True
                    continue
                link = await self._voicelive.connect(
                    endpoint.url, model, timeout=self._patience.connect, request_id=request_id
                )
            except Problem as problem:
                if problem.code == "voicelive_no_credential":  # ours: no endpoint would do better
                    endpoint.abandoned()
                    raise
                again = True
                if problem.code not in OF_THE_MODEL:
                    endpoint.failed(problem)
                    continue
                endpoint.abandoned()
                avoid.append(endpoint)
                if len(avoid) == len(self.endpoints):
                    raise
            except BaseException:
                endpoint.abandoned()
                raise
            else:
                return link, endpoint

    async def _granted(self, endpoint: Endpoint, returning: bool) -> bool:
        """Tell whether the quota of all replicas has room as well; take note of what they have opened."""
        told = None
        if self._shared is not None:
            told = await self._shared.take(endpoint.host, endpoint.quota.limit(returning))
        if told is None:
            return True
        now = self._now()
        endpoint.quota.know(now - age for age in told.ages)
        return told.granted

    async def _turn(
        self,
        returning: bool,
        again: bool,
        avoid: Sequence[Endpoint],
        until: float,
        mend_until: float,
        told: Told | None,
    ) -> Endpoint:
        """Wait for a connection's turn; raise `Problem` when it is too far off."""
        if not (returning or again) and self._queue.new_calls >= self._longest_queue:
            now = self._now()
            turns = [at for _, at in self._queue.forecast(now)]
            free_at = max([*turns, min(endpoint.free_at(now, returning) for endpoint in self.endpoints)])
            if free_at > now and self.problem is None:
                raise failures.too_many_connections(free_at - now)
        place = self._queue.join(returning, again=again, avoid=tuple(avoid))
        waiter = self._waiters[place] = _Waiter(self._loop().create_future(), until, mend_until, told)
        self._move()
        try:
            return await waiter.turn
        except asyncio.CancelledError:
            # The turn may have come in the moment in which the caller hung up.
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                waiter.turn.result().abandoned()
            raise
        finally:
            self._queue.leave(place)
            self._waiters.pop(place, None)
            self._move()

    def _move(self) -> None:
        """Let in whose turn it is, send away whom waiting does not help, tell the others where they stand."""
        now = self._now()
        for place, waiter in list(self._waiters.items()):
            if waiter.turn.done():  # its caller hung up in this moment
                self._queue.leave(place)
                del self._waiters[place]
        while (admitted := self._queue.admit(now)) is not None:
            place, endpoint = admitted
            self._waiters.pop(place).turn.set_result(endpoint)
        for number, (place, at) in enumerate(self._queue.forecast(now), 1):
            waiter = self._waiters[place]
            if not self._may_hope(place, waiter, at, now):
                self._queue.leave(place)
                del self._waiters[place]
                waiter.turn.set_exception(self.problem or failures.too_many_connections(at - now))
            elif waiter.place != number:
                waiter.place = number
                if waiter.told is not None and at - now >= 1:
                    waiter.told(number, at - now)
        WAITING.set(len(self._queue))
        self._set_timer(now)

    def _may_hope(self, place: Place, waiter: _Waiter, at: float, now: float) -> bool:
        """Tell whether waiting helps: for a quota within the time given, for a failed endpoint a moment only.

        Who has a place keeps it, though those who go first may take longer than it seemed.
        """
        for endpoint in self.endpoints:
            problem = endpoint.breaker.problem
            if endpoint in place.avoid:
                continue
            if problem is None or problem.code == "voicelive_rate_limited":
                if waiter.place or at <= waiter.until:
                    return True
            elif endpoint.breaker.state == "half_open":
                if now < waiter.mend_until:
                    return True
            elif problem.retryable and endpoint.breaker.free_at(now) <= waiter.mend_until:
                return True
        return False

    def _set_timer(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self._queue.next_at(now)
        if at is not None:
            ends = [waiter.mend_until for waiter in self._waiters.values() if waiter.mend_until > now]
            self._timer = self._loop().call_at(min(at, *ends) if ends else at, self._move)

    def _now(self) -> float:
        return self._loop().time()

    @staticmethod
    def _loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()
