"""How much one caller and one address may do: requests, new sessions, open calls, failed sign-ins.

Counted in each process and shared through the database, without a write for a request: what was counted meanwhile goes
there in one statement every `SHARE_SECONDS`, and the sum of all replicas comes back with it. So a limit is overstepped
by at most what the other replicas let through in that time. Opening a call asks the database at once: calls are few,
and their number is exact. While the database is away each process keeps the limits by itself.

Rates are sliding: the count of this period, and of the one before the share that still lies within one period.
"""

import asyncio
import hashlib
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import psycopg

from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.addresses import is_loopback
from backend.identity.counters import LIMITED
from backend.identity.principal import Principal
from backend.storage.database import Connection, Database

log = logging.getLogger("backend.identity")

SHARE_SECONDS = 0.5
PERIOD = 60.0
FAILURE_PERIOD = 900.0
LONGEST_DELAY = 300.0
APPLICATION_FACTOR = 10
"""An application speaks for many: its limits are so many times a person's."""

_KEPT = 50_000  # subjects and sessions remembered in this process
_HEARTBEAT_SECONDS = 10.0
_ANSWER_SECONDS = 1.0

What = Literal["requests", "sessions", "calls", "failed_sign_ins"]
Subject = tuple[What, str, str]
"""What is counted, of whom: ("requests", tenant, user id) or ("requests", "", address)."""


@dataclass(slots=True)
class _Count:
    """One subject's use. period: its beginning; used: of all replicas as last heard; fresh: not told them yet."""

    period: float
    before: float = 0.0
    used: int = 0
    fresh: int = 0


@dataclass(slots=True)
class _Delay:
    until: float = 0.0
    failures: int = 0


