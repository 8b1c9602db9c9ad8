"""Work that follows the log: each follower is given every owner's turns, in order, and keeps its place in the database.

The log is the queue. A follower's place moves on only after it has taken a piece, so what it was given when a process
died is given again, on whichever replica claims the owner next: at least once, and once in effect where `take` is
idempotent. A claim is a lease: it ends by itself when its holder dies, and a holder that comes too late cannot move the
place any more. One owner that fails is tried again with growing pauses and stops nobody else.
"""

import asyncio
import contextlib
import functools
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import psycopg

from backend.core.context import Turn
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory.grumble import Grumble
from backend.memory.log import Changes
from backend.storage.database import Connection, Database

logger = logging.getLogger("backend.memory")

BATCH = 100
"""Turns given at a time."""

AT_ONCE = 4
"""Owners that one follower is given at a time; a follower that is slow or down does not hold up another."""

NUDGE_SECONDS = 0.5
"""What is said in so short a time is taken together: a claim costs three statements, whatever there is to take."""

SWEEP_SECONDS = 30.0
TAKE_SECONDS = 45.0
LEASE_SECONDS = 60.0
"""Longer than a take may last: a claim that has run out belongs to a process that is dead or given up."""

_BATCHES = 20  # in one go; then others have their turn
_SWEPT = 500  # owners found by one sweep; when there may be more, the next begins as soon as they are done
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 600.0
_LONGEST_ASKED = 3_600.0  # what a Retry-After may ask for


class Follower(Protocol):
    """Something that wants to know what is said: a summary, an outside memory, the model's facts."""

    name: str
    """Which place in the log is its own. Never given to another follower."""

    eager: bool
    """Whether it wants to be given what is said at once; else the next sweep does, half a minute later at most."""

    async def take(self, principal: Principal, turns: Sequence[Turn], *, deleted: bool) -> None:
        """Take the next turns of an owner; must be idempotent. `principal` has neither name nor roles.

        deleted: turns were taken away since the last call (`turns` may then be empty); what was drawn from them must
        go. Whatever it raises, it is called again later with the same turns and those that have come since: after the
        `retry_after` of a `Problem`, or after a pause that grows.
        """
        ...


class Changing(Protocol):
    """The part of `TurnLog` that is followed."""

    async def changes(self, principal: Principal, after: int, limit: int) -> Changes:
        """Return what lies above a position."""
        ...


@dataclass(frozen=True, slots=True)
class _Claim:
    seq: int
    epoch: int
    attempts: int
    until: datetime  # also tells this claim from a later one


@dataclass(frozen=True, slots=True)
class _Job:
    tenant: str
    owner: str
    follower: Follower


_Key = tuple[str, str, str]
"""Tenant, owner, follower."""


