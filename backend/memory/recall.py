"""Memory as an assistant meets it: what was said before, given to a conversation; what is said now, kept.

Reads are bounded in time: a slow, wrong or dead store costs the conversation its notes (`semantic.degraded` says so),
never its answer. A read that is given up on goes on by itself and serves the next request. Writes never get lost on the
way: they wait in the outbox until the store has them; chat waits for that, a little; voice does not.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, Protocol, cast

from backend.core import notes, problems
from backend.core.context import (
    Channel,
    EnterpriseContext,
    EpisodicLayer,
    Fact,
    OperationalLayer,
    SecurityLayer,
    SemanticLayer,
    Turn,
)
from backend.core.problems import Problem
from backend.identity.principal import Principal, Role
from backend.memory.cache import Changing, OwnerCache, OwnerMemory
from backend.memory.embedding_queue import EmbeddingQueue, StoringVectors
from backend.memory.embeddings import Embedder
from backend.memory.fact_reads import profile
from backend.memory.gist import LONGEST
from backend.memory.grumble import Grumble
from backend.memory.log import Episode
from backend.memory.outbox import SLOW_SECONDS, Appending, Outbox, in_session
from backend.memory.recollection import Where, recollect
from backend.memory.support import BEST

logger = logging.getLogger("backend.memory")

RECENT_TURNS = 20
FACTS = 20
"""Facts in a context, at most (SOP 1.1)."""

FRESH_SECONDS = 0.25
"""A search trusts a read that is no older than this: opening a context and searching for it cost one read together."""

FLUSH_SECONDS = 1.0
"""How long a reader of episodes waits for turns that are just being written."""

OWNER_SECONDS = 5.0
"""How long a question to memory itself waits for the store."""

_BREAK_AFTER = 3  # reads in a row that the store left unanswered
_BREAK_SECONDS = 2.0  # for so long nobody waits for it

SLOW = "memory did not answer in time"
FAILED = "memory is unavailable"
LATER = "memory is unavailable; what was said is kept and stored later"


class Log(Changing, Appending, StoringVectors, Protocol):
    """What memory needs of a log; `TurnLog` is it."""

    async def episodes(
        self,
        principal: Principal,
        limit: int = 20,
        before: str | None = None,
        *,
        channel: Channel | None = None,
        agent_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[list[Episode], str | None]:
        """Return a page of episodes and the next cursor."""
        ...

    async def transcript(self, principal: Principal, session_id: str) -> list[Turn]:
        """Return a session's turns."""
        ...

    async def turn(self, principal: Principal, turn_id: str) -> Turn:
        """Return one turn."""
        ...

    async def delete(self, principal: Principal, session_id: str) -> None:
        """Delete a session."""
        ...


class MemorySettings(Protocol):
    """What this room reads of the settings."""

    @property
    def memory_timeout_ms(self) -> int: ...
    @property
    def memory_scope(self) -> Literal["user", "session"]: ...


class Outside(Protocol):
    """A memory beside ours whose facts are told too; `zep.service.Zep` is one."""

    def known(self, principal: Principal, ours: Sequence[Fact]) -> list[Fact]:
        """Return its facts that add something to ours, as far as they are here already. Never waits, never raises."""
        ...

    def forget(self, principal: Principal) -> None:
        """Forget what is here of a user."""
        ...


