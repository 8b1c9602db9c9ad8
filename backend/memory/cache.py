"""What this process remembers of each owner: a search index over the turns, and the facts, kept current by `seq`.

An owner's memory is built from the log when first asked for and brought up to date by one indexed read of what lies
above the last `seq` seen. A long one begins from a sealed snapshot of the index. The least recently used owners are
forgotten when all together pass a bound in bytes.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Protocol

from backend.core.context import Fact, Turn
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory import snapshots
from backend.memory.fact_index import FactIndex
from backend.memory.gist import gist
from backend.memory.index import TurnIndex
from backend.memory.log import Changes, Snapshot

logger = logging.getLogger("backend.memory")

CACHE_BYTES = 256 * 1024 * 1024
"""For all owners together: about 500 with 500 turns each. The smallest container has 1 GB (SOP 2.4)."""

PAGE = 2_000
CHUNK = 40  # turns indexed at a stretch, about 2 ms: nothing else in the process waits longer for it

SNAPSHOT_FROM = 400
"""Turns from which an index is kept as a snapshot: building it from the rows takes 70 ms for 1,000, 3 s for 50,000."""

SNAPSHOT_EVERY = 200
SNAPSHOT_SHARE = 0.1
"""A snapshot is made anew after so many turns, or this share of all, whichever is more."""


GIST_TOKENS = 250
GIST_EVERY = 8


class Changing(Protocol):
    """The part of `TurnLog` that is read here."""

    async def changes(self, principal: Principal, after: int, limit: int) -> Changes:
        """Return the turns above a position."""
        ...

    async def snapshots(self, principal: Principal) -> list[Snapshot]:
        """Return the stored segments of the index."""
        ...

    async def vectors(self, principal: Principal, turn_ids: Sequence[str]) -> dict[str, bytes]:
        """Return the stored vectors among those of these turns."""
        ...

    async def save_snapshot(self, principal: Principal, number: int, upto_seq: int, blob: bytes, *, epoch: int) -> bool:
        """Store a segment of the index; tell whether it was."""
        ...


class OwnerMemory:
    """One owner's turns and facts, as far as this process has read them. Everything here runs on the event loop."""

    def __init__(self, principal: Principal, log: Changing, agents: Mapping[str, str] | None = None) -> None:
        self.index = TurnIndex()
        self.facts: dict[str, Fact] = {}
        """By id, superseded ones included."""
        self.fact_index = FactIndex()
        self.complete = False  # everything up to `seen` is here
        self.answered = False  # the log has answered at least once
        self.read_at = 0.0  # time.monotonic() at the start of the last read that ended well
        self.forgets = False  # something was forgotten here: no other memory's facts may bring it back
        self.name = principal.display_name
        self._principal = principal
        self._log = log
        self._agents = agents or {}
        self._seen = 0
        self._epoch = 0
        self._snapshot_at = 0
        self._gists: dict[str, tuple[int, list[Turn]]] = {}
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None
        self._saving: asyncio.Task[None] | None = None

    @property
    def nbytes(self) -> int:
        """An estimate of the memory taken, in bytes."""
        return self.index.nbytes + 2_000 + 1_500 * len(self.facts)

    def refresh(self) -> asyncio.Task[None]:
        """Return a task that ends when everything stored before this call is known here. Never cancel it.

        Callers that come while a read runs share the one read that follows it.
        """
        if self._running is None or self._running.done():
            self._running, self._next = _told_to_waiters(self._read()), None
            return self._running
        if self._next is None:
            self._next = _told_to_waiters(self._follow(self._running))
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

    def gist_of(self, session_id: str, fallen: Sequence[Turn]) -> list[Turn]:
        """Return the gist of a session's turns that have fallen out of its window; chosen anew every few turns."""
        if not fallen:
            return []
        age = len(fallen) // GIST_EVERY
        known = self._gists.get(session_id)
        if known is None or known[0] != age:
            self._gists[session_id] = known = (age, gist(fallen, token_budget=GIST_TOKENS))
        return known[1]

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
            if not after and changes.head >= SNAPSHOT_FROM and await self._begin_from_snapshot():
                continue
            added = 0
            for turn in changes.turns:
                if turn.seq > self._seen:  # `note` may have been quicker
                    self._add(turn, changes.vectors.get(turn.id))
                    self._seen = turn.seq
                    added += 1
                    if added % CHUNK == 0:
                        await asyncio.sleep(0)
            self._take_facts(changes.facts)
            self.index.silence(changes.silenced)
            self.forgets = self.forgets or bool(changes.silenced)
            self._seen = max(self._seen, changes.upto)
            if after < changes.upto < changes.head:
                continue  # a page with rows that do not open is not full, and not the last
            if len(changes.turns) < PAGE:
                self._seen = max(self._seen, changes.head)
                self.complete = True
                self.read_at = begun
                self._keep_snapshot()
                return
            if not added:
                raise RuntimeError("the log gives a full page of turns below the position asked for")

    def _add(self, turn: Turn, vector: bytes | None = None) -> None:
        if not turn.content:
            self.index.withdraw(turn.id)
            return
        speaker = self.name if turn.role == "user" else self._agents.get(turn.agent_id, turn.agent_id)
        self.index.add(turn, speaker=speaker, vector=vector)

    def _take_facts(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if fact.text:
                self.facts[fact.id] = fact
                self.fact_index.add(fact)
            else:
                self.forgets = True
                self.facts.pop(fact.id, None)
                self.fact_index.remove(fact.id)

    def _forget(self, epoch: int) -> None:
        self.index = TurnIndex()
        self.facts = {}
        self.fact_index = FactIndex()
        self.complete = False
        self._gists = {}
        self._seen = 0
        self._epoch = epoch
        self._snapshot_at = 0

    async def _begin_from_snapshot(self) -> bool:
        """Take over the latest stored snapshot; tell whether there was one."""
        parts = [stored for stored in await self._log.snapshots(self._principal) if stored.epoch == self._epoch]
        if not parts:
            return False
        upto = max(stored.upto_seq for stored in parts)
        blobs = [stored.blob for stored in parts if stored.upto_seq == upto]
        try:
            self.index, facts = await asyncio.to_thread(snapshots.unpack, blobs)
        except snapshots.SnapshotBroken as error:
            logger.warning("A snapshot of an index does not open (%s); it is built from the turns", error)
            return False
        self._take_facts(facts)
        self._seen = self._snapshot_at = upto
        # Vectors come later than their turns: those that were made after the snapshot.
        late = [turn.id for turn in self.index.without_vector(PAGE)]
        for turn_id, vector in (await self._log.vectors(self._principal, late)).items():
            self.index.set_vector(turn_id, vector)
        return True

    def _keep_snapshot(self) -> None:
        if self.forgets:
            return  # a snapshot does not tell what was forgotten before it
        size = len(self.index)
        due = size >= SNAPSHOT_FROM and self._seen - self._snapshot_at >= max(SNAPSHOT_EVERY, SNAPSHOT_SHARE * size)
        if due and (self._saving is None or self._saving.done()):
            # Packed here, at one moment of the index; sealed and sent beside everything else.
            parts = snapshots.pack(self.index, list(self.facts.values()))
            self._saving = asyncio.create_task(self._save(self._seen, self._epoch, parts))

    async def _save(self, seen: int, epoch: int, parts: Sequence[bytes]) -> None:
        try:
            for number, part in enumerate(parts):
                if not await self._log.save_snapshot(self._principal, number, seen, part, epoch=epoch):
                    return
        except Problem as problem:
            logger.info("A snapshot of an index was not stored (%s)", problem.code)
        else:
            self._snapshot_at = seen


class OwnerCache:
    """The owners this process remembers, least recently used first, bounded in bytes."""

    def __init__(self, log: Changing, agents: Mapping[str, str] | None = None, limit: int = CACHE_BYTES) -> None:
        self._log = log
        self._agents = agents or {}
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
            owner = self._owners[key] = OwnerMemory(principal, self._log, self._agents)
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


def _told_to_waiters(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Begin work whose failure those hear who wait for it; when their time was up before it failed, nobody has to."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task