class Followers:
    """Runs the followers of this process. `start` it when the rooms it calls are open; `close` it before them."""

    def __init__(
        self,
        database: Database,
        log: Changing,
        followers: Sequence[Follower],
        *,
        nudge_seconds: float = NUDGE_SECONDS,
    ) -> None:
        self._database = database
        self._log = log
        self._followers = tuple(followers)
        self._waiting: dict[str, dict[_Key, _Job]] = {follower.name: {} for follower in followers}
        self._running: dict[str, dict[_Key, asyncio.Task[None]]] = {follower.name: {} for follower in followers}
        self._again: set[_Key] = set()  # nudged while being worked on
        self._timers: dict[_Key, asyncio.TimerHandle] = {}  # failed, and waiting for the time to try again
        self._nudge_seconds = nudge_seconds
        self._nudged: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self._idle = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None
        self._closing = False
        self._grumble = Grumble(logger)

    def nudge(self, principal: Principal) -> None:
        """Let the eager followers look at this owner soon: something was stored or deleted. Returns at once."""
        owner = (principal.tenant, principal.user_id)
        if owner not in self._nudged and not self._closing:
            self._nudged[owner] = asyncio.get_running_loop().call_later(self._nudge_seconds, self._look, owner)

    def _look(self, owner: tuple[str, str]) -> None:
        del self._nudged[owner]
        for follower in self._followers:
            if follower.eager:
                self._enter(_Job(*owner, follower))

    async def start(self) -> None:
        """Begin to look for owners who were left behind: now, and every `SWEEP_SECONDS`."""
        if self._followers and self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep_for_ever())

    async def close(self, seconds: float = 5.0) -> None:
        """Begin nothing new, give what is under way `seconds` to end, then cut it off; it is done again later."""
        self._closing = True
        for waiting in self._waiting.values():
            waiting.clear()
        for timer in (*self._timers.values(), *self._nudged.values()):
            timer.cancel()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.wait((self._sweeper,), timeout=1.0)
        if tasks := {task for running in self._running.values() for task in running.values()}:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1.0)

    async def sweep(self) -> int:
        """Find owners whose log is ahead of a follower's place and let them be worked on; return the most that one
        follower has.
        """
        most = 0
        for follower in self._followers:
            values = {"name": follower.name, "limit": _SWEPT}

            async def work(connection: Connection, values: dict[str, Any] = values) -> list[Any]:
                return await (await connection.execute(_BEHIND, values)).fetchall()

            rows = await self._database.run(work)
            for tenant, owner in rows:
                self._enter(_Job(tenant, owner, follower))
            most = max(most, len(rows))
        return most

    async def _sweep_for_ever(self) -> None:
        while True:
            self._idle.clear()
            found = 0
            try:
                found = await self.sweep()
            except (Problem, psycopg.Error) as error:
                self._grumble("Followers could not look for work (%s); they try again", error)
            pause = SWEEP_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - replicas take turns, no secret
            if found < _SWEPT:
                await asyncio.sleep(pause)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), pause)

    def _enter(self, job: _Job) -> None:
        name, key = job.follower.name, _key(job)
        if self._closing or key in self._timers:
            return
        if key in self._running[name]:
            self._again.add(key)
        else:
            self._waiting[name][key] = job
            self._begin(name)

    def _begin(self, name: str) -> None:
        waiting, running = self._waiting[name], self._running[name]
        while waiting and len(running) < AT_ONCE and not self._closing:
            key = next(iter(waiting))
            job = waiting.pop(key)
            running[key] = asyncio.create_task(self._work(job))
            running[key].add_done_callback(functools.partial(self._ended, job))

    def _ended(self, job: _Job, done: asyncio.Task[None]) -> None:
        name, key = job.follower.name, _key(job)
        del self._running[name][key]
        again = key in self._again
        self._again.discard(key)
        if not done.cancelled() and (error := done.exception()) is not None:
            self._grumble("A follower's place could not be read or kept (%s); the next sweep goes on", error)
        elif again:
            self._enter(job)
        self._begin(name)
        if not any(self._running.values()):
            self._idle.set()

    def _try_again(self, job: _Job) -> None:
        self._timers.pop(_key(job), None)
        self._enter(job)

    async def _work(self, job: _Job) -> None:
        claim = await self._claim(job)
        if claim is None:
            return
        principal = Principal(job.tenant, job.owner, "", frozenset())
        for _ in range(_BATCHES):
            try:
                async with asyncio.timeout(TAKE_SECONDS):
                    changes = await self._log.changes(principal, claim.seq, BATCH)
                    deleted = changes.epoch != claim.epoch
                    if changes.turns or deleted:
                        await job.follower.take(principal, changes.turns, deleted=deleted)
            except asyncio.CancelledError:
                await asyncio.shield(self._let_go(job, claim, claim.seq, claim.epoch))
                raise
            except Exception as error:
                await self._fail(job, claim, error)
                return
            upto = max(claim.seq, changes.upto)
            if upto >= changes.head or self._closing:
                await self._let_go(job, claim, upto, changes.epoch)
                return
            if (renewed := await self._move(job, claim, upto, changes.epoch)) is None:
                return  # too late: the lease ran out and another replica goes on from the old place
            claim = renewed
        await self._let_go(job, claim, claim.seq, claim.epoch)
        self._again.add(_key(job))  # behind those who wait

    async def _claim(self, job: _Job) -> _Claim | None:
        """Lease the owner for this follower; None when another replica has it or it is not yet time to try again."""

        async def work(connection: Connection) -> Any:
            row = await (await connection.execute(_CLAIM, _values(job))).fetchone()
            if row is None and (await connection.execute(_ENROL, _values(job))).rowcount:
                row = await (await connection.execute(_CLAIM, _values(job))).fetchone()
            return row

        row = await self._database.run(work)
        return None if row is None else _Claim(*row)

    async def _move(self, job: _Job, claim: _Claim, seq: int, epoch: int) -> _Claim | None:
        async def work(connection: Connection) -> Any:
            values = {**_values(job), "seq": seq, "epoch": epoch, "until": claim.until}
            return await (await connection.execute(_MOVE, values)).fetchone()

        row = await self._database.run(work)
        return None if row is None else _Claim(*row)

    async def _let_go(self, job: _Job, claim: _Claim, seq: int, epoch: int) -> None:
        values = {**_values(job), "seq": seq, "epoch": epoch, "until": claim.until}
        await self._database.run(lambda connection: connection.execute(_LET_GO, values))

    async def _fail(self, job: _Job, claim: _Claim, error: Exception) -> None:
        asked = error.retry_after if isinstance(error, Problem) else None
        if asked is not None:
            pause = min(max(asked, 0.0), _LONGEST_ASKED)
        else:
            pause = min(_FIRST_PAUSE * 2 ** min(claim.attempts, 20), _LONGEST_PAUSE)
        pause *= random.uniform(1.0, 1.3)  # noqa: S311 - spreads retries, no secret
        self._grumble(f"{job.follower.name} did not take what was said (%s); it is given it again", error)
        values = {**_values(job), "pause": pause, "until": claim.until}
        await self._database.run(lambda connection: connection.execute(_FAIL, values))
        if not self._closing and pause < SWEEP_SECONDS:
            self._timers[_key(job)] = asyncio.get_running_loop().call_later(pause + 0.01, self._try_again, job)


