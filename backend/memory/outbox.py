"""Writes on their way to the log: in order for each owner, tried again while the store is down, bounded in memory.

One worker an owner, for as long as there is something to write. It takes all that is waiting in one statement, so the
more conversations one owner has at once, the fewer transactions each costs. Turn ids make every repetition harmless.
"""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from backend.core.context import Turn
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory.grumble import Grumble

logger = logging.getLogger("backend.memory")

OUTBOX_BYTES = 64 * 1024 * 1024
"""What may wait for a store that is down, all owners together; past it new turns are refused."""

BATCH = 200
WRITERS = 6  # fewer than the pool has connections: reads are never crowded out
SLOW_SECONDS = 1.0
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_FAULTS = 5


class Appending(Protocol):
    """The part of `TurnLog` that is written here."""

    async def append_all(self, principal: Principal, turns: Sequence[Turn], *, durable: bool = True) -> list[Turn]:
        """Store turns; idempotent by id."""
        ...

    async def amend(
        self,
        principal: Principal,
        turn_id: str,
        *,
        content: str,
        unheard: str,
        interrupted: bool,
        recalled: Sequence[str] = (),
    ) -> Turn:
        """Correct a stored turn."""
        ...


@dataclass(slots=True)
class _Entry:
    turns: list[Turn]
    amends: bool
    durable: bool
    done: asyncio.Future[list[Turn]]
    size: int