class Memory:
    """One per process. Give it the log; `close` it before the database.

    agents: the assistants' names by id. embedder: None for words alone.
    """

    def __init__(
        self,
        log: Log,
        settings: MemorySettings,
        *,
        agents: Mapping[str, str] | None = None,
        embedder: Embedder | None = None,
        outside: Outside | None = None,
    ) -> None:
        self._settings = settings
        self._seconds = settings.memory_timeout_ms / 1000
        self._log = log
        self._agents = agents or {}
        self._cache = OwnerCache(log, self._agents)
        self._outbox = Outbox(log)
        self._embedder = embedder
        self._embedding = None if embedder is None else EmbeddingQueue(log, embedder)
        self._outside = outside
        self.on_change: Callable[[Principal], None] = lambda principal: None
        """Called with the owner whenever something of theirs was stored or deleted."""
        self._grumble = Grumble(logger)
        self._unanswered = 0
        self._broken_until = 0.0

    @property
    def turns_lost(self) -> int:
        """Turns that could not be kept since the process began."""
        return self._outbox.lost

    async def open_context(
        self, principal: Principal, session_id: str, agent_id: str, channel: Channel
    ) -> EnterpriseContext:
        """Return what an assistant needs to begin: the session's last turns, up to `FACTS` facts. Never raises."""
        context = EnterpriseContext(
            SecurityLayer(principal.tenant, principal.user_id, principal.display_name, frozenset(principal.roles)),
            EpisodicLayer(session_id),
            SemanticLayer(),
            OperationalLayer(agent_id, channel),
        )
        try:
            owner = self._cache.get(principal)
            context.semantic.degraded = await self._current(principal, owner)
            said = owner.index.session(session_id, RECENT_TURNS + LONGEST)
            known = {turn.id: turn for turn in said[-RECENT_TURNS:]}
            if waiting := self._outbox.waiting(principal, session_id):
                known.update({turn.id: turn for turn in waiting})
            context.episodic.turns = _as_said(known.values())[-RECENT_TURNS:]
            context.episodic.earlier = owner.gist_of(session_id, said[:-RECENT_TURNS])
            context.semantic.facts = self._profile(principal, owner)
        except Exception as error:  # whatever is wrong with the store's answers, the conversation goes on
            self._distrust(principal, context, error)
        return context

    async def enrich_context(self, context: EnterpriseContext, query: str, *, add: bool = False) -> None:
        """Tell the context what is known for `query`: facts that may answer it, before the profile, and passages.

        Never raises. Passages are earlier turns, of all the user's conversations or of this one (MEMORY_SCOPE); those
        that the context holds already are left out. add: keep what an earlier search found, and add to it.
        """
        semantic = context.semantic
        before = semantic.passages if add else []
        semantic.passages = []
        principal = _principal(context)
        try:
            vector = None if self._embedder is None else await self._embedder.query(query)
            owner = self._cache.get(principal)
            if not owner.complete or time.monotonic() - owner.read_at > FRESH_SECONDS:
                semantic.degraded = await self._current(principal, owner) or semantic.degraded
            found = recollect(
                owner,
                query,
                vector,
                now=datetime.now(UTC),
                agents=self._agents,
                where=Where(context.episodic.session_id, within_session=self._settings.memory_scope == "session"),
                held={turn.id: turn for turn in context.episodic.turns},
            )
            known = {passage.turn.id for passage in before}
            semantic.passages = before + [passage for passage in found.passages if passage.turn.id not in known]
            if not add:
                semantic.facts = _first(found.facts, self._profile(principal, owner))
                semantic.overtaken = found.overtaken
                semantic.best = found.best
                semantic.personal = found.personal and not semantic.degraded
                semantic.unanswered = found.unanswered and not semantic.degraded
            elif found.supported:
                semantic.facts = _first(semantic.facts, found.facts)
                semantic.unanswered = False
                semantic.best = [*found.best[: BEST // 2], *semantic.best[: BEST // 2]]
        except Exception as error:
            self._distrust(principal, context, error)

    async def persist_conversation(self, context: EnterpriseContext) -> None:
        """Keep `episodic.unsaved`: in order, each turn once however often it is given. Never raises for a store that is
        down.

        Chat waits until the store has it, at most `SLOW_SECONDS`; voice does not wait. `unsaved` is empty afterwards,
        unless the queue is full: then the turns stay there.
        """
        unsaved = context.episodic.unsaved
        if not unsaved:
            return
        principal = _principal(context)
        turns = in_session(unsaved, context.episodic.session_id)
        waits = context.operational.channel == "chat"
        try:
            stored = self._outbox.put(principal, turns, durable=waits)
        except Problem:
            context.semantic.degraded = LATER
            return
        del unsaved[: len(turns)]
        stored.add_done_callback(lambda done: self._note(principal, done))
        if not waits:
            return
        if not await self._outbox.settle(principal, stored, SLOW_SECONDS):
            context.semantic.degraded = LATER

    async def amend_turn(self, principal: Principal, turn: Turn) -> None:
        """Keep a turn's corrected content, rest and interruption, behind everything kept before it. Does not wait.

        A turn without content is withdrawn: it is recalled and shown no more, unless content is given to it again.

        Raises `Problem` 503 when the queue is full.
        """
        done = self._outbox.amend(principal, turn)
        done.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())

    async def episodes(
        self,
        principal: Principal,
        limit: int = 20,
        before: str | None = None,
        *,
        channel: Channel | None = None,
        agent_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[list[Episode], str | None]:
        """Return the owner's episodes, latest first, and the next page's cursor. Raises `Problem` 422, 503.

        channel, agent_id: those in which it took part. since, until: when something was last said in them, half-open.
        """
        await self._outbox.flush(principal, FLUSH_SECONDS)
        return await self._log.episodes(
            principal, limit, before, channel=channel, agent_id=agent_id, since=since, until=until
        )

    async def transcript(self, principal: Principal, session_id: str) -> list[Turn]:
        """Return a session's turns in the order they were said, those still waiting included.

        Raises `Problem` 404 when the caller has no such session, 503 when the store is down.
        """
        await self._outbox.flush(principal, FLUSH_SECONDS)
        waiting = {turn.id: turn for turn in self._outbox.waiting(principal, session_id)}
        try:
            turns = await self._log.transcript(principal, session_id)
        except Problem as problem:
            if problem.status != 404 or not waiting:
                raise
            turns = []
        known = {turn.id: turn for turn in turns} | waiting
        return _as_said(known.values()) if waiting else turns

    async def delete(self, principal: Principal, session_id: str) -> None:
        """Delete a session with its turns, those still waiting included. Raises `Problem` 404, 503."""
        await self._outbox.flush(principal, FLUSH_SECONDS)
        self._outbox.withdraw(principal, session_id)
        await self._log.delete(principal, session_id)
        self._cache.drop(principal)
        if self._outside is not None:
            self._outside.forget(principal)
        self.on_change(principal)

    async def owner(self, principal: Principal) -> OwnerMemory:
        """Return what this process knows of an owner, up to date. Raises `Problem` 503 when the store does not answer.

        For questions that memory is asked itself; a conversation takes what there is.
        """
        owner = self._cache.get(principal)
        reading = owner.refresh()
        await asyncio.wait((reading,), timeout=OWNER_SECONDS)
        if not reading.done():
            raise problems.unavailable("Memory did not answer in time.")
        if (error := reading.exception()) is not None:
            if isinstance(error, Problem):
                raise error
            self._cache.drop(principal)
            raise problems.unavailable("Memory could not be read.") from error
        self._embed(principal, owner)
        return owner

    async def turn(self, principal: Principal, turn_id: str) -> Turn:
        """Return one turn as it was stored. Raises `Problem` 404, 503."""
        await self._outbox.flush(principal, FLUSH_SECONDS)
        return await self._log.turn(principal, turn_id)

    async def close(self, seconds: float = 5.0) -> None:
        """Write what is waiting, for at most `seconds`; log what could not be written."""
        if self._embedding is not None:
            await self._embedding.close()
        left = await self._outbox.drain(seconds)
        if left:
            logger.error("Memory could not store %d turns before the end", left)

    async def _current(self, principal: Principal, owner: OwnerMemory) -> str:
        """Bring the owner's memory up to date within the time allowed; return why it may not be, or ''."""
        now = time.monotonic()
        if now < self._broken_until:
            return FAILED
        reading = owner.refresh()
        await asyncio.wait((reading,), timeout=self._seconds)
        if not reading.done():
            if not owner.answered or owner.complete:  # not just a long log that is still being read
                self._unanswered += 1
                if self._unanswered >= _BREAK_AFTER:
                    self._broken_until = time.monotonic() + _BREAK_SECONDS
            return SLOW
        if (error := reading.exception()) is None:
            self._unanswered = 0
            self._cache.weigh(principal)
            self._embed(principal, owner)
            return ""
        if isinstance(error, Problem):
            return FAILED
        raise error

    def _note(self, principal: Principal, done: "asyncio.Future[list[Turn]]") -> None:
        if done.cancelled() or done.exception() is not None:
            return
        if (owner := self._cache.peek(principal)) is not None:
            owner.note(done.result())
            self._cache.weigh(principal)
            self._embed(principal, owner)
        self.on_change(principal)

    def _embed(self, principal: Principal, owner: OwnerMemory) -> None:
        if self._embedding is not None:
            self._embedding.want(principal, owner)

    def _profile(self, principal: Principal, owner: OwnerMemory) -> list[Fact]:
        """Return who the user is, in facts: ours, then those that the memory outside adds.

        Not for somebody who had anything forgotten: what it said is destroyed here, so it could not be held back there.
        """
        facts = profile(owner.facts.values(), FACTS, notes.PROFILE_TOKENS)
        if self._outside is None or owner.forgets:
            return facts
        return self._outside.known(principal, facts)[:FACTS]

    def _distrust(self, principal: Principal, context: EnterpriseContext, error: Exception) -> None:
        self._grumble("Memory failed (%s); conversations go on without it", error)
        self._cache.drop(principal)
        context.semantic.degraded = FAILED


def _principal(context: EnterpriseContext) -> Principal:
    security = context.security
    roles = cast(frozenset[Role], security.roles)
    return Principal(security.tenant, security.user_id, security.display_name, roles)


def _as_said(turns: Iterable[Turn]) -> list[Turn]:
    """Return turns in the order they were said, without those that were withdrawn."""
    return sorted((turn for turn in turns if turn.content), key=lambda turn: turn.said_at)


def _first(best: Sequence[Fact], others: Sequence[Fact]) -> list[Fact]:
    """Return `best` and behind them `others`, each once, at most as many as a context takes."""
    return list({fact.id: fact for fact in (*best, *others)}.values())[:FACTS]