def _key(job: _Job) -> _Key:
    return job.tenant, job.owner, job.follower.name


def _values(job: _Job) -> dict[str, Any]:
    return {"tenant": job.tenant, "owner": job.owner, "name": job.follower.name, "lease": LEASE_SECONDS}


# A follower that meets an owner for the first time has missed no deletion.
_ENROL = """
INSERT INTO follower (tenant, owner, name, epoch)
SELECT tenant, owner, %(name)s, epoch FROM owner WHERE tenant = %(tenant)s AND owner = %(owner)s
ON CONFLICT (tenant, owner, name) DO NOTHING
"""

_CLAIM = """
UPDATE follower SET claimed_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE (tenant, owner, name) IN (
    SELECT tenant, owner, name FROM follower
    WHERE tenant = %(tenant)s AND owner = %(owner)s AND name = %(name)s
      AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
      AND (retry_at IS NULL OR retry_at <= clock_timestamp())
    FOR UPDATE SKIP LOCKED
)
RETURNING seq, epoch, attempts, claimed_until
"""

_MINE = "WHERE tenant = %(tenant)s AND owner = %(owner)s AND name = %(name)s AND claimed_until = %(until)s"

_MOVE = f"""
UPDATE follower SET seq = %(seq)s, epoch = %(epoch)s, attempts = 0, retry_at = NULL,
                    claimed_until = clock_timestamp() + make_interval(secs => %(lease)s)
{_MINE} RETURNING seq, epoch, attempts, claimed_until
"""  # noqa: S608 - only a constant is put in

_LET_GO = f"""
UPDATE follower SET attempts = CASE WHEN seq = %(seq)s AND epoch = %(epoch)s THEN attempts ELSE 0 END,
                    seq = %(seq)s, epoch = %(epoch)s, retry_at = NULL, claimed_until = NULL
{_MINE}
"""  # noqa: S608 - only a constant is put in

_FAIL = f"""
UPDATE follower SET attempts = attempts + 1, claimed_until = NULL,
                    retry_at = clock_timestamp() + make_interval(secs => %(pause)s)
{_MINE}
"""  # noqa: S608 - only a constant is put in

_BEHIND = """
SELECT o.tenant, o.owner FROM owner o LEFT JOIN follower f
    ON f.tenant = o.tenant AND f.owner = o.owner AND f.name = %(name)s
WHERE (f.seq IS NULL OR f.seq < o.seq OR f.epoch <> o.epoch)
  AND (f.retry_at IS NULL OR f.retry_at <= now()) AND (f.claimed_until IS NULL OR f.claimed_until < now())
LIMIT %(limit)s
"""