@dataclass(slots=True)
class _Queue:
    principal: Principal
    entries: deque[_Entry] = field(default_factory=deque)
    worker: asyncio.Task[None] | None = None
    under_way: int = 0  # entries at the front that are being written
    failing: bool = False
    failure: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Outbox:
    """Queued writes. `put` and `amend` return at once with a future that ends when the store has it."""

    def __init__(self, log: Appending, limit: int = OUTBOX_BYTES) -> None:
        self._log = log
        self._limit = limit
        self._queues: dict[tuple[str, str], _Queue] = {}
        self._size = 0
        self._writers = asyncio.Semaphore(WRITERS)
        self._begun: dict[int, float] = {}
        self._grumble = Grumble(logger)
        self._failed_at = float("-inf")
        self.lost = 0
        """Turns given up: refused because the queue was full, or never accepted by the store."""

    @property
    def struggling(self) -> bool:
        """Whether the store has just failed, or has been at a write for over a second: do not wait for it."""
        now = time.monotonic()
        oldest = next(iter(self._begun.values()), now)
        return now - oldest > SLOW_SECONDS or now - self._failed_at < SLOW_SECONDS

    def put(self, principal: Principal, turns: Sequence[Turn], *, durable: bool) -> asyncio.Future[list[Turn]]:
        """Queue turns (each names its session). Raises `Problem` 503 when too much is waiting already."""
        return self._enter(principal, list(turns), amends=False, durable=durable)

    def amend(self, principal: Principal, turn: Turn) -> asyncio.Future[list[Turn]]:
        """Queue a correction behind everything queued before it. Raises `Problem` 503 when too much is waiting."""
        return self._enter(principal, [turn], amends=True, durable=False)

    def waiting(self, principal: Principal, session_id: str) -> list[Turn]:
        """Return a session's turns that the store does not have yet, as they were last corrected."""
        queue = self._queues.get((principal.tenant, principal.user_id))
        if queue is None:
            return []
        found = {turn.id: turn for entry in queue.entries for turn in entry.turns if turn.session_id == session_id}
        return list(found.values())

    async def settle(self, principal: Principal, done: asyncio.Future[list[Turn]], seconds: float) -> bool:
        """Wait until the store has what `put` gave `done` for, an attempt fails, or `seconds` pass; tell if it has it.

        Does not wait at all while the store is known to struggle.
        """
        queue = self._queues.get((principal.tenant, principal.user_id))
        if queue is not None and not queue.failing and not self.struggling:
            await asyncio.wait((done, queue.failure), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return done.done() and done.exception() is None

    async def flush(self, principal: Principal, seconds: float) -> None:
        """Wait at most `seconds` until what is now waiting for an owner is written."""
        queue = self._queues.get((principal.tenant, principal.user_id))
        if queue is not None and queue.entries:
            await self.settle(principal, queue.entries[-1].done, seconds)

    def withdraw(self, principal: Principal, session_id: str) -> None:
        """Forget what is waiting for a session and is not being written already: the session is deleted."""
        queue = self._queues.get((principal.tenant, principal.user_id))
        for entry in list(queue.entries)[queue.under_way :] if queue else []:
            entry.turns = [turn for turn in entry.turns if turn.session_id != session_id]

    async def drain(self, seconds: float) -> int:
        """Wait at most `seconds` until everything is written; return how many turns are not."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            workers = {queue.worker for queue in self._queues.values() if queue.worker is not None}
            if not workers:
                break
            await asyncio.wait(workers, timeout=left)
        return sum(len(entry.turns) for queue in self._queues.values() for entry in queue.entries)

    def _enter(
        self, principal: Principal, turns: list[Turn], *, amends: bool, durable: bool
    ) -> asyncio.Future[list[Turn]]:
        size = sum(len(turn.content) + len(turn.unheard) + 500 for turn in turns)
        if self._size + size > self._limit:
            self.lost += len(turns)
            logger.error("Memory is down and its queue is full: %d turns refused, %d in all", len(turns), self.lost)
            raise Problem(
                503,
                "memory_unavailable",
                "Memory unavailable",
                "The conversation cannot be stored just now: too much is waiting already. Try again in a minute.",
                retryable=True,
                retry_after=60,
            )
        done: asyncio.Future[list[Turn]] = asyncio.get_running_loop().create_future()
        key = (principal.tenant, principal.user_id)
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue(principal)
        queue.entries.append(_Entry(turns, amends, durable, done, size))
        self._size += size
        if queue.worker is None:
            queue.worker = asyncio.create_task(self._work(key, queue))
        return done

    async def _work(self, key: tuple[str, str], queue: _Queue) -> None:
        pause, attempts = _FIRST_PAUSE, 0
        while queue.entries:
            batch = _next_batch(queue.entries)
            if not any(entry.turns for entry in batch):
                self._finish(queue, batch, [])
                continue
            queue.under_way = len(batch)
            try:
                stored = await self._write(queue.principal, batch)
            except Exception as error:
                queue.under_way = 0
                self._failed_at = time.monotonic()
                attempts += 1
                queue.failing = True
                queue.failure.set_result(None)
                queue.failure = asyncio.get_running_loop().create_future()
                if _hopeless(error, attempts):
                    await self._rescue(queue, batch, attempts)
                    continue
                self._grumble("Memory does not take what is said (%s); it is kept and tried again", error)
                await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads retries, no secret
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                pause, attempts = _FIRST_PAUSE, 0
                queue.failing = False
                self._finish(queue, batch, stored)
        del self._queues[key]

    async def _write(self, principal: Principal, batch: list[_Entry]) -> list[Turn]:
        begun = id(batch)
        self._begun[begun] = time.monotonic()
        try:
            async with self._writers:
                if not batch[0].amends:
                    turns = [turn for entry in batch for turn in entry.turns]
                    return await self._log.append_all(principal, turns, durable=any(entry.durable for entry in batch))
                turn = batch[0].turns[0]
                return [
                    await self._log.amend(
                        principal,
                        turn.id,
                        content=turn.content,
                        unheard=turn.unheard,
                        interrupted=turn.interrupted,
                        recalled=turn.recalled,
                    )
                ]
        finally:
            del self._begun[begun]

    async def _rescue(self, queue: _Queue, batch: list[_Entry], attempts: int) -> None:
        """Take apart a batch that the store refuses for good: write what it does take, give up the rest, loudly."""
        for entry in batch:
            queue.under_way = 1
            try:
                stored = await self._write(queue.principal, [entry])
            except Exception as error:
                queue.under_way = 0
                if not _hopeless(error, attempts):
                    return  # the store is down after all: the rest stays queued
                self._give_up(queue, entry, error)
            else:
                self._finish(queue, [entry], stored)

    def _give_up(self, queue: _Queue, entry: _Entry, error: Exception) -> None:
        if isinstance(error, Problem) and error.status == 404:
            logger.info("A correction came for a turn that has been deleted")
        else:
            self.lost += len(entry.turns)
            logger.error("Memory refuses %d turns for good (%s); they are lost", len(entry.turns), type(error).__name__)
        queue.entries.remove(entry)
        self._size -= entry.size
        if not entry.done.done():
            entry.done.set_exception(error)
            entry.done.exception()  # marks it as seen: a voice session does not wait for it

    def _finish(self, queue: _Queue, batch: list[_Entry], stored: list[Turn]) -> None:
        at = queue.under_way = 0
        for entry in batch:
            queue.entries.popleft()
            self._size -= entry.size
            if not entry.done.done():
                entry.done.set_result(stored[at : at + len(entry.turns)])
            at += len(entry.turns)


def _next_batch(entries: deque[_Entry]) -> list[_Entry]:
    """The first entries that can go in one statement: one correction, or turns up to `BATCH`."""
    batch = [entries[0]]
    if entries[0].amends:
        return batch
    count = len(entries[0].turns)
    for entry in list(entries)[1:]:
        count += len(entry.turns)
        if entry.amends or count > BATCH:
            break
        batch.append(entry)
    return batch


def _hopeless(error: Exception, attempts: int) -> bool:
    """Tell whether repeating cannot help: a Problem that says so, such as a correction of a deleted turn, or a fault of
    ours that has come up `_FAULTS` times. One batch that can never be written must not hold up those behind it.
    """
    if isinstance(error, Problem):
        return not error.retryable
    return not isinstance(error, OSError) and attempts >= _FAULTS


def in_session(turns: Sequence[Turn], session_id: str) -> list[Turn]:
    """Return the turns with their session's id filled in."""
    return [turn if turn.session_id == session_id else turn._replace(session_id=session_id) for turn in turns]
