"""What this process remembers of each owner: a search index and the latest statements, kept current by `seq`.

An owner's memory is built from the log when first asked for and brought up to date by one indexed read of what lies
above the last `seq` seen. The least recently used owners are forgotten when all together pass a bound in bytes.
"""

import asyncio
import time
from bisect import insort
from collections import OrderedDict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from backend.core.context import Fact, Turn
from backend.identity.principal import Principal
from backend.memory.index import TurnIndex
from backend.memory.log import Changes
from backend.memory.text import about_speaker, statements

CACHE_BYTES = 128 * 1024 * 1024
"""For all owners together; about 250 owners with 600 turns each. The smallest container has 1 GB (SOP 2.4)."""

PAGE = 2_000
CHUNK = 40  # turns indexed at a stretch, about 1 ms: nothing else in the process waits longer for it
FACT_LENGTH = 300  # characters; a longer sentence is a document, not a statement about the speaker
KEPT_STATEMENTS = 400


class Changing(Protocol):
    """The part of `TurnLog` that is read here."""

    async def changes(self, principal: Principal, after: int, limit: int) -> Changes:
        """Return the turns above a position."""
        ...


@dataclass(slots=True)
class _Statement:
    fact: Fact
    personal: bool


def _said_at(statement: _Statement) -> datetime:
    return statement.fact.said_at


class OwnerMemory:
    """One owner's turns, as far as this process has read them. Everything here runs on the event loop."""

    def __init__(self, principal: Principal, log: Changing) -> None:
        self.index = TurnIndex()
        self.complete = False  # everything up to `seen` is here
        self.answered = False  # the log has answered at least once
        self.read_at = 0.0  # time.monotonic() at the start of the last read that ended well
        self._principal = principal
        self._log = log
        self._seen = 0
        self._epoch = 0
        self._statements: list[_Statement] = []  # in the order they were said
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    @property
    def nbytes(self) -> int:
        """An estimate of the memory taken, in bytes."""
        return self.index.nbytes + 2_000 + 500 * len(self._statements)

    def refresh(self) -> asyncio.Task[None]:
        """Return a task that ends when everything stored before this call is known here. Never cancel it.

        Callers that come while a read runs share the one read that follows it.
        """
        if self._running is None or self._running.done():
            self._running, self._next = asyncio.create_task(self._read()), None
            return self._running
        if self._next is None:
            self._next = asyncio.create_task(self._follow(self._running))
        return self._next

    def note(self, turns: Sequence[Turn]) -> None:
        """Take turns that this process has just stored, when they follow directly on what is known; else the next read
        does.
        """
        if self.complete and turns and turns[0].seq == self._seen + 1:
            for turn in turns:
                if turn.seq != self._seen + 1:
                    return
                self._add(turn)
                self._seen = turn.seq

    def facts(self, limit: int, exclude: Set[str]) -> list[Fact]:
        """Return the user's latest statements, oldest first; those about themselves have precedence. `exclude`: turn
        ids.
        """
        chosen: dict[str, Fact] = {}
        for personal in (True, False):
            for statement in reversed(self._statements):
                if len(chosen) == limit:
                    break
                if statement.personal is personal and exclude.isdisjoint(statement.fact.proof):
                    chosen.setdefault(statement.fact.text.casefold(), statement.fact)
        return sorted(chosen.values(), key=lambda fact: fact.said_at)

    async def _follow(self, running: asyncio.Task[None]) -> None:
        await asyncio.wait((running,))
        self._running, self._next = asyncio.current_task(), None
        await self._read()

    async def _read(self) -> None:
        begun = time.monotonic()
        restarts = 0
        while True:
            after = self._seen
            changes = await self._log.changes(self._principal, after, PAGE)
            self.answered = True
            if changes.epoch != self._epoch:
                restarts += 1
                if restarts > 3:
                    raise RuntimeError("the log changes its epoch at every read")
                self._forget(changes.epoch)
                continue
            added = 0
            for turn in changes.turns:
                if turn.seq > self._seen:  # `note` may have been quicker
                    self._add(turn)
                    self._seen = turn.seq
                    added += 1
                    if added % CHUNK == 0:
                        await asyncio.sleep(0)
            self._seen = max(self._seen, changes.upto)
            if after < changes.upto < changes.head:
                continue  # a page with rows that do not open is not full, and not the last
            if len(changes.turns) < PAGE:
                self._seen = max(self._seen, changes.head)
                self.complete = True
                self.read_at = begun
                return
            if not added:
                raise RuntimeError("the log gives a full page of turns below the position asked for")

    def _add(self, turn: Turn) -> None:
        if turn.id in self.index:
            self._statements = [kept for kept in self._statements if turn.id not in kept.fact.proof]
        self.index.add(turn)
        if turn.role != "user":
            return
        for sentence in statements(turn.content[:4_000]):
            if len(sentence) <= FACT_LENGTH:
                fact = Fact(f"said_{turn.id}", sentence, turn.said_at, proof=(turn.id,))
                insort(self._statements, _Statement(fact, about_speaker(sentence)), key=_said_at)
        if len(self._statements) > KEPT_STATEMENTS:
            others = [kept for kept in self._statements if not kept.personal]
            away = {id(kept) for kept in (others or self._statements)[: KEPT_STATEMENTS // 4]}
            self._statements = [kept for kept in self._statements if id(kept) not in away]

    def _forget(self, epoch: int) -> None:
        self.index = TurnIndex()
        self.complete = False
        self._seen = 0
        self._epoch = epoch
        self._statements = []


class OwnerCache:
    """The owners this process remembers, least recently used first, bounded in bytes."""

    def __init__(self, log: Changing, limit: int = CACHE_BYTES) -> None:
        self._log = log
        self._limit = limit
        self._owners: OrderedDict[tuple[str, str], OwnerMemory] = OrderedDict()
        self._sizes: dict[tuple[str, str], int] = {}
        self._total = 0

    def __len__(self) -> int:
        return len(self._owners)

    @property
    def nbytes(self) -> int:
        """An estimate of the memory taken by all owners, in bytes."""
        return self._total

    def get(self, principal: Principal) -> OwnerMemory:
        """Return the owner's memory, an empty one when it is not known (`refresh` fills it)."""
        key = (principal.tenant, principal.user_id)
        owner = self._owners.get(key)
        if owner is None:
            owner = self._owners[key] = OwnerMemory(principal, self._log)
        self._owners.move_to_end(key)
        return owner

    def peek(self, principal: Principal) -> OwnerMemory | None:
        """Return the owner's memory when it is known."""
        return self._owners.get((principal.tenant, principal.user_id))

    def drop(self, principal: Principal) -> None:
        """Forget an owner; the next `get` starts afresh."""
        self._remove((principal.tenant, principal.user_id))

    def weigh(self, principal: Principal) -> None:
        """Take note of an owner's present size and forget the least recently used ones past the bound."""
        key = (principal.tenant, principal.user_id)
        if (owner := self._owners.get(key)) is not None:
            size = owner.nbytes
            self._total += size - self._sizes.get(key, 0)
            self._sizes[key] = size
        while self._total > self._limit and len(self._owners) > 1:
            self._remove(next(iter(self._owners)))

    def _remove(self, key: tuple[str, str]) -> None:
        self._owners.pop(key, None)
        self._total -= self._sizes.pop(key, 0)