class Limits:
    """One per process. `clock` is wall-clock time in seconds: replicas must agree on when a period begins.

    Addresses on the loopback interface are not counted: a proxy or a developer stands there, not a stranger. Nor is the
    guest of the proof-of-concept level, who is everybody.
    """

    def __init__(
        self, settings: Settings, database: Database | None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._of_principal: dict[What, int] = {
            "requests": settings.limit_requests_per_minute,
            "sessions": settings.limit_sessions_per_minute,
            "calls": settings.limit_calls,
        }
        self._of_address: dict[What, int] = {
            "requests": settings.limit_address_requests_per_minute,
            "sessions": settings.limit_address_sessions_per_minute,
            "calls": settings.limit_address_calls,
            "failed_sign_ins": settings.limit_failed_sign_ins,
        }
        self._database = database
        self._clock = clock
        self._counts: OrderedDict[Subject, _Count] = OrderedDict()
        self._fresh: dict[tuple[Subject, float], int] = {}
        self._sessions: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._open: dict[Subject, int] = {}
        self._delays: OrderedDict[str, _Delay] = OrderedDict()
        self._replica = secrets.token_bytes(8)
        self._sharing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def start(self) -> None:
        """Begin to share counts with the other replicas."""
        if self._database is not None:
            self._sharing = asyncio.create_task(self._share_for_ever())

    async def close(self) -> None:
        """Tell the others what was counted last; bounded in time."""
        self._closing.set()
        if self._sharing is not None:
            await asyncio.wait((self._sharing,), timeout=2.0)

    def request(self, principal: Principal | None, address: str) -> None:
        """Count a request of a caller (None: not known yet, then of the address); raise `Problem` 429."""
        self._take("requests", principal, address if principal is None else "")

    def session(self, principal: Principal, address: str, session_id: str) -> None:
        """Count a session that this process has not seen of the caller before; raise `Problem` 429."""
        key = (principal.tenant, principal.user_id, session_id)
        if key in self._sessions:
            self._sessions.move_to_end(key)
            return
        self._take("sessions", principal, address)
        self._sessions[key] = None
        if len(self._sessions) > _KEPT:
            self._sessions.popitem(last=False)

    def failed(self, address: str) -> None:
        """Count a failed sign-in; raise `Problem` 429 in place of its reason while the address has to wait.

        After the first few each failure doubles the time, up to five minutes. A valid token passes all the while: it
        cannot be guessed, and its owner may share the address with whoever fails.
        """
        allowed = self._of_address["failed_sign_ins"]
        if not allowed or not address or is_loopback(address):
            return
        now = self._clock()
        delay = self._delays.setdefault(address, _Delay())
        self._delays.move_to_end(address)
        if len(self._delays) > _KEPT:
            self._delays.popitem(last=False)
        if now < delay.until:
            raise _limited("failed_sign_ins", delay.until - now)
        subject: Subject = ("failed_sign_ins", "", address)
        count = self._count(subject, FAILURE_PERIOD, now)
        self._add(subject, count, 1)
        self._slow_down(delay, count, now)

    async def open_call(self, principal: Principal, address: str) -> Callable[[], None]:
        """Count a call that is opened; return what to call when it is over. Raises `Problem` 429."""
        subjects = [subject for subject, limit in self._subjects("calls", principal, address) if limit]
        for subject in subjects:
            self._open[subject] = self._open.get(subject, 0) + 1

        def close() -> None:
            for subject in subjects:
                self._open[subject] -= 1

        try:
            elsewhere = await self._told_open(subjects)
        except (Problem, psycopg.Error):
            elsewhere = {}
        for subject, limit in self._subjects("calls", principal, address):
            if limit and self._open[subject] + elsewhere.get(_mark(subject), 0) > limit:
                close()
                raise _limited("calls", 30.0)
        return close

    def _subjects(self, what: What, principal: Principal | None, address: str) -> list[tuple[Subject, int]]:
        found: list[tuple[Subject, int]] = []
        if principal is not None and principal.kind != "poc":
            factor = APPLICATION_FACTOR if principal.kind == "app" else 1
            subject: Subject = (what, f"t:{principal.tenant}", principal.user_id)
            found.append((subject, factor * self._of_principal[what]))
        if address and not is_loopback(address):
            found.append(((what, "", address), self._of_address[what]))
        return found

    def _take(self, what: What, principal: Principal | None, address: str) -> None:
        now = self._clock()
        taken = []
        for subject, limit in self._subjects(what, principal, address):
            if not limit:
                continue
            count = self._count(subject, PERIOD, now)
            elapsed = now - count.period
            used = count.used + count.fresh
            if count.before * (1 - elapsed / PERIOD) + used + 1 > limit:
                raise _limited(what, _wait(limit, count.before, used, elapsed))
            taken.append((subject, count))
        for subject, count in taken:
            self._add(subject, count, 1)

    def _count(self, subject: Subject, length: float, now: float) -> _Count:
        period = now - now % length
        count = self._counts.get(subject)
        if count is None:
            count = self._counts[subject] = _Count(period)
            if len(self._counts) > _KEPT:
                self._counts.popitem(last=False)
        elif count.period != period:
            count.before = count.used + count.fresh if count.period == period - length else 0
            count.period, count.used, count.fresh = period, 0, 0
        return count

    def _add(self, subject: Subject, count: _Count, number: int) -> None:
        count.fresh += number
        if self._database is not None:
            key = (subject, count.period)
            self._fresh[key] = self._fresh.get(key, 0) + number

    def _slow_down(self, delay: _Delay, count: _Count, now: float) -> None:
        elapsed = now - count.period
        failures = int(count.before * (1 - elapsed / FAILURE_PERIOD)) + count.used + count.fresh
        if failures > delay.failures and (over := failures - self._of_address["failed_sign_ins"]) >= 0:
            delay.until = now + min(2.0 ** min(over, 10), LONGEST_DELAY)
        delay.failures = failures

    async def _share_for_ever(self) -> None:
        next_heartbeat = 0.0
        while True:
            ending = self._closing.is_set()
            now = time.monotonic()
            try:
                await self.share()
                if now >= next_heartbeat or ending:
                    next_heartbeat = now + _HEARTBEAT_SECONDS
                    await self.heartbeat()
            except (Problem, psycopg.Error) as error:
                log.info("Limits are kept by this process alone for now (%s)", type(error).__name__)
            except Exception:  # a fault here must not end the sharing for good
                log.exception("Sharing the limits failed")
            if ending:
                return
            try:
                await asyncio.wait_for(self._closing.wait(), SHARE_SECONDS)
            except TimeoutError:
                continue

    async def share(self) -> None:
        """Tell the other replicas what was counted, and hear what they counted of the same; raise `Problem` 503."""
        if self._database is None or not self._fresh:
            return
        fresh, self._fresh = self._fresh, {}
        # In one order everywhere, so that two replicas never wait for each other's rows.
        told = sorted((_mark(subject), int(period), number, subject) for (subject, period), number in fresh.items())
        lengths = [FAILURE_PERIOD if subject[0] == "failed_sign_ins" else PERIOD for *_, subject in told]
        values = (
            [mark for mark, *_ in told],
            [period for _, period, *_ in told],
            [number for _, _, number, _ in told],
            [period - int(length) for (_, period, *_), length in zip(told, lengths, strict=True)],
        )

        async def work(connection: Connection) -> list[tuple[bytes, int, int, int]]:
            cursor = await connection.execute(_SHARE, values)
            return await cursor.fetchall()

        try:
            rows = await self._database.run(work)
        except (Problem, psycopg.Error):
            oldest = self._clock() - FAILURE_PERIOD
            for key, number in fresh.items():
                if key[1] > oldest and len(self._fresh) < _KEPT:
                    self._fresh[key] = self._fresh.get(key, 0) + number
            raise
        subjects = {(mark, period): (subject, number) for mark, period, number, subject in told}
        for mark, period, used, before in rows:
            subject, number = subjects[bytes(mark), period]
            count = self._counts.get(subject)
            if count is None or count.period != period:
                continue
            count.fresh -= number
            count.used = used
            count.before = max(count.before, before)
            if subject[0] == "failed_sign_ins" and (delay := self._delays.get(subject[2])) is not None:
                self._slow_down(delay, count, self._clock())

    async def heartbeat(self) -> None:
        """Tell the other replicas which calls are open here; raise `Problem` 503."""
        if self._open:
            await self._told_open(list(self._open))
            self._open = {subject: number for subject, number in self._open.items() if number}

    async def _told_open(self, subjects: Sequence[Subject]) -> dict[bytes, int]:
        """Tell how many calls are open here; return how many are elsewhere, by the subject's mark."""
        if self._database is None or not subjects:
            return {}
        marks = sorted((_mark(subject), self._open.get(subject, 0)) for subject in subjects)
        values = (self._replica, [mark for mark, _ in marks], [number for _, number in marks])

        async def work(connection: Connection) -> dict[bytes, int]:
            # Two statements, each with its own view: of two replicas that do this at once, one sees the other at least.
            await connection.execute(_TELL_OPEN, values)
            cursor = await connection.execute(_OPEN_ELSEWHERE, (values[1], self._replica))
            return {bytes(mark): int(number) for mark, number in await cursor.fetchall()}

        return await self._database.run(work, seconds=_ANSWER_SECONDS)

    async def sweep(self) -> None:
        """Delete counts that no limit looks at any more, and calls of replicas that are gone."""
        if self._database is not None:
            oldest = int(self._clock() - 2 * FAILURE_PERIOD)
            await self._database.run(lambda connection: connection.execute(_SWEEP_COUNTS, (oldest,)))
            await self._database.run(lambda connection: connection.execute(_SWEEP_OPEN))


@lru_cache(maxsize=8192)
def _mark(subject: Subject) -> bytes:
    """Return the subject's name in the database: 16 bytes of a hash."""
    text = "".join(f"{len(part)}:{part}" for part in subject)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _wait(limit: int, before: float, used: int, elapsed: float) -> float:
    """Return the seconds until one more passes: until enough of the period before, or of this one, has slid away."""
    room = limit - used - 1
    if room > 0:
        return PERIOD * (1 - room / before) - elapsed
    return PERIOD - elapsed + PERIOD * max(0.0, 1 - (limit - 1) / used if used else 0.0)


_WORDS: dict[What, str] = {
    "requests": "Too many requests",
    "sessions": "Too many new conversations",
    "calls": "Too many calls at a time",
    "failed_sign_ins": "Too many failed sign-ins",
}


def _limited(what: What, seconds: float) -> Problem:
    LIMITED.labels(what).inc()
    wait = max(1.0, seconds)
    return Problem(
        429,
        "limited",
        _WORDS[what],
        f"{_WORDS[what]} from you or from your network. Implement backoff: try again in {wait:.0f} s.",
        retryable=True,
        retry_after=wait,
    )


_SHARE = """
WITH given AS (
    SELECT * FROM unnest(%s::bytea[], %s::bigint[], %s::bigint[], %s::bigint[]) AS g (subject, period, used, previous)
), written AS (
    INSERT INTO limit_count (subject, period, used) SELECT subject, period, used FROM given ORDER BY subject, period
    ON CONFLICT (subject, period) DO UPDATE SET used = limit_count.used + excluded.used
    RETURNING subject, period, used
)
SELECT written.subject, written.period, written.used, coalesce(old.used, 0)
FROM written JOIN given USING (subject, period)
LEFT JOIN limit_count old ON old.subject = given.subject AND old.period = given.previous
"""
_TELL_OPEN = """
INSERT INTO limit_open (subject, open, replica, seen_at)
SELECT subject, open, %s, now() FROM unnest(%s::bytea[], %s::integer[]) AS g (subject, open) ORDER BY subject
ON CONFLICT (subject, replica) DO UPDATE SET open = excluded.open, seen_at = now()
"""
_OPEN_ELSEWHERE = """
SELECT subject, sum(open) FROM limit_open
WHERE subject = ANY (%s::bytea[]) AND replica <> %s AND seen_at > now() - interval '30 seconds'
GROUP BY subject
"""  # 30 s: a replica that has not said for so long that its calls are open has died
_SWEEP_COUNTS = "DELETE FROM limit_count WHERE period < %s"
_SWEEP_OPEN = "DELETE FROM limit_open WHERE seen_at < now() - interval '2 minutes'"
